// Writing many texts at once: greedy decoding of a whole test set in batches, quoting, and beam search.
//
// Each sequence has its own cache of keys and values; a step runs the newest token of all of them through the
// model together, so the weights are read once for all. Called by completion.cpp, dialogue.cpp and
// quotes.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"

namespace seedling {

struct DecodingOptions {
  int64_t max_tokens = 64;
  int64_t beams = 1;       // 1: greedy, the lowest id wins a tie
  int32_t end = -1;        // the token that ends a text; it is left out
  int64_t vocabulary = 0;  // ids at or past this are never chosen (padding rows)
};

/// The continuation of each prompt, in order. Prompts and what follows them must fit the model's context.
std::vector<std::vector<int32_t>> decode_all(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                             const DecodingOptions& options);

/// A passage of a source.
struct Quote {
  size_t first = 0, count = 0;  // its tokens; none where the prompt left no room
  double probability = 0.0;     // of the passage and its end, where nothing else may be written
  double nothing = 0.0;         // of ending at once instead
};

/// What the model writes after each prompt when it may write a passage of that prompt's source and nothing
/// else: each token must go on some place where the passage so far stands. Greedy; where a passage stands
/// twice, the first place.
std::vector<Quote> quote_all(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                             const std::vector<std::vector<int32_t>>& sources,
                             const DecodingOptions& options);

}  // namespace seedling
