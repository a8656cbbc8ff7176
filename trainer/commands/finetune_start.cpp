// Where a fine-tuning run starts from, and what it has forgotten at its end (see finetune_run.h).
#include <algorithm>

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

/// A model with rotary positions has no table of them that would end: it can be taught to read further than
/// it was trained to, and while it learns the task it is. Up to four times as far it grows by itself, where
/// examples need it; --context-length says otherwise.
constexpr int64_t kMostGrowth = 4;

void choose_context(ModelConfig& config, const FinetuneFlags& flags, const TaskRecord& record,
                    const TaskData& data, const Tokenizer& tokenizer, const CommandContext& context) {
  const int64_t base = config.context_length;
  const bool lora =
      flags.lora.value_or(0) > 0;  // an adapter has no place for another context than its base's
  const bool grows = config.positions == PositionKind::rotary && !lora;
  if (flags.model.context_length) {
    const int64_t asked = *flags.model.context_length;
    if (asked > base && !grows)
      fail_usage("--context-length ", asked, " is longer than the base model's ", base,
                 lora ? ", and a LoRA adapter keeps its base's" : ", whose table of positions ends there");
    if (grows) config.context_length = asked;
    return;
  }
  if (!grows) return;
  const int64_t needed = std::min(context_for(data.train, record, tokenizer), kMostGrowth * base);
  if (needed <= base) return;
  config.context_length = needed;
  context.say(concat("the context grows from ", base, " to ", needed, " tokens, for the examples' sake"));
}

void for_each_text(const TaskData& data, const std::function<void(std::string_view)>& take) {
  for (const Example& example : data.train) {
    take(input_of(example));
    take("\n");
    for (const std::string& target : example.targets) take(" " + target + "\n");
  }
}

}  // namespace

FinetuneStart find_start(const FinetuneFlags& flags, const TaskData& data, const CommandContext& context) {
  if (*flags.training.from == kScratch) return make_start(flags, data, context);
  FinetuneStart start;
  start.base = resolve_model_dir(*flags.training.from);
  if (is_adapter(start.base))
    fail_usage("--from ", *flags.training.from,
               " is a LoRA adapter; merge it first: seedling export --format hf --model ... --out ...");
  start.config = load_config(start.base);
  check_task_fits(*flags.task, start.config, *flags.training.from);
  put_head(start.config, *flags.task, data);
  const std::unique_ptr<Tokenizer> plain = load_tokenizer(start.base);
  start.record = record_for(*flags.task, data.train, *plain);
  choose_context(start.config, flags, start.record, data, *plain, context);
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
  choose_context(start.config, flags, start.record, data, *plain, context);
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
