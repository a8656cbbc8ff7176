// seedling chat: a conversation with a model fine-tuned for dialogue, its words as they come.
#include "tasks/chat.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "generation/generator.h"
#include "tasks/task.h"

namespace seedling {

namespace {

struct ChatFlags {
  std::string model, system;
  SamplingOptions sampling;
};

/// Writes an answer token by token; unfinished characters wait for their last byte. Returns the whole text.
std::string answer(const LoadedModel& loaded, const std::vector<Message>& messages,
                   const SamplingOptions& sampling, bool stream) {
  const SpecialTokens& special = loaded.tokenizer->special();
  const int64_t context = loaded.model->config().context_length;
  const int64_t room = context - std::min<int64_t>(sampling.max_tokens, context / 2) - 1;
  bool cut = false;
  std::vector<int32_t> prompt = chat_prompt(messages, room, *loaded.tokenizer, cut);
  if (special.bos >= 0) prompt.insert(prompt.begin(), special.bos);
  std::string text, waiting;
  const bool by_line = special.eos < 0;
  bool begun = false;
  generate(*loaded.model, *loaded.tokenizer, prompt, sampling, [&](const GeneratedToken& token) {
    waiting += loaded.tokenizer->token_bytes(token.id);
    if (by_line && waiting.find('\n') != std::string::npos) return false;
    if (find_invalid_utf8(waiting) != std::string::npos && waiting.size() < 4) return true;
    std::string piece = replace_invalid_utf8(waiting);
    waiting.clear();
    if (!begun) piece.erase(0, piece.find_first_not_of(' '));
    begun = begun || !piece.empty();
    text += piece;
    if (stream) std::cout << piece << std::flush;
    return true;
  });
  if (stream) std::cout << std::endl;
  return text;
}

void run_chat(const ChatFlags& flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  task_of_model("dialogue", loaded.model->config(), *loaded.tokenizer, flags.model);
  SamplingOptions sampling = flags.sampling;
  sampling.seed = context.common.seed;
  sampling.max_tokens = std::min(sampling.max_tokens, loaded.model->config().context_length / 2);
  std::vector<Message> messages;
  if (!flags.system.empty()) messages.push_back({"system", flags.system});
  context.say("Say something; an empty line or the end of the input ends the conversation.");
  for (std::string line; std::cerr << "> " << std::flush, std::getline(std::cin, line) && !line.empty();) {
    if (find_invalid_utf8(line) != std::string::npos) fail("standard input: that line is not UTF-8");
    messages.push_back({"user", line});
    messages.push_back({"assistant", answer(loaded, messages, sampling, !context.common.json)});
    ++sampling.seed;
  }
  nlohmann::json spoken = nlohmann::json::array();
  for (const Message& message : messages)
    spoken.push_back({{"role", message.role}, {"content", message.content}});
  if (context.common.json) context.finish({{"messages", spoken}});
}

}  // namespace

void add_chat_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<ChatFlags>();
  flags->sampling.temperature = 0.0f;
  CLI::App* command = add_command(app, context, "chat", "Talk with a model fine-tuned for dialogue");
  command->add_option("--model", flags->model, "Fine-tuned run or checkpoint")->required();
  command->add_option("--system", flags->system, "What the assistant is told first");
  command->add_option("--max-tokens", flags->sampling.max_tokens, "Of one answer, at most")
      ->capture_default_str();
  command->add_option("--temperature", flags->sampling.temperature, "0 always says the likeliest")
      ->capture_default_str();
  command->callback([flags, &context] { run_chat(*flags, context); });
}

}  // namespace seedling
