// Generation: sampling continuations with a KV cache, and filling masks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/model.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// Order: repetition penalty, temperature, top-k, top-p (as in transformers). Temperature 0 is greedy (lowest
/// id wins a tie); top_k 0 and top_p 1 are off.
struct SamplingOptions {
  int64_t max_tokens = 200;
  float temperature = 0.8f;
  int64_t top_k = 0;
  float top_p = 1.0f;
  float repetition_penalty = 1.0f;
  uint64_t seed = 1;
  bool use_cache = true;
};

/// One generated token, with what the model thought of it.
struct GeneratedToken {
  int32_t id;
  float probability;                                  // after all of the above
  std::vector<std::pair<int32_t, float>> candidates;  // the most probable ones (up to 10)
};

/// Called for each token; returns false to stop early.
using TokenSink = std::function<bool(const GeneratedToken&)>;

/// The ids of the continuation alone. The end token stops it and is left out; an empty prompt starts from the
/// beginning token; past the context the window slides. Padding rows of the vocabulary are never chosen.
std::vector<int32_t> generate(Model& model, const Tokenizer& tokenizer, const std::vector<int32_t>& prompt,
                              const SamplingOptions& options, const TokenSink& sink = nullptr);

/// The distribution that generate() draws from, given raw logits and the ids so far (the sampling lab).
std::vector<float> sampling_distribution(std::vector<float> logits, const std::vector<int32_t>& context,
                                         const SamplingOptions& options, int64_t valid_vocabulary);

struct MaskPrediction {
  int32_t id;
  std::string token;
  float probability;
};

/// For each [MASK] of the text (or the tokenizer's own mask token), the `top` most probable tokens, all in
/// one pass.
std::vector<std::vector<MaskPrediction>> fill_masks(Model& model, const Tokenizer& tokenizer,
                                                    const std::string& text, int64_t top);

}  // namespace seedling
