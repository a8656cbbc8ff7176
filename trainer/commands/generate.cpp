// seedling generate: continues a prompt.
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "generation/generator.h"

namespace seedling {

namespace {

struct GenerateFlags {
  std::string model, prompt;
  SamplingOptions sampling;
};

void run_generate(const GenerateFlags& flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  SamplingOptions sampling = flags.sampling;
  sampling.seed = context.common.seed;
  const std::vector<int32_t> ids =
      generate(*loaded.model, *loaded.tokenizer, loaded.tokenizer->encode(flags.prompt), sampling);
  const std::string text = loaded.tokenizer->decode(ids);
  context.finish({{"text", text}, {"tokens", ids}}, text.empty() ? "\n" : text);
}

}  // namespace

void add_generate_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<GenerateFlags>();
  SamplingOptions& sampling = flags->sampling;
  CLI::App* command = add_command(app, context, "generate", "Continue a prompt");
  command->add_option("--model", flags->model, "Checkpoint, run or Hugging Face directory")->required();
  command->add_option("--prompt", flags->prompt, "Text to continue (default: from the beginning token)");
  command->add_option("--max-tokens", sampling.max_tokens, "At most so many tokens")->capture_default_str();
  command->add_option("--temperature", sampling.temperature, "0 is greedy, 1 as learned")
      ->capture_default_str();
  command->add_option("--top-k", sampling.top_k, "Draw from the k most probable (0: all)")
      ->capture_default_str();
  command->add_option("--top-p", sampling.top_p, "Draw from the most probable with this sum (1: all)")
      ->capture_default_str();
  command->add_option("--repetition-penalty", sampling.repetition_penalty, "Above 1 repeats less")
      ->capture_default_str();
  command->callback([flags, &context] { run_generate(*flags, context); });
}

}  // namespace seedling
