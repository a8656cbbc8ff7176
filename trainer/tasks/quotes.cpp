// Question answering by writing: a causal model quotes the answer from the context it has read. See
// questions.h.
//
//   <begin> context, line break, question, answer <end>           'no answer': the end at once
//
// The answer's tokens are the context's own, and decoding allows nothing else (decoding.h), so every answer
// stands where the offsets say. A window without the answer teaches the end. Windows leave room for the
// longest answer of training. While training, all questions about a context that fit follow it one after the
// other, line by line: the context is read once for all of them.
#include <algorithm>
#include <span>

#include "base/error.h"
#include "tasks/chat.h"
#include "tasks/decoding.h"
#include "tasks/questions.h"
#include "tasks/writing.h"

namespace seedling {

namespace {

/// One window of a context with its question, ready to be answered.
struct Asked {
  std::vector<int32_t> prompt, source;  // what the model reads; the window's tokens, which it may quote
  Offsets offsets;                      // of `source`
};

class Quotes : public Questions {
 public:
  Quotes(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Questions(record, tokenizer, config), ending_(ending_of(tokenizer)), border_(tokenizer.encode("\n")) {
    if (tokenizer.special().bos >= 0) begin_ = {tokenizer.special().bos};
    if (context() < 16) fail_usage("a context of ", context(), " tokens is too short for qa");
  }

  std::vector<Feature> encode(const Example& example, size_t number) override {
    return encode_group({&example, 1}, number);
  }
  std::vector<Feature> encode_to_learn(const std::vector<Example>& examples) override;
  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) override;

 private:
  using Ids = std::vector<int32_t>;
  std::vector<Asked> ask(const Example& example, bool& cut) const;
  std::vector<Feature> encode_group(std::span<const Example> group, size_t number);
  Ids answer_in(const Asked& asked, const Example& example) const;
  std::vector<FoundAnswer> find(Model& model, const std::vector<Example>& examples) override;

  /// What an answer may take, with its end.
  int64_t longest_answer() const { return std::min(most_tokens(record_, context()), context() / 4); }
  /// Tokens of one question at most, and of a window whose longest question has so many.
  size_t longest_question() const { return static_cast<size_t>(context() - frame() - longest_answer()) / 2; }
  size_t room(size_t question) const {
    return static_cast<size_t>(context() - frame() - longest_answer()) - question;
  }
  int64_t frame() const { return static_cast<int64_t>(begin_.size() + border_.size()); }
  Ids question_of(const Example& example, bool& cut) const {
    Ids question = tokenizer_.encode(example.input);
    if (question.size() > longest_question()) question.resize(longest_question()), cut = true;
    return question;
  }

  Ids begin_, ending_, border_;
};

/// The context of each window, and after it what `question` holds.
std::vector<Asked> Quotes::ask(const Example& example, bool& cut) const {
  Offsets offsets;
  const Ids text = tokenizer_.encode_with_offsets(example.context, offsets),
            question = question_of(example, cut);
  std::vector<Asked> all;
  for (const auto& [from, to] : windows_of(text.size(), room(question.size()))) {
    const auto first = static_cast<std::ptrdiff_t>(from), last = static_cast<std::ptrdiff_t>(to);
    Asked asked;
    asked.source.assign(text.begin() + first, text.begin() + last);
    asked.offsets.assign(offsets.begin() + first, offsets.begin() + last);
    for (const Ids& piece : {begin_, asked.source, border_, question})
      asked.prompt.insert(asked.prompt.end(), piece.begin(), piece.end());
    all.push_back(std::move(asked));
  }
  return all;
}

/// The tokens of the answer as they stand in the window, none where it does not, and the end.
std::vector<int32_t> Quotes::answer_in(const Asked& asked, const Example& example) const {
  Ids answer;
  size_t first = 0, last = 0;
  if (!example.answers.empty() && find_tokens(example.answers.front(), asked.offsets, first, last)) {
    last = std::min(last, first + static_cast<size_t>(longest_answer()) - 2);
    answer.assign(asked.source.begin() + static_cast<std::ptrdiff_t>(first),
                  asked.source.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  }
  answer.insert(answer.end(), ending_.begin(), ending_.end());
  return answer;
}

/// Questions about one context: as many of them as fit follow each window, each with its answer.
std::vector<Feature> Quotes::encode_group(std::span<const Example> group, size_t number) {
  std::vector<Ids> questions;
  const Example* longest = &group.front();  // its windows leave room for every question
  size_t most = 0;
  for (const Example& example : group) {
    bool cut = false;
    questions.push_back(question_of(example, cut));
    cut_ += cut;
    if (questions.back().size() > most) most = questions.back().size(), longest = &example;
  }
  std::vector<Feature> features;
  bool cut = false;
  for (const Asked& window : ask(*longest, cut)) {
    std::vector<std::pair<Ids, bool>> pieces;
    size_t size = 0;
    const auto add = [&](const Ids& ids, bool learned) {
      pieces.emplace_back(ids, learned);
      size += ids.size();
    };
    for (size_t i = 0; i < group.size(); ++i) {
      const Ids answer = answer_in(window, group[i]);
      const size_t more = border_.size() + questions[i].size() + answer.size();
      if (size + more > static_cast<size_t>(context()) + 1 && !pieces.empty()) {
        features.push_back(writing_feature(pieces, number));
        pieces.clear();
      }
      if (pieces.empty()) {
        size = 0;
        add(begin_, false);
        add(window.source, false);
      }
      add(border_, false);
      add(questions[i], false);
      add(answer, true);
    }
    features.push_back(writing_feature(pieces, number));
  }
  return features;
}

std::vector<Feature> Quotes::encode_to_learn(const std::vector<Example>& examples) {
  std::vector<Feature> all;
  for (size_t first = 0, last; first < examples.size(); first = last) {
    for (last = first + 1; last < examples.size() && examples[last].context == examples[first].context;)
      ++last;
    for (Feature& feature : encode_group({&examples[first], last - first}, first))
      all.push_back(std::move(feature));
  }
  return all;
}

Score Quotes::score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) {
  const Score loss = score_loss(model, encode_all(examples), context(), kTokensInPass);
  Score result = options.decode ? Questions::score(model, examples, options) : loss;
  result.fields["val_loss"] = loss.value;
  result.fields["examples"] = examples.size();
  return result;
}

std::vector<FoundAnswer> Quotes::find(Model& model, const std::vector<Example>& examples) {
  std::vector<Asked> all;
  std::vector<std::vector<int32_t>> prompts, sources;
  std::vector<size_t> owner;
  bool cut = false;
  for (size_t i = 0; i < examples.size(); ++i) {
    for (Asked& asked : ask(examples[i], cut)) {
      prompts.push_back(asked.prompt);
      sources.push_back(asked.source);
      owner.push_back(i);
      all.push_back(std::move(asked));
    }
  }
  DecodingOptions options;
  options.max_tokens = longest_answer();
  options.end = ending_.front();
  options.vocabulary = tokenizer_.vocab_size();
  const std::vector<Quote> quotes = quote_all(model, prompts, sources, options);

  std::vector<FoundAnswer> answers(examples.size());
  std::vector<double> nothing(examples.size(), 1.0);  // that of the window which is least for it
  for (size_t w = 0; w < quotes.size(); ++w) {
    const Quote& quote = quotes[w];
    FoundAnswer& best = answers[owner[w]];
    nothing[owner[w]] = std::min(nothing[owner[w]], quote.nothing);
    if (quote.count == 0 || quote.probability <= best.probability) continue;
    best = {all[w].offsets[quote.first].first, all[w].offsets[quote.first + quote.count - 1].second,
            quote.probability};
  }
  for (size_t i = 0; i < examples.size(); ++i)
    if (record_.no_answer && nothing[i] > 0.5) answers[i].begin = answers[i].end = 0;
  return answers;
}

}  // namespace

std::unique_ptr<Task> make_quotes(const TaskRecord& record, const Tokenizer& tokenizer,
                                  const ModelConfig& config) {
  return std::make_unique<Quotes>(record, tokenizer, config);
}

}  // namespace seedling
