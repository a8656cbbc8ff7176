// Where a fine-tuning run starts from, and what it has forgotten at its end (see finetune_run.h).
#include "base/error.h"
#include "base/files.h"
#include "checkpoint/adapter.h"
#include "checkpoint/checkpoint.h"
#include "commands/finetune_run.h"
#include "data/dataset.h"
#include "training/evaluator.h"
#include "training/plan.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kScratch[] = "scratch";

void put_head(ModelConfig& config, const std::string& task, const TaskData& data) {
  config.head = task_head(task, config.causal);
  config.labels.clear();
  if (config.head != HeadKind::classifier) return;
  config.labels = labels_of(data.train);
  if (config.labels.size() < 2)
    fail(data.train_file.string(), ": every example has the label \"", config.labels.front(),
         "\"; there is nothing to tell apart. Give examples of at least two labels.");
}

void for_each_text(const TaskData& data, const std::function<void(std::string_view)>& take) {
  for (const Example& example : data.train) {
    take(input_of(example));
    take("\n");
    for (const std::string& target : example.targets) take(" " + target + "\n");
  }
}

}  // namespace

FinetuneStart find_start(const FinetuneJob& job, const TaskData& data, const CommandContext& context) {
  const FinetuneFlags& flags = job.given;
  if (*flags.training.from == kScratch) return make_start(flags, data, context);
  FinetuneStart start;
  start.base = resolve_model_dir(*flags.training.from);
  if (is_adapter(start.base))
    fail_usage("--from ", *flags.training.from,
               " is a LoRA adapter; merge it first: seedling export --format hf --model ... --out ...");
  start.config = load_config(start.base);
  check_task_fits(*flags.task, start.config, *flags.training.from);
  if (flags.model.context_length && *flags.model.context_length > start.config.context_length)
    fail_usage("--context-length ", *flags.model.context_length, " is longer than the base model's ",
               start.config.context_length);
  put_head(start.config, *flags.task, data);
  const std::unique_ptr<Tokenizer> plain = load_tokenizer(start.base);
  start.record = record_for(*flags.task, data.train, *plain);
  start.tokenizer = with_task_record(*plain, start.record);
  return start;
}

FinetuneStart make_start(const FinetuneFlags& flags, const TaskData& data, const CommandContext& context) {
  PretrainFlags shape;
  shape.model = flags.model;
  shape.training.optimizer = "adamw";
  const bool writes = task_writes(*flags.task);
  if (!shape.model.arch) shape.model.arch = writes ? "qwen3" : "bert";
  const bool bert = *shape.model.arch == "bert";
  if (writes && bert)
    fail_usage("--arch bert fills gaps and cannot write; take gpt2, llama or qwen3 for ", *flags.task);
  if (!shape.model.preset && bert) shape.model.preset = "bert-mini";
  shape.objective = bert ? "masked" : "causal";
  shape = complete_flags(shape);
  std::unique_ptr<Tokenizer> plain;
  const std::string kind = *shape.model.tokenizer;
  if (fs::exists(kind)) {
    plain = load_tokenizer(kind);
  } else {
    context.say(concat("training a ", kind, " tokenizer on the training examples"));
    plain = train_tokenizer(
        {kind, shape.model.vocab_size.value_or(4096), bert},
        [&](const std::function<void(std::string_view)>& take) { for_each_text(data, take); });
  }
  FinetuneStart start;
  start.config = plan_model(shape, plain->vocab_size());
  put_head(start.config, *flags.task, data);
  start.record = record_for(*flags.task, data.train, *plain);
  start.tokenizer = with_task_record(*plain, start.record);
  return start;
}

json measure_forgetting(const fs::path& base, Model& tuned, Backend& backend, const CommandContext& context) {
  const fs::path record = base.parent_path().parent_path() / "run.json";
  if (base.empty() || !fs::exists(record)) return nullptr;
  const json run = read_json(record);
  if (run.value("command", "") != "pretrain" || !run.contains("plan")) return nullptr;
  const PretrainFlags plan = pretrain_flags_from_json(run["plan"]);
  if (!plan.data || !plan.objective) return nullptr;
  DataOptions options;
  options.data = *plan.data;
  options.tokenizer = base.string();
  options.masked = *plan.objective == "masked";
  options.seed = run.value("seed", uint64_t{1});
  options.size = plan.data_size.value_or(0);
  PreparedData text;
  try {
    text = prepare_data(options);
  } catch (const Error& error) {
    context.say(concat("what was forgotten cannot be measured: ", error.what()));
    return nullptr;
  }
  Model model(load_config(base), backend, false);
  load_parameters(model, base);
  const TextScore before =
      evaluate_text(model, *text.validation, *text.tokenizer, 0, WindowRule::by_document);
  for (Parameter& parameter : model.parameters().all()) {
    const Parameter* after = tuned.parameters().find(parameter.name);
    if (after != nullptr && after->shape == parameter.shape) backend.copy(parameter.value, after->value);
  }
  backend.parameters_changed();
  const TextScore after = evaluate_text(model, *text.validation, *text.tokenizer, 0, WindowRule::by_document);
  return {{"text", text.name},
          {"val_loss_before", before.loss},
          {"val_loss_after", after.loss},
          {"bits_per_byte_before", before.bits_per_byte()},
          {"bits_per_byte_after", after.bits_per_byte()}};
}

}  // namespace seedling
