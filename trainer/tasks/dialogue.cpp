// Dialogue: the assistant's words in a conversation. See task.h; the form of the text is in chat.h.
//
// The loss is on the assistant's words and their end alone. A conversation longer than the context loses its
// oldest turns. Scoring asks for the last answer of each conversation, from all that was said before it.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "scores/scores.h"
#include "tasks/chat.h"
#include "tasks/task.h"
#include "tasks/writing.h"

namespace seedling {

namespace {

using nlohmann::json;

class Dialogue : public Task {
 public:
  Dialogue(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Task(record, tokenizer, config) {
    if (context() < 16) fail_usage("a context of ", context(), " tokens is too short for dialogue");
    if (tokenizer.special().bos >= 0) begin_ = {tokenizer.special().bos};
  }

  std::vector<Feature> encode(const Example& example, size_t number) override {
    std::vector<Message> messages = example.messages;
    bool cut = false;
    for (;;) {
      std::vector<std::pair<std::vector<int32_t>, bool>> pieces = {{begin_, false}};
      size_t size = begin_.size();
      for (const ChatPiece& piece : encode_chat(messages, false, tokenizer_)) {
        pieces.emplace_back(piece.ids, piece.learned);
        size += piece.ids.size();
      }
      if (static_cast<int64_t>(size) <= context() + 1) return {finish(pieces, number, cut)};
      cut = true;
      const size_t first = messages[0].role == "system" ? 1 : 0;
      if (messages.size() > first + 2) {
        messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(first));
        continue;
      }
      Feature feature = finish(pieces, number, cut);  // even the last exchange is too long: its beginning
      feature.ids.resize(static_cast<size_t>(context()));
      feature.targets.resize(feature.ids.size());
      return {std::move(feature)};
    }
  }

  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) override;
  json predict(Model& model, const Example& example) override {
    std::vector<Message> messages = example.messages;
    if (messages.empty()) messages.push_back({"user", example.input});
    bool cut = false;
    const int64_t most = most_tokens(record_, context());
    return {{"text", write_texts(model, tokenizer_, {prompt(messages, cut)}, most, 1).front()}};
  }

 private:
  Feature finish(const std::vector<std::pair<std::vector<int32_t>, bool>>& pieces, size_t number, bool cut) {
    cut_ += cut;
    return writing_feature(pieces, number);
  }
  std::vector<int32_t> prompt(const std::vector<Message>& messages, bool& cut) const {
    std::vector<int32_t> ids = begin_;
    const int64_t room = context() - usual_tokens(record_, context()) - static_cast<int64_t>(begin_.size());
    const std::vector<int32_t> chat = chat_prompt(messages, room, tokenizer_, cut);
    ids.insert(ids.end(), chat.begin(), chat.end());
    return ids;
  }

  std::vector<int32_t> begin_;
};

/// The messages before the last one of the assistant, as a person would read them.
std::string readable(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages)
    text += (text.empty() ? "" : "\n") + message.role + ": " + message.content;
  return text;
}

Score Dialogue::score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) {
  const std::vector<Feature> features = encode_all(examples);
  Score result = score_loss(model, features, context(), kTokensInPass);
  double bytes = 0.0;
  for (const Example& example : examples)
    for (const Message& message : example.messages)
      if (message.role == "assistant") bytes += static_cast<double>(message.content.size());
  const double nats = result.value * result.fields["target_tokens"].get<double>();
  result.fields["bits_per_byte"] = bytes > 0.0 ? nats / std::log(2.0) / bytes : 0.0;
  result.fields["examples"] = examples.size();
  if (!options.decode) return result;

  const int64_t most = most_tokens(record_, context());
  std::vector<std::vector<int32_t>> prompts;
  for (const Example& example : examples) {
    size_t last = example.messages.size();
    while (last > 0 && example.messages[last - 1].role != "assistant") --last;
    const std::vector<Message> before(
        example.messages.begin(),
        example.messages.begin() + static_cast<std::ptrdiff_t>(std::max<size_t>(last, 1) - 1));
    bool cut = false;
    prompts.push_back(prompt(before, cut));
    result.predictions.push_back({{"input", readable(before)},
                                  {"target", last > 0 ? example.messages[last - 1].content : std::string()}});
  }
  const std::vector<std::string> replies = write_texts(model, tokenizer_, prompts, most, options.beams);
  for (size_t i = 0; i < replies.size(); ++i) result.predictions[i]["prediction"] = replies[i];
  result.fields["distinct1"] = score_distinct(replies, 1);
  result.fields["distinct2"] = score_distinct(replies, 2);
  return result;
}

}  // namespace

std::unique_ptr<Task> make_dialogue(const TaskRecord& record, const Tokenizer& tokenizer,
                                    const ModelConfig& config) {
  return std::make_unique<Dialogue>(record, tokenizer, config);
}

}  // namespace seedling
