// seedling evaluate: the loss of a model over a whole text.
//
// The text is read as it is and encoded with the model's own tokenizer; no token is added in front.
#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "data/dataset.h"
#include "training/evaluator.h"

namespace seedling {

namespace {

struct EvaluateFlags {
  std::string model, data;
  int64_t context_length = 0;
};

void run_evaluate(const EvaluateFlags& flags, CommandContext& context) {
  const std::filesystem::path folder = resolve_model_dir(flags.model);
  const ModelConfig config = load_config(folder);
  if (flags.context_length > config.context_length) {
    fail_usage("--context-length ", flags.context_length, " is longer than the model's ",
               config.context_length);
  }
  const auto tokenizer = load_tokenizer(folder);
  const auto tokens = tokenize_text(flags.data, *tokenizer);
  const std::unique_ptr<Backend> backend = make_backend(context.common.device);
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
  command->add_option("--data", flags->data, "UTF-8 text file or folder")->required();
  command->add_option("--context-length", flags->context_length, "Window (default: the model's)")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 20));
  command->callback([flags, &context] { run_evaluate(*flags, context); });
}

}  // namespace seedling
