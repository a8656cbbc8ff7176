// A text after a text: generation in a style, summarization, translation. See task.h.
//
// A causal model sees  <begin> input, line break, space, target <end>  and learns the target and its end
// alone. The line break is the border: whatever stands before it is given, whatever follows is to be written.
// Where both do not fit, the input loses its end (a summary needs the beginning most).
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "scores/scores.h"
#include "tasks/chat.h"
#include "tasks/decoding.h"
#include "tasks/task.h"
#include "tasks/writing.h"

namespace seedling {

namespace {

using nlohmann::json;

class Completion : public Task {
 public:
  Completion(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Task(record, tokenizer, config), ending_(ending_of(tokenizer)), border_(tokenizer.encode("\n")) {
    if (tokenizer.special().bos >= 0) begin_ = {tokenizer.special().bos};
    if (context() < 8) fail_usage("a context of ", context(), " tokens is too short for ", name());
  }

  std::vector<Feature> encode(const Example& example, size_t number) override {
    std::vector<int32_t> target = tokenizer_.encode(" " + example.targets.front());
    bool cut = false;
    const auto most = static_cast<size_t>(context() / 2);
    if (target.size() + 1 > most) target.resize(most - 1), cut = true;
    target.insert(target.end(), ending_.begin(), ending_.end());
    const std::vector<int32_t> prompt =
        prompt_for(example.input, context() - static_cast<int64_t>(target.size()), cut);
    cut_ += cut;
    return {writing_feature({{prompt, false}, {target, true}}, number)};
  }

  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) override;
  json predict(Model& model, const Example& example) override {
    return {{"text", write(model, {example}, 1).front()}};
  }

 private:
  /// <begin> input and border, in at most `room` tokens.
  std::vector<int32_t> prompt_for(const std::string& input, int64_t room, bool& cut) const {
    std::vector<int32_t> prompt = begin_, text = tokenizer_.encode(input);
    prompt.insert(prompt.end(), text.begin(), text.end());
    const auto most = static_cast<size_t>(room) - border_.size();
    if (prompt.size() > most) prompt.resize(most), cut = true;
    prompt.insert(prompt.end(), border_.begin(), border_.end());
    return prompt;
  }

  std::vector<std::string> write(Model& model, const std::vector<Example>& examples, int64_t beams) const {
    const int64_t most = most_tokens(record_, context());
    std::vector<std::vector<int32_t>> prompts;
    bool cut = false;
    for (const Example& example : examples)
      prompts.push_back(prompt_for(example.input, context() - usual_tokens(record_, context()), cut));
    return write_texts(model, tokenizer_, prompts, most, beams);
  }

  std::vector<int32_t> begin_, ending_, border_;
};

Score Completion::score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) {
  Score result = score_loss(model, encode_all(examples), context(), kTokensInPass);
  result.fields["examples"] = examples.size();
  if (!options.decode) return result;
  const std::vector<std::string> predictions = write(model, examples, options.beams);
  References references;
  for (size_t i = 0; i < examples.size(); ++i) {
    references.push_back(examples[i].targets);
    result.predictions.push_back(
        {{"input", examples[i].input},
         {"prediction", predictions[i]},
         {"target", references[i].size() == 1 ? json(references[i].front()) : json(references[i])}});
  }
  if (name() == "translation") {
    result.fields["bleu"] = score_bleu(references, predictions);
    result.fields["chrf"] = score_chrf(references, predictions);
  } else {
    const RougeScores rouge = score_rouge(references, predictions);
    result.fields["rouge1"] = rouge.rouge1;
    result.fields["rouge2"] = rouge.rouge2;
    result.fields["rougeL"] = rouge.rougeL;
  }
  if (name() == "generation") {  // short answers are right or wrong
    const AnswerScores exact = score_answers(references, predictions);
    result.fields["exact_match"] = exact.exact_match;
  }
  return result;
}

}  // namespace

std::unique_ptr<Task> make_completion(const TaskRecord& record, const Tokenizer& tokenizer,
                                      const ModelConfig& config) {
  return std::make_unique<Completion>(record, tokenizer, config);
}

}  // namespace seedling
