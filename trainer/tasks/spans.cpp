// Question answering with a span head: where the answer starts and where it ends. See questions.h.
//
// Question and context stand as the tokenizer frames a pair ([CLS] question [SEP] context [SEP]); where it
// frames nothing (imported causal models) a line break divides them and an ending closes them. A window
// without the answer teaches 'nothing', which is the first position of a bidirectional model and the last of
// a causal one, the only one that has read everything.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "tasks/chat.h"
#include "tasks/frame.h"
#include "tasks/questions.h"

namespace seedling {

namespace {

/// The longest answer considered, in tokens.
constexpr int64_t kLongestAnswer = 64, kLongestInLetters = 256;

struct Span {
  size_t begin = 0, end = 0;  // bytes of the context
  double logit = -std::numeric_limits<double>::infinity(), probability = 0.0;
  double nothing = std::numeric_limits<double>::infinity();  // the lowest logit of 'no answer' of any window
};

class Spans : public Questions {
 public:
  Spans(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Questions(record, tokenizer, config), frame_(pair_frame(tokenizer)) {
    if (config.causal && frame_.size() == 0) {
      frame_.between = tokenizer.encode("\n");
      frame_.after = ending_of(tokenizer);
    }
    if (context() < frame_.size() + 8) fail_usage("a context of ", context(), " tokens is too short for qa");
    const bool letters = tokenizer.kind() == "char" || tokenizer.kind() == "byte";
    longest_answer_ = letters ? kLongestInLetters : kLongestAnswer;
  }

  std::vector<Feature> encode(const Example& example, size_t number) override;

 private:
  std::vector<FoundAnswer> find(Model& model, const std::vector<Example>& examples) override;
  void look(Span& span, const Feature& feature, const float* logits) const;

  Frame frame_;
  int64_t longest_answer_;
};

std::vector<Feature> Spans::encode(const Example& example, size_t number) {
  Offsets offsets;
  const std::vector<int32_t> text = tokenizer_.encode_with_offsets(example.context, offsets);
  std::vector<int32_t> question = tokenizer_.encode(example.input);
  const auto most = static_cast<size_t>((context() - frame_.size()) / 2);
  if (question.size() > most) question.resize(most), ++cut_;
  const auto room = static_cast<size_t>(context() - frame_.size()) - question.size();

  std::vector<Feature> windows;
  for (const auto& [from, to] : windows_of(text.size(), room)) {
    Feature window;
    window.example = number;
    window.ids = frame_.before;
    window.ids.insert(window.ids.end(), question.begin(), question.end());
    window.ids.insert(window.ids.end(), frame_.between.begin(), frame_.between.end());
    window.context_at = static_cast<int32_t>(window.ids.size());
    for (size_t i = from; i < to; ++i) {
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
    size_t first = 0, last = 0;
    if (!example.answers.empty() && find_tokens(example.answers.front(), window.offsets, first, last)) {
      window.start = window.context_at + static_cast<int32_t>(first);
      window.end = window.context_at + static_cast<int32_t>(last);
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

/// The best pair start <= end within the window's context, and the window's probability of it: softmax over
/// the context's positions alone.
void Spans::look(Span& span, const Feature& feature, const float* logits) const {
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

std::vector<FoundAnswer> Spans::find(Model& model, const std::vector<Example>& examples) {
  const std::vector<Feature> features = encode_all(examples);
  std::vector<Span> spans(examples.size());
  in_batches(features, context(), kTokensInPass, [&](const Batch& batch, const std::vector<size_t>& members) {
    const std::vector<float> logits = model.logits(batch);  // (B T, 2)
    for (size_t b = 0; b < members.size(); ++b) {
      const Feature& feature = features[members[b]];
      look(spans[feature.example], feature, &logits[2 * b * static_cast<size_t>(batch.T)]);
    }
  });
  std::vector<FoundAnswer> answers;
  for (const Span& span : spans) {
    const bool nothing = record_.no_answer && span.nothing > span.logit;
    answers.push_back({nothing ? 0 : span.begin, nothing ? 0 : span.end, span.probability});
  }
  return answers;
}

}  // namespace

std::unique_ptr<Task> make_spans(const TaskRecord& record, const Tokenizer& tokenizer,
                                 const ModelConfig& config) {
  return std::make_unique<Spans>(record, tokenizer, config);
}

}  // namespace seedling
