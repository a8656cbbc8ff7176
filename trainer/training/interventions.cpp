// What "set" and its siblings accept (see interventions.h).
#include "training/interventions.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/files.h"

namespace seedling {

namespace {

using nlohmann::json;

const std::string kCommandNames[] = {"pause", "resume", "step", "stop",  "save",
                                     "set",   "rewind", "fork", "sample"};

/// Flags that may change while the run goes on.
const std::string kChangeable[] = {"learning-rate", "min-learning-rate",
                                   "schedule",      "warmup-steps",
                                   "weight-decay",  "grad-clip",
                                   "batch-size",    "grad-accumulation",
                                   "dropout",       "steps",
                                   "minutes",       "recompute",
                                   "prompt",        "eval-every",
                                   "sample-every",  "checkpoint-every",
                                   "keep",          "early-stop"};

/// Flags of the command that goes on, not of the run.
const std::string kOfACommand[] = {"out", "resume", "from", "predictions"};

template <size_t N>
void check_known(const std::string& word, const std::string (&known)[N], const char* what) {
  if (std::find(std::begin(known), std::end(known), word) != std::end(known)) return;
  const std::string nearest = nearest_word(word, known, N);
  fail_usage(what, " \"", word, "\"", nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?"));
}

void check_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 64 && name != "." && name != ".." &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return (c < 128 && std::isalnum(c)) || c == '.' || c == '_' || c == '-';
                    });
  if (!good) fail_usage("fork: a run's name has 1 to 64 of A-Z a-z 0-9 . _ -");
}

}  // namespace

const std::vector<std::string>& changeable_flags() {
  static const std::vector<std::string> names(std::begin(kChangeable), std::end(kChangeable));
  return names;
}

void check_command(const Command& command) {
  check_known(command.name, kCommandNames, "unknown command");
  const json& arguments = command.arguments;
  if (!arguments.is_null() && !arguments.is_object())
    fail_usage(command.name, ": arguments must be an object");
  if (command.name == "set") {
    if (arguments.empty()) fail_usage("set: nothing to set; give flag names and values");
    for (const auto& [name, value] : arguments.items()) check_known(name, kChangeable, "set: cannot change");
    settings_from_json(arguments);
    if (arguments.contains("steps") && arguments.contains("minutes"))
      fail_usage("set: give only one of steps and minutes");
    if (arguments.contains("learning-rate") && arguments["learning-rate"] == 0) {
      fail_usage("set: learning-rate must be above 0; use pause to hold the run");
    }
  }
  if (command.name == "rewind") {
    if (!arguments.contains("step") || !arguments["step"].is_number_integer() || arguments["step"] < 0) {
      fail_usage("rewind: give \"step\", a whole number, the step to go back to");
    }
  }
  if (command.name == "fork") {
    if (arguments.contains("name")) {
      if (!arguments["name"].is_string()) fail_usage("fork: \"name\" must be a text");
      check_name(arguments["name"].get<std::string>());
    }
    if (arguments.contains("set")) check_command({command.id, "set", arguments["set"]});
  }
  if (command.name == "sample" && arguments.contains("prompt") && !arguments["prompt"].is_string()) {
    fail_usage("sample: \"prompt\" must be a text");
  }
}

TrainingFlags changed_settings(const TrainingFlags& settings, const json& arguments) {
  json merged = settings_to_json(settings);
  const bool scale = arguments.contains("learning-rate") && !arguments.contains("min-learning-rate") &&
                     *settings.learning_rate > 0.0;
  if (scale) {
    const double ratio = *settings.min_learning_rate / *settings.learning_rate;
    merged["min-learning-rate"] = ratio * arguments["learning-rate"].get<double>();
  }
  merged.update(arguments);
  // Who says where the run ends takes the end out of the clock's hands, or gives the clock another hour.
  if (arguments.contains("steps")) merged.erase("minutes");
  if (arguments.contains("steps") || arguments.contains("minutes")) merged.erase("epochs");
  return settings_from_json(merged);
}

json changes_by_hand(const json& given, const json& record, const std::string& file) {
  const json plan = record.value("plan", json::object()), flags = record.value("flags", json::object());
  json changes = json::object();
  for (const auto& [name, value] : given.items()) {
    if (std::find(std::begin(kOfACommand), std::end(kOfACommand), name) != std::end(kOfACommand)) continue;
    const bool same = plan.value(name, json()) == value || flags.value(name, json()) == value;
    if (same) continue;
    if (std::find(std::begin(kChangeable), std::end(kChangeable), name) == std::end(kChangeable))
      fail_usage("--", name, " ", value.dump(), " differs from what ", file, " says (",
                 plan.contains(name) ? plan[name].dump() : "nothing", "); a resumed run keeps its ", name);
    changes[name] = value;
  }
  if (changes.contains("steps") && changes.contains("minutes"))
    fail_usage("give only one of --steps and --minutes");
  return changes;
}

bool is_replayed(const std::string& name) {
  return name == "set" || name == "rewind" || name == "save" || name == "sample" || name == "stop";
}

}  // namespace seedling
