// seedling evaluate: the loss of a model over a whole text, or its scores on a task's examples.
//
// The text is read as it is and encoded with the model's own tokenizer; no token is added in front. With
// --task (or with a model fine-tuned for one) the data are examples, and --predictions writes every answer.
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "data/dataset.h"
#include "tasks/example_set.h"
#include "tasks/task.h"
#include "training/evaluator.h"
#include "training/line_file.h"

namespace seedling {

namespace {

struct EvaluateFlags {
  std::string model, data, task, predictions;
  int64_t context_length = 0, beams = 1, limit = 0;
};

void evaluate_task(const EvaluateFlags& flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  const ModelConfig& config = loaded.model->config();
  const TaskRecord record = task_of_model(flags.task, config, *loaded.tokenizer, flags.model);
  const std::unique_ptr<Task> task = make_task(record, *loaded.tokenizer, config);
  const std::filesystem::path file = find_test_file(record.task, flags.data);
  std::vector<Example> examples = load_examples(file, record.task);
  if (flags.limit > 0 && static_cast<size_t>(flags.limit) < examples.size())
    examples.resize(static_cast<size_t>(flags.limit));
  task->check(examples, file.string());
  int64_t cut = 0;
  for (size_t i = 0; i < examples.size(); ++i) task->encode(examples[i], i);
  cut = task->cut();
  if (cut > 0)
    context.say(concat(cut, " of ", examples.size(), " examples are longer than the context of ",
                       config.context_length, " tokens and were cut"));
  const Score score = task->score(*loaded.model, examples, {true, flags.beams});
  if (!flags.predictions.empty()) {
    std::string lines;
    for (const nlohmann::json& line : score.predictions) lines += one_line(line) + "\n";
    write_file_atomic(flags.predictions, lines);
  }
  nlohmann::json result = score.fields;
  result["task"] = record.task;
  result["cut_examples"] = cut;
  result["model"] = loaded.folder.string();
  context.finish(result);
}

void run_evaluate(const EvaluateFlags& flags, CommandContext& context) {
  const std::filesystem::path folder = resolve_model_dir(flags.model);
  const ModelConfig config = load_config(folder);
  if (config.head == HeadKind::classifier || config.head == HeadKind::span)
    fail_usage(flags.model, " has been fine-tuned for ",
               config.head == HeadKind::span ? "qa" : "classification", "; evaluate it with --task ",
               config.head == HeadKind::span ? "qa" : "classification");
  if (flags.context_length > config.context_length) {
    fail_usage("--context-length ", flags.context_length, " is longer than the model's ",
               config.context_length);
  }
  const auto tokenizer = load_tokenizer(folder);
  const auto tokens = tokenize_text(flags.data, *tokenizer);
  const std::unique_ptr<Backend> backend = context.open_device();
  Model model(config, *backend, false);
  load_parameters(model, folder);
  const TextScore score = evaluate_text(model, *tokens, *tokenizer, flags.context_length);
  nlohmann::json result = {
      {"val_loss", score.loss},  {"perplexity", score.perplexity()}, {"bits_per_byte", score.bits_per_byte()},
      {"tokens", score.tokens},  {"bytes", score.text_bytes},        {"accuracy", score.accuracy},
      {"model", folder.string()}};
  context.finish(result);
}

}  // namespace

void add_evaluate_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* command = add_command(app, context, "evaluate", "Score a model on a whole text");
  command->add_option("--model", flags->model, "Checkpoint, run or Hugging Face directory")->required();
  command->add_option("--data", flags->data, "UTF-8 text file or folder; with --task, its examples")
      ->required();
  command->add_option("--task", flags->task, "Score a fine-tuned model on examples of its task");
  command->add_option("--predictions", flags->predictions,
                      "File for every prediction (JSON lines; with --task)");
  command->add_option("--beams", flags->beams, "Beam search of this width (1: greedy; with --task)")
      ->check(CLI::Range(int64_t{1}, int64_t{64}));
  command->add_option("--limit", flags->limit, "Score only the first so many examples (with --task)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  command->add_option("--context-length", flags->context_length, "Window (default: the model's)")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 20));
  command->callback([flags, &context] {
    if (!flags->task.empty()) return evaluate_task(*flags, context);
    if (!flags->predictions.empty() || flags->beams > 1 || flags->limit > 0)
      fail_usage("--predictions, --beams and --limit go with --task");
    run_evaluate(*flags, context);
  });
}

}  // namespace seedling
