// What happens between two steps: commands, replayed events, the clock (see trainer.h).
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "training/interrupt.h"
#include "training/interventions.h"
#include "training/run_directory.h"
#include "training/trainer.h"

namespace seedling {

using nlohmann::json;

/// Obeys everything queued; while paused, waits here for "resume", "step" or "stop".
void Trainer::obey_commands() {
  for (;;) {
    session_.serve_looks();
    const bool hold = paused_ && single_steps_ == 0;
    const auto begin = std::chrono::steady_clock::now();
    for (const Command& command : session_.take_commands(hold)) obey(command);
    if (interrupted() && !stopping_) {
      stopping_ = true;
      stop_message_ = concat("stopped by a signal after step ", state_.step);
      write_event({concat("signal-", state_.step), "stop", json::object()}, {});
    }
    if (hold)
      paused_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (stopping_ || !paused_ || single_steps_ > 0) break;
  }
  if (single_steps_ > 0) --single_steps_;
}

/// Makes one intervention and writes its line; one that cannot be made is written with its reason and changes
/// nothing.
void Trainer::obey(const Command& command) {
  json more = json::object();
  const int64_t step = state_.step;
  try {
    check_command(command);
    if (command.name == "pause") {
      paused_ = true;
      publish("paused");
    } else if (command.name == "resume") {
      paused_ = false;
      publish("running");
    } else if (command.name == "step") {
      paused_ = true;
      ++single_steps_;
    } else if (command.name == "stop") {
      stopping_ = true;
      stop_message_ = concat("stopped on request after step ", step);
    } else if (command.name == "set") {
      change_settings(command.arguments);
      publish(paused_ ? "paused" : "running");
    } else if (command.name == "fork") {
      more = fork(command.arguments);
    } else if (command.name == "rewind") {
      rewind(command.arguments["step"].get<int64_t>());
      more["to"] = state_.step;
    }
  } catch (const Error& error) {
    more["refused"] = error.what();
  }
  write_event({command.id, command.name, command.arguments}, [&] {
    more["step"] = step;
    return more;
  }());
  if (more.contains("refused")) return;
  if (command.name == "set" && command.arguments.contains("minutes")) follow_the_clock();
  // After their event, so that a checkpoint made here remembers the event as done.
  if (command.name == "save") save_here();
  if (command.name == "sample") {
    const json& arguments = command.arguments;
    sample(arguments.is_object() ? arguments.value("prompt", *state_.settings.prompt)
                                 : *state_.settings.prompt);
  }
}

void Trainer::write_event(const Command& command, const json& more) {
  json line = {{"id", command.id}, {"command", command.name}, {"step", state_.step}, {"seconds", seconds()}};
  if (command.arguments.is_object() && !command.arguments.empty()) line["arguments"] = command.arguments;
  if (more.is_object()) line.update(more);
  events_.append(line);
  session_.notify("intervention", line);
}

/// Interventions of an earlier run, in their order, each when its step has come. Where that run was stopped,
/// this one saves and goes on: the earlier one may have been resumed.
void Trainer::replay_events() {
  while (state_.replayed < static_cast<int64_t>(replay_.size())) {
    const json& event = replay_[static_cast<size_t>(state_.replayed)];
    if (event.value("step", int64_t{0}) != state_.step) return;
    ++state_.replayed;
    const std::string command = event.value("command", "");
    obey({event.value("id", "replay"), command == "stop" ? "save" : command,
          event.value("arguments", json::object())});
  }
}

/// Throws UsageError, and changes nothing, where the run would have ended already.
void Trainer::change_settings(const json& arguments) {
  TrainingFlags changed = changed_settings(state_.settings, arguments);
  if (arguments.contains("steps") && *changed.steps <= state_.step)
    fail_usage("steps ", *changed.steps, " is already past (step ", state_.step, ")");
  if (arguments.contains("minutes") && replay_.empty() && *changed.minutes * 60.0 <= seconds())
    fail_usage("minutes ", *changed.minutes, " is already past (", seconds() / 60.0,
               " since the run began); they are those of the whole run");
  state_.settings = std::move(changed);
  apply_settings();
}

/// With --minutes: every twentieth of the run, by steps or by time, the number of steps is set anew if the
/// machine turned out slower or faster than planned.
void Trainer::keep_to_the_clock() {
  constexpr int64_t kFewest = 5;  // steps that say how long one takes
  if (!state_.settings.minutes || state_.step < kFewest || state_.step >= steps()) return;
  const int64_t interval = std::max(kFewest, steps() / 20);
  const double now = seconds();
  if (state_.step % interval != 0 && now - clock_followed_ < 0.05 * 60.0 * *state_.settings.minutes) return;
  clock_followed_ = now;
  follow_the_clock();
}

/// Sets the number of steps that the minutes hold, at most those of the passes that the examples are worth
/// (--epochs beside --minutes in a plan). The change is an intervention like any other, so --replay repeats
/// it.
void Trainer::follow_the_clock() {
  if (!state_.settings.minutes || !replay_.empty() || state_.step == 0) return;
  const std::optional<double> minutes = state_.settings.minutes, epochs = state_.settings.epochs;
  const double elapsed = seconds(), budget = *minutes * 60.0;
  double more = std::max(0.0, budget - elapsed) * static_cast<double>(state_.step) / elapsed;
  if (epochs) {
    const double each = static_cast<double>(*state_.settings.batch_size * *state_.settings.grad_accumulation);
    const double examples = *epochs * static_cast<double>(objective_.examples());
    more = std::min(more, (examples - static_cast<double>(state_.examples)) / each);
  }
  const int64_t wanted = state_.step + std::max<int64_t>(1, static_cast<int64_t>(more));
  const double change = static_cast<double>(wanted - steps()) / static_cast<double>(steps());
  if (std::abs(change) < 0.03) return;
  obey({concat("clock-", state_.step), "set", {{"steps", wanted}}});
  state_.settings.minutes = minutes, state_.settings.epochs = epochs;  // the clock goes on
}

/// A validation loss that has risen says that the examples are being learned by heart: from here on some is
/// dropped out. Before that, dropout would only slow what is learned (tests/bench/LOG.md). An intervention
/// like any other, made before the step's checkpoint, so that a resumed run has it too.
void Trainer::answer_learning_by_heart() {
  constexpr double kDropout = 0.1;
  if (!options_.may_drop_out || !replay_.empty() || *state_.settings.dropout > 0.0) return;
  if (state_.evaluated_step != state_.step || state_.evaluations_since_best == 0) return;
  const double loss = last_metrics_.value("val_loss", 0.0), best = state_.best_fields.value("val_loss", loss);
  if (state_.step >= steps() || loss <= best) return;
  obey({concat("dropout-", state_.step), "set", {{"dropout", kDropout}}});
  progress_.say(concat("the validation loss has risen from ", best, " to ", loss, ": dropout ", kDropout,
                       " from here on"));
}

void Trainer::apply_settings() {
  const float dropout = static_cast<float>(*state_.settings.dropout);
  model_.set_dropout(dropout, dropout, dropout);
  model_.set_recompute(state_.settings.recompute.value_or(false));  // runs of before have none written down
  optimizer_->set_weight_decay(*state_.settings.weight_decay);
}

/// Back to the newest checkpoint at or before `step`: model, optimizer, settings, counters, metrics and
/// samples. The events stay: going back is one of them.
void Trainer::rewind(int64_t step) {
  const std::filesystem::path checkpoint = checkpoint_at_or_before(options_.folder, step);
  if (checkpoint.empty()) fail_usage("rewind: there is no checkpoint at or before step ", step);
  const int64_t replayed = state_.replayed;
  const double now = seconds();
  load(checkpoint);
  state_.replayed = replayed;
  earlier_seconds_ += now - seconds();  // the time spent on what is given up stays spent
  link_checkpoint(options_.folder / "checkpoints", "latest", checkpoint.filename().string());
  const std::string best = checkpoint_name(state_.best_step);
  if (state_.has_best && std::filesystem::exists(options_.folder / "checkpoints" / best)) {
    link_checkpoint(options_.folder / "checkpoints", "best", best);
  }
  progress_.say(concat("back to step ", state_.step));
}

/// A new run beside this one that `pretrain --resume --out` goes on with: everything up to this step, with
/// the settings changed as asked.
json Trainer::fork(const json& arguments) {
  const json options = arguments.is_object() ? arguments : json::object();
  const std::string name =
      options.value("name", concat(options_.folder.filename().string(), "-fork-", state_.step));
  const std::filesystem::path folder = options_.folder.parent_path() / name;
  if (std::filesystem::exists(folder))
    fail_usage("fork: ", folder.string(), " already exists; give another name");
  TrainerState forked = state_;
  forked.has_best = false;  // the best checkpoint stays with this run
  if (options.contains("set")) forked.settings = changed_settings(forked.settings, options["set"]);
  create_run_directory(folder);
  for (const char* file : {"metrics.jsonl", "samples.jsonl", "events.jsonl", "health.jsonl"}) {
    std::filesystem::copy_file(options_.folder / file, folder / file);
  }
  save(folder, forked);
  json run = read_json(options_.folder / "run.json");
  run["forked_from"] = {{"run", options_.folder.filename().string()}, {"step", state_.step}};
  if (options.contains("set")) run["plan"].update(options["set"]);
  write_json_atomic(folder / "run.json", run);  // last: with it the folder becomes a run
  return {{"run", name}};
}

}  // namespace seedling
