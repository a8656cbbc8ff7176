// seedling pretrain: text in, a model that writes out.
//
//   flags -> complete_flags -> data -> autopilot (with --minutes) -> finish_flags -> model -> Trainer ->
//   result
//
// --resume reads the complete flags from run.json instead, so that a resumed run decides nothing anew.
#include <fstream>

#include "backend/cpu/machine.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/dashboard.h"
#include "commands/runs.h"
#include "commands/training_flags.h"
#include "data/dataset.h"
#include "training/autopilot.h"
#include "training/interrupt.h"
#include "training/plan.h"
#include "training/pretraining.h"
#include "training/run_directory.h"
#include "training/speed.h"
#include "training/trainer.h"

namespace seedling {

namespace {

using nlohmann::json;

constexpr double kDefaultMinutes = 3.0;

/// What is known before the first step.
struct PretrainRun {
  std::filesystem::path folder;
  bool resume = false;
  uint64_t seed = 1;
  PretrainFlags given, flags;     // by hand; complete
  json stored;                    // run.json of the run that is resumed
  json changes = json::object();  // settings given by hand on --resume that differ from the run's
};

/// Joins what run.json says with what was given by hand: the shape and the data of a run cannot change.
void read_stored_run(PretrainRun& run, CommandContext& context) {
  run.stored = read_json(run.folder / "run.json");
  const std::string file = (run.folder / "run.json").string();
  if (!run.stored.contains("plan") || !run.stored.contains("seed")) {
    fail(file, ": is not the record of a pretraining run (no \"plan\"); it cannot be resumed");
  }
  run.flags = pretrain_flags_from_json(run.stored["plan"]);
  const json plan = run.stored["plan"];
  json hand = flags_to_json(run.given);
  for (const char* name : {"out", "resume", "minutes", "epochs", "from"}) hand.erase(name);
  const json settings = settings_to_json(run.given.training);
  for (const auto& [name, value] : hand.items()) {
    if (plan.contains(name) && plan[name] == value) continue;
    if (!settings.contains(name) || name == "optimizer" || name == "beta1" || name == "beta2" ||
        name == "replay") {
      fail_usage("--", name, " ", value.dump(), " differs from what ", file, " says (",
                 plan.contains(name) ? plan[name].dump() : "nothing", "); a resumed run keeps its ", name);
    }
    run.changes[name] = value;
  }
  run.seed = run.stored["seed"].get<uint64_t>();
  if (context.common.seed_given && context.common.seed != run.seed) {
    fail_usage("--seed ", context.common.seed, " differs from the run's seed ", run.seed, " (", file, ")");
  }
  const json machine = run.stored.value("machine", json::object());
  DeviceOptions& device = context.common.device;
  if (device.threads == 0) device.threads = machine.value("threads", 0);
  if (device.precision == "auto") device.precision = machine.value("precision", "auto");
}

PretrainRun understand(const PretrainFlags& given, CommandContext& context) {
  PretrainRun run;
  run.given = given;
  run.seed = context.common.seed;
  const bool wants_resume = given.training.resume.value_or(false);
  if (wants_resume && !given.training.out) fail_usage("--resume needs --out RUN_DIR, the run to go on with");
  if (given.training.out) {
    run.folder = *given.training.out;
  } else {
    const std::string data = given.data.value_or("storyworld");
    run.folder = free_run_directory("runs", std::filesystem::path(data).stem().string());
  }
  run.folder = std::filesystem::absolute(run.folder).lexically_normal();
  if (!run.folder.has_filename()) run.folder = run.folder.parent_path();
  run.resume = wants_resume && std::filesystem::exists(run.folder / "run.json");
  if (run.resume) {
    read_stored_run(run, context);
  } else {
    if (wants_resume) context.say(concat(run.folder.string(), ": holds no run yet; beginning a new one"));
    run.flags = complete_flags(given);
  }
  return run;
}

PreparedData prepare(const PretrainRun& run, const CommandContext& context) {
  DataOptions options;
  options.data = *run.flags.data;
  options.tokenizer = *run.flags.model.tokenizer;
  options.vocab_size = *run.flags.model.vocab_size;
  options.masked = *run.flags.objective == "masked";
  options.seed = run.seed;
  options.size = run.flags.data_size.value_or(0);
  if (run.given.training.from) options.tokenizer = resolve_model_dir(*run.given.training.from).string();
  options.say = [&context](const std::string& line) { context.say(line); };
  return prepare_data(options);
}

/// Steps from --steps, --epochs, --minutes, or the preset; and what follows from them.
json decide_steps(PretrainRun& run, const PreparedData& data, Backend& backend,
                  const CommandContext& context) {
  TrainingFlags& t = run.flags.training;
  const std::string preset = *run.flags.model.preset;
  json autopilot;
  if (t.steps && (t.minutes || t.epochs)) fail_usage("give only one of --steps, --minutes and --epochs");
  if (t.minutes && t.epochs) fail_usage("give only one of --steps, --minutes and --epochs");
  if (!t.steps && !t.epochs && !t.minutes) {
    if (default_steps(preset) > 0) {
      t.steps = default_steps(preset);
    } else {
      t.minutes = kDefaultMinutes;
    }
  }
  if (preset == "story" || t.minutes) {
    AutopilotFacts facts;
    facts.vocab_size = data.tokenizer->vocab_size();
    facts.train_tokens = data.train->size();
    facts.validation_tokens = data.validation->size();
    facts.bytes_per_token = static_cast<double>(data.train->text_bytes()) /
                            static_cast<double>(std::max<int64_t>(1, data.train->size()));
    facts.floor = data.entropy_floor;
    AutopilotChoice choice = choose_for_minutes(run.flags, facts, backend);
    run.flags = std::move(choice.flags);
    autopilot = std::move(choice.report);
    context.say(choice.words);
  }
  if (run.flags.training.epochs) {
    const ModelConfig config = plan_model(run.flags, data.tokenizer->vocab_size());
    TextObjective objective(data, *run.flags.objective == "masked", *run.flags.whole_words,
                            config.context_length, 1);
    const double examples = static_cast<double>(objective.examples()) * *run.flags.training.epochs;
    const double each =
        static_cast<double>(*run.flags.training.batch_size * *run.flags.training.grad_accumulation);
    run.flags.training.steps = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(examples / each)));
    run.flags.training.epochs.reset();
  }
  run.flags = finish_flags(run.flags);
  return autopilot;
}

void write_run_json(const PretrainRun& run, const PreparedData& data, const json& autopilot, Backend& backend,
                    const CommandContext& context, double ceiling) {
  const std::string precision = backend.activation_type() == DType::bf16 ? "bf16" : "fp32";
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu_info().cores;
  json record = {{"command", "pretrain"},
                 {"flags", flags_to_json(run.given)},
                 {"plan", flags_to_json(run.flags)},
                 {"seed", run.seed},
                 {"data",
                  {{"name", data.name},
                   {"sha256", data.hash},
                   {"train_tokens", data.train->size()},
                   {"validation_tokens", data.validation->size()},
                   {"validation_bytes", data.validation->text_bytes()}}},
                 {"rivals", data.rivals},
                 {"code_version", code_version()},
                 {"machine", describe_machine(backend.name(), precision, threads)}};
  record["machine"]["gemm_gflops"] = ceiling / 1e9;
  if (data.entropy_floor > 0.0) record["entropy_floor"] = data.entropy_floor;
  if (!autopilot.is_null()) record["autopilot"] = autopilot;
  write_json_atomic(run.folder / "run.json", record);
}

/// "better than a 2-gram table, not yet than a 5-gram": the rivals that only count, against the validation
/// loss.
std::string compare_with_rivals(const json& rivals, double loss) {
  std::string beaten, ahead;
  for (const json& rival : rivals) {
    const std::string name =
        concat(rival.value("order", 0), "-gram (", rival.value("nats_per_token", 0.0), ")");
    (loss < rival.value("nats_per_token", 0.0) ? beaten : ahead) +=
        (loss < rival.value("nats_per_token", 0.0) ? (beaten.empty() ? "" : ", ")
                                                   : (ahead.empty() ? "" : ", ")) +
        name;
  }
  std::string words;
  if (!beaten.empty()) words += "better than a counting " + beaten;
  if (!ahead.empty())
    words += (words.empty() ? "not yet better than a counting " : "; not yet than ") + ahead;
  return words;
}

}  // namespace

json run_pretrain(const PretrainFlags& given, CommandContext& context, Session& session,
                  const std::function<void(const std::filesystem::path&)>& settled) {
  PretrainRun run = understand(given, context);
  if (settled) settled(run.folder);
  if (!run.resume && std::filesystem::exists(run.folder / "run.json"))
    create_run_directory(run.folder);  // says why not
  const std::unique_ptr<Backend> backend = make_backend(context.common.device);
  const PreparedData data = prepare(run, context);
  json autopilot;
  if (!run.resume) autopilot = decide_steps(run, data, *backend, context);
  if (run.resume && run.stored["data"].value("sha256", "") != data.hash) {
    fail(*run.flags.data, ": the data has changed since the run began (SHA-256 ", data.hash.substr(0, 12),
         "... instead of ", run.stored["data"].value("sha256", "").substr(0, 12),
         "...); a run is resumed on the same text");
  }
  const bool masked = *run.flags.objective == "masked";
  TrainingFlags& settings = run.flags.training;
  const bool from = settings.from.has_value();
  ModelConfig config = from ? load_config(resolve_model_dir(*settings.from))
                            : plan_model(run.flags, data.tokenizer->vocab_size());
  if (from && config.causal == masked) {
    fail_usage("--from ", *settings.from, " is a ", config.causal ? "causal" : "masked",
               " model; --objective ", *run.flags.objective, " needs the other kind");
  }
  TextObjective objective(data, masked, *run.flags.whole_words, config.context_length, run.seed);
  objective.examples();  // throws where the context is longer than the text
  if (!settings.prompt) settings.prompt = data.prompts.empty() ? "\n" : data.prompts.front();

  Model model(config, *backend, true);
  if (!run.resume || latest_checkpoint(run.folder).empty()) {
    model.initialize(run.seed);
    if (from) load_parameters(model, resolve_model_dir(*settings.from));
  }
  const double ceiling = measure_ceiling(*backend, context.common.device.threads);
  if (!run.resume) {
    create_run_directory(run.folder);
    write_run_json(run, data, autopilot, *backend, context, ceiling);
  }
  context.say(concat("training ", config.model_type, ": ", config.layers, " layers, ", config.heads,
                     " heads, ", config.channels, " channels, context ", config.context_length, ", ",
                     model.parameters().count(), " parameters, ", *settings.steps, " steps of ",
                     *settings.batch_size * *settings.grad_accumulation, " x ", config.context_length,
                     " tokens; ", run.folder.string()));

  TrainerOptions options;
  options.folder = run.folder;
  options.settings = settings;
  options.optimizer = plan_optimizer(run.flags);
  options.seed = run.seed;
  options.ceiling = ceiling;
  Trainer trainer(options, model, objective, *data.tokenizer, session);
  const TrainingResult result = trainer.run(run.resume, run.changes);

  if (!result.message.empty()) {
    context.say(concat(result.message, "; saved in ", result.checkpoint.string(),
                       ". Go on with: seedling pretrain --resume --out ", run.folder.string()));
  }
  const json& best = result.evaluation;
  json report = {{"run", run.folder.string()},
                 {"state", result.state},
                 {"steps", result.steps},
                 {"tokens", result.tokens},
                 {"train_loss", result.train_loss},
                 {"val_loss", best.is_object() ? best.value("val_loss", json()) : json()},
                 {"bits_per_byte", best.is_object() ? best.value("bits_per_byte", json()) : json()},
                 {"seconds", result.seconds},
                 {"tokens_per_second", result.tokens_per_second},
                 {"parameters", model.parameters().count()},
                 {"checkpoint", result.checkpoint.string()}};
  if (best.is_object() && best.contains("val_accuracy")) report["val_accuracy"] = best["val_accuracy"];
  if (data.entropy_floor > 0.0) report["entropy_floor"] = data.entropy_floor;
  if (best.is_object() && best.contains("val_loss")) {
    const std::string words = compare_with_rivals(data.rivals, best["val_loss"].get<double>());
    if (!words.empty()) context.say(concat("validation loss ", best["val_loss"].get<double>(), ": ", words));
  }
  return report;
}

void add_pretrain_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<PretrainFlags>();
  auto port = std::make_shared<int>(-1);
  CLI::App* command = add_command(app, context, "pretrain", "Train a language model from random weights");
  visit_pretrain_flags(*flags, AddFlags{command});
  add_serve_flag(command, *port);
  command->callback([flags, port, &context] {
    const InterruptGuard guard;
    Session session;
    std::shared_ptr<void> dashboard;
    const json report = run_pretrain(*flags, context, session, [&](const std::filesystem::path& folder) {
      if (*port >= 0) dashboard = start_dashboard(session, folder, *port, context);
    });
    dashboard.reset();
    context.finish(report);
  });
}

}  // namespace seedling
