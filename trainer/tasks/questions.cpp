// Extractive question answering: the span of a context that answers, or 'no answer'. See task.h.
//
// Question and context stand as the tokenizer frames a pair ([CLS] question [SEP] context [SEP]); where it
// frames nothing (causal models) a line break divides them and an ending closes them. A context longer than
// the model's is read in windows that overlap by half (Devlin et al. 2018, the SQuAD code); a window without
// the answer teaches 'nothing', which is the first position of a bidirectional model and the last of a causal
// one, the only one that has read everything.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "scores/scores.h"
#include "tasks/chat.h"
#include "tasks/frame.h"
#include "tasks/task.h"

namespace seedling {

namespace {

using nlohmann::json;

/// The longest answer considered, in tokens.
constexpr int64_t kLongestAnswer = 64, kLongestInLetters = 256;

struct Span {
  size_t begin = 0, end = 0;  // bytes of the context
  double logit = -std::numeric_limits<double>::infinity(), probability = 0.0;
  double nothing = std::numeric_limits<double>::infinity();  // the lowest logit of 'no answer' of any window
};

int64_t count_characters(const std::string& text, size_t bytes) {
  return std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
}

class Questions : public Task {
 public:
  Questions(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Task(record, tokenizer, config), frame_(pair_frame(tokenizer)) {
    if (config.causal && frame_.size() == 0) {
      frame_.between = tokenizer.encode("\n");
      frame_.after = ending_of(tokenizer);
    }
    if (context() < frame_.size() + 8) fail_usage("a context of ", context(), " tokens is too short for qa");
    const bool letters = tokenizer.kind() == "char" || tokenizer.kind() == "byte";
    longest_answer_ = letters ? kLongestInLetters : kLongestAnswer;
  }

  std::vector<Feature> encode(const Example& example, size_t number) override;
  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions&) override;
  json predict(Model& model, const Example& example) override;

 private:
  /// For each example its best span over all its windows.
  std::vector<Span> find_spans(Model& model, const std::vector<Example>& examples);
  void look(Span& span, const Feature& feature, const float* logits) const;
  bool is_nothing(const Span& span) const { return record_.no_answer && span.nothing > span.logit; }
  /// The span without white space at its ends; empty where the answer is 'nothing'.
  std::string text_of(Span& span, const std::string& context) const;

  Frame frame_;
  int64_t longest_answer_;
};

std::vector<Feature> Questions::encode(const Example& example, size_t number) {
  std::vector<std::pair<size_t, size_t>> offsets;
  const std::vector<int32_t> text = tokenizer_.encode_with_offsets(example.context, offsets);
  std::vector<int32_t> question = tokenizer_.encode(example.input);
  const auto most = static_cast<size_t>((context() - frame_.size()) / 2);
  if (question.size() > most) question.resize(most), ++cut_;
  const auto room = static_cast<size_t>(context() - frame_.size()) - question.size();

  std::vector<Feature> windows;
  for (size_t first = 0;; first += std::max<size_t>(1, room / 2)) {
    const size_t last = std::min(text.size(), first + room);
    Feature window;
    window.example = number;
    window.ids = frame_.before;
    window.ids.insert(window.ids.end(), question.begin(), question.end());
    window.ids.insert(window.ids.end(), frame_.between.begin(), frame_.between.end());
    window.context_at = static_cast<int32_t>(window.ids.size());
    for (size_t i = first; i < last; ++i) {
      window.ids.push_back(text[i]);
      window.offsets.push_back(offsets[i]);
    }
    window.ids.insert(window.ids.end(), frame_.after.begin(), frame_.after.end());
    if (window.ids.empty()) window.ids.push_back(0);
    if (config_.type_vocab_size > 1 && frame_.second_type > 0) {
      window.types.assign(window.ids.size(), frame_.second_type);
      std::fill_n(window.types.begin(), window.context_at, 0);
    }
    window.nothing = config_.causal ? static_cast<int32_t>(window.ids.size()) - 1 : 0;
    window.start = window.end = window.nothing;
    if (!example.answers.empty() && !window.offsets.empty()) {
      const Answer& answer = example.answers.front();
      int32_t start = -1, end = -1;
      for (size_t i = 0; i < window.offsets.size(); ++i) {
        if (start < 0 && window.offsets[i].second > answer.begin) start = static_cast<int32_t>(i);
        if (window.offsets[i].first < answer.end) end = static_cast<int32_t>(i);
      }
      const bool whole =
          window.offsets.front().first <= answer.begin && window.offsets.back().second >= answer.end;
      if (whole && start >= 0 && end >= start)
        window.start = window.context_at + start, window.end = window.context_at + end;
    }
    windows.push_back(std::move(window));
    if (last >= text.size()) return windows;
  }
}

/// The best pair start <= end within the window's context, and the window's probability of it: softmax over
/// the context's positions alone.
void Questions::look(Span& span, const Feature& feature, const float* logits) const {
  const auto count = static_cast<int64_t>(feature.offsets.size());
  const float* context = logits + 2 * feature.context_at;  // (count, 2)
  span.nothing = std::min(span.nothing,
                          static_cast<double>(logits[2 * feature.nothing]) + logits[2 * feature.nothing + 1]);
  double best = -std::numeric_limits<double>::infinity(), sum_start = 0.0, sum_end = 0.0;
  int64_t from = -1, to = -1;
  for (int64_t i = 0; i < count; ++i) {
    sum_start += std::exp(static_cast<double>(context[2 * i]));
    sum_end += std::exp(static_cast<double>(context[2 * i + 1]));
    for (int64_t j = i; j < std::min(count, i + longest_answer_); ++j) {
      const double both = static_cast<double>(context[2 * i]) + context[2 * j + 1];
      if (both > best) best = both, from = i, to = j;
    }
  }
  if (from < 0 || best <= span.logit) return;
  span.logit = best;
  span.probability = std::exp(best - std::log(sum_start) - std::log(sum_end));
  span.begin = feature.offsets[static_cast<size_t>(from)].first;
  span.end = feature.offsets[static_cast<size_t>(to)].second;
}

std::vector<Span> Questions::find_spans(Model& model, const std::vector<Example>& examples) {
  const std::vector<Feature> features = encode_all(examples);
  std::vector<Span> spans(examples.size());
  in_batches(features, context(), kTokensInPass, [&](const Batch& batch, const std::vector<size_t>& members) {
    const std::vector<float> logits = model.logits(batch);  // (B T, 2)
    for (size_t b = 0; b < members.size(); ++b) {
      const Feature& feature = features[members[b]];
      look(spans[feature.example], feature, &logits[2 * b * static_cast<size_t>(batch.T)]);
    }
  });
  return spans;
}

std::string Questions::text_of(Span& span, const std::string& context) const {
  if (is_nothing(span) || span.end <= span.begin) {
    span.begin = span.end = 0;
    return "";
  }
  const auto space = [&](size_t at) {
    return context[at] == ' ' || context[at] == '\n' || context[at] == '\t';
  };
  while (span.begin < span.end && space(span.begin)) ++span.begin;
  while (span.end > span.begin && space(span.end - 1)) --span.end;
  return context.substr(span.begin, span.end - span.begin);
}

Score Questions::score(Model& model, const std::vector<Example>& examples, const ScoreOptions&) {
  std::vector<Span> spans = find_spans(model, examples);
  std::vector<std::string> predictions;
  References references;
  Score result;
  for (size_t i = 0; i < examples.size(); ++i) {
    predictions.push_back(text_of(spans[i], examples[i].context));
    references.emplace_back();
    for (const Answer& answer : examples[i].answers) references.back().push_back(answer.text);
    const json target =
        references.back().size() == 1 ? json(references.back().front()) : json(references.back());
    result.predictions.push_back({{"input", examples[i].input},
                                  {"prediction", predictions.back()},
                                  {"target", references.back().empty() ? json("") : target}});
  }
  const AnswerScores scores = score_answers(references, predictions);
  result.fields = {{"exact_match", scores.exact_match}, {"f1", scores.f1}, {"examples", examples.size()}};
  result.value = scores.f1;
  return result;
}

json Questions::predict(Model& model, const Example& example) {
  Span span = find_spans(model, {example}).front();
  const std::string answer = text_of(span, example.context);
  return {{"answer", answer},
          {"start", count_characters(example.context, span.begin)},
          {"end", count_characters(example.context, span.end)},
          {"score", span.probability}};
}

}  // namespace

std::unique_ptr<Task> make_questions(const TaskRecord& record, const Tokenizer& tokenizer,
                                     const ModelConfig& config) {
  return std::make_unique<Questions>(record, tokenizer, config);
}

}  // namespace seedling
