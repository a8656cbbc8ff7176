// Filling masks: one pass of a masked model over the text, and its guesses at every mask.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "generation/generator.h"

namespace seedling {
namespace {

constexpr char kMask[] = "[MASK]";

/// People write [MASK] whatever the tokenizer calls its mask ("<mask>").
std::string spell_masks(std::string text, const std::string& mask) {
  if (mask == kMask) return text;
  for (size_t at = 0; (at = text.find(kMask, at)) != std::string::npos; at += mask.size())
    text.replace(at, sizeof kMask - 1, mask);
  return text;
}

/// The `top` most probable ids of one row of logits, the lowest id first among equals.
std::vector<MaskPrediction> best_of(const float* logits, int64_t V, int64_t top, const Tokenizer& tokenizer) {
  const double largest = *std::max_element(logits, logits + V);
  if (std::isnan(largest))
    fail("the model's output is not a number: its weights are damaged. Use another checkpoint.");
  double sum = 0;
  for (int64_t id = 0; id < V; ++id) sum += std::exp(logits[id] - largest);
  std::vector<int32_t> order(static_cast<size_t>(V));
  std::iota(order.begin(), order.end(), 0);
  const auto count = static_cast<std::ptrdiff_t>(std::min(top, V));
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](int32_t a, int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  std::vector<MaskPrediction> result;
  for (auto id = order.begin(); id != order.begin() + count; ++id)
    result.push_back({*id, *id < tokenizer.vocab_size() ? tokenizer.token_text(*id) : "",
                      static_cast<float>(std::exp(logits[*id] - largest) / sum)});
  return result;
}

}  // namespace

std::vector<std::vector<MaskPrediction>> fill_masks(Model& model, const Tokenizer& tokenizer,
                                                    const std::string& text, int64_t top) {
  const ModelConfig& config = model.config();
  const SpecialTokens& special = tokenizer.special();
  if (config.head != HeadKind::masked_language_model || special.mask < 0)
    fail("this model cannot fill masks: it is a ", config.model_type,
         " without a masked-language-model head or mask token. ",
         config.causal ? "Use `seedling generate`." : "Use `seedling predict`.");
  if (top < 1) fail_usage("--top is ", top, "; it must be 1 or more.");

  Batch batch;
  batch.tokens = tokenizer.encode(spell_masks(text, tokenizer.token_text(special.mask)));
  if (special.cls >= 0) batch.tokens.insert(batch.tokens.begin(), special.cls);
  if (special.sep >= 0) batch.tokens.push_back(special.sep);
  if (std::count(batch.tokens.begin(), batch.tokens.end(), special.mask) == 0)
    fail_usage("--text has no mask. Write [MASK] where a word is to be guessed.");
  batch.B = 1, batch.T = static_cast<int64_t>(batch.tokens.size());
  if (batch.T > config.context_length)
    fail_usage("--text has ", batch.T, " tokens, but the model reads ", config.context_length,
               " at most. Shorten it.");

  const std::vector<float> logits = model.logits(batch);  // (T, V)
  std::vector<std::vector<MaskPrediction>> predictions;
  for (int64_t t = 0; t < batch.T; ++t)
    if (batch.tokens[t] == special.mask)
      predictions.push_back(
          best_of(logits.data() + t * config.vocab_size, config.vocab_size, top, tokenizer));
  return predictions;
}

}  // namespace seedling
