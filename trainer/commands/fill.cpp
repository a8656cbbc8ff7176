// seedling fill: guesses the masked words of a text.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "generation/generator.h"

namespace seedling {

namespace {

struct FillFlags {
  std::string model, text;
  int64_t top = 5;
};

void run_fill(const FillFlags& flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  nlohmann::json masks = nlohmann::json::array();
  std::string lines;
  for (const auto& predictions : fill_masks(*loaded.model, *loaded.tokenizer, flags.text, flags.top)) {
    nlohmann::json mask = nlohmann::json::array();
    lines += concat("mask ", masks.size() + 1, "\n");
    for (const MaskPrediction& prediction : predictions) {
      mask.push_back(
          {{"token", prediction.token}, {"id", prediction.id}, {"probability", prediction.probability}});
      char percent[32];
      std::snprintf(percent, sizeof percent, "  %6.2f %%  ",
                    100.0 * static_cast<double>(prediction.probability));
      lines += percent + loaded.tokenizer->decode({prediction.id}, false) + "\n";
    }
    masks.push_back(mask);
  }
  context.finish({{"predictions", masks}}, lines);
}

}  // namespace

void add_fill_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<FillFlags>();
  CLI::App* command = add_command(app, context, "fill", "Guess the masked words of a text");
  command->add_option("--model", flags->model, "Checkpoint, run or Hugging Face directory")->required();
  command->add_option("--text", flags->text, "Text with [MASK] where a word is to be guessed")->required();
  command->add_option("--top", flags->top, "How many guesses a mask")->capture_default_str();
  command->callback([flags, &context] { run_fill(*flags, context); });
}

}  // namespace seedling
