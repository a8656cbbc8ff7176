// Batches, evaluation and samples of a text (see pretraining.h).
#include "training/pretraining.h"

#include <algorithm>

#include "base/files.h"
#include "generation/generator.h"
#include "training/evaluator.h"

namespace seedling {

namespace {

constexpr int64_t kSampleTokens = 160, kShortestWindow = 32;
constexpr const char* kMask = "[MASK]";

}  // namespace

int64_t window_length(int64_t index, int64_t T, int64_t warmup_batches) {
  if (index >= warmup_batches) return T;
  int64_t doublings = 0;  // lengths below T after kShortestWindow
  while (kShortestWindow << (doublings + 1) < T) ++doublings;
  const int64_t half = warmup_batches / 2;
  const int64_t doubled =
      index < half || doublings == 0 ? 0 : 1 + (index - half) * doublings / (warmup_batches - half);
  return std::min(T, kShortestWindow << doubled);
}

TextObjective::TextObjective(const PreparedData& data, std::optional<MaskedWindows> masked, int64_t T,
                             uint64_t seed)
    : data_(data), masked_(masked), T_(T), seed_(seed) {
  if (!masked_) causal_.emplace(data.train, T, seed, data.tokenizer->special().eos);
}

Batch TextObjective::batch(int64_t index, int64_t B) {
  if (masked_) {
    const int64_t length = window_length(index, T_, masked_->warmup_batches), rows = B * (T_ / length);
    return MaskedLoader(data_.train, data_.tokenizer, rows, length, seed_, masked_->whole_words).batch(index);
  }
  return causal_->batch(index, B);
}

int64_t TextObjective::examples() const {
  if (masked_)
    return MaskedLoader(data_.train, data_.tokenizer, 1, T_, seed_, masked_->whole_words).windows();
  return causal_->windows();
}

Evaluation TextObjective::evaluate(Model& model) {
  const TextScore score =
      evaluate_text(model, *data_.validation, *data_.tokenizer, T_, WindowRule::by_document);
  Evaluation evaluation;
  evaluation.score = score.loss;
  evaluation.fields = {{"val_loss", score.loss}, {"bits_per_byte", score.bits_per_byte()}};
  if (masked_) evaluation.fields["val_accuracy"] = score.accuracy;
  return evaluation;
}

nlohmann::json TextObjective::sample(Model& model, const std::string& prompt, uint64_t seed) {
  nlohmann::json line = {{"prompt", prompt}, {"seed", seed}};
  if (masked_) {
    std::string text = hide_words(prompt, *data_.tokenizer);
    line["prompt"] = text;
    for (const auto& guesses : fill_masks(model, *data_.tokenizer, text, 1)) {
      const size_t at = text.find(kMask);
      if (at == std::string::npos || guesses.empty()) break;
      std::string word = data_.tokenizer->token_bytes(guesses.front().id);
      if (at > 0 && text[at - 1] == ' ' && !word.empty() && word[0] == ' ') word.erase(0, 1);
      text.replace(at, std::string(kMask).size(), word);
    }
    line["text"] = replace_invalid_utf8(text);
    return line;
  }
  SamplingOptions options;
  options.max_tokens = kSampleTokens;
  options.seed = seed;
  const std::vector<int32_t> ids = data_.tokenizer->encode(prompt);
  line["text"] =
      replace_invalid_utf8(data_.tokenizer->decode(generate(model, *data_.tokenizer, ids, options)));
  return line;
}

std::string hide_words(const std::string& text, const Tokenizer& tokenizer) {
  std::vector<std::pair<size_t, size_t>> words;  // begin and end
  for (size_t end = 0;;) {
    const size_t begin = text.find_first_not_of(" \n", end);
    if (begin == std::string::npos) break;
    end = std::min(text.find_first_of(" \n", begin), text.size());
    words.emplace_back(begin, end);
  }
  const bool letters = tokenizer.kind() == "char" || tokenizer.kind() == "byte";
  std::string hidden;
  size_t copied = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i % 3 != 2 && (words.size() > 2 || i + 1 != words.size())) continue;
    const auto [begin, end] = words[i];
    const std::string word = text.substr(begin, end - begin);
    hidden += text.substr(copied, begin - copied);
    for (size_t n = tokenizer.encode(letters ? word : " " + word).size(); n > 0; --n) hidden += kMask;
    copied = end;
  }
  return words.empty() ? std::string(kMask) : hidden + text.substr(copied);
}

}  // namespace seedling
