// Data, steps and model of a pretraining run (see pretrain_run.h).
#include <algorithm>
#include <cmath>

#include "checkpoint/checkpoint.h"
#include "commands/pretrain_run.h"
#include "training/autopilot.h"
#include "training/plan.h"
#include "training/pretraining.h"

namespace seedling {

namespace {

using nlohmann::json;

constexpr double kDefaultMinutes = 3.0;

}  // namespace

std::optional<MaskedWindows> masked_windows(const PretrainFlags& flags) {
  if (*flags.objective != "masked") return std::nullopt;
  return MaskedWindows{*flags.whole_words,
                       flags.length_warmup_steps.value_or(0) * *flags.training.grad_accumulation};
}

PreparedData prepare(const PretrainRun& run, const CommandContext& context) {
  DataOptions options;
  options.data = *run.flags.data;
  options.tokenizer = *run.flags.model.tokenizer;
  options.vocab_size = run.flags.model.vocab_size.value_or(0);
  options.masked = *run.flags.objective == "masked";
  options.seed = run.seed;
  options.size = run.flags.data_size.value_or(0);
  if (run.flags.training.from) options.tokenizer = resolve_model_dir(*run.flags.training.from).string();
  options.say = [&context](const std::string& line) { context.say(line); };
  PreparedData data = prepare_data(options);
  if (!run.resume) return data;
  const std::string stored = run.stored.value("data", json::object()).value("sha256", "");
  if (stored == data.hash) return data;
  fail(*run.flags.data, ": the data has changed since the run began (SHA-256 ", data.hash.substr(0, 12),
       "... instead of ", stored.substr(0, 12), "...); a run is resumed on the same text");
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
  const int64_t T = plan_model(run.flags, data.tokenizer->vocab_size()).context_length;
  TextObjective objective(data, masked_windows(run.flags), T, 1);
  const int64_t windows = objective.examples();  // throws where the context is longer than the text
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
    const double examples = static_cast<double>(windows) * *run.flags.training.epochs;
    const double each =
        static_cast<double>(*run.flags.training.batch_size * *run.flags.training.grad_accumulation);
    run.flags.training.steps = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(examples / each)));
    run.flags.training.epochs.reset();
  }
  run.flags = finish_flags(run.flags);
  TrainingFlags& settled = run.flags.training;
  const double tokens =
      static_cast<double>(*settled.steps * *settled.batch_size * *settled.grad_accumulation * T);
  const double text = static_cast<double>(std::max<int64_t>(1, data.train->size()));
  const double passes = tokens / text;
  const ModelConfig model = plan_model(run.flags, data.tokenizer->vocab_size());
  const double dropout = dropout_for_passes(run.flags, *settled.dropout, passes,
                                            static_cast<double>(model.parameter_count()) / text);
  if (!run.given.training.dropout && dropout != *settled.dropout) {
    context.say(concat("the text is read ", passes, " times: dropout ", dropout,
                       " keeps it from being learned by heart"));
    settled.dropout = dropout;
  }
  return autopilot;
}

ModelConfig decide_model(const PretrainRun& run, const PreparedData& data) {
  const TrainingFlags& settings = run.flags.training;
  if (!settings.from) return plan_model(run.flags, data.tokenizer->vocab_size());
  ModelConfig config = load_config(resolve_model_dir(*settings.from));
  if (config.causal == (*run.flags.objective == "masked")) {
    fail_usage("--from ", *settings.from, " is a ", config.causal ? "causal" : "masked",
               " model; --objective ", *run.flags.objective, " needs the other kind");
  }
  return config;
}

void fill_model(Model& model, const PretrainRun& run) {
  model.initialize(run.seed);
  if (run.flags.training.from) load_parameters(model, resolve_model_dir(*run.flags.training.from));
}

}  // namespace seedling
