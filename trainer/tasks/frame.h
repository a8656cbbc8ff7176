// The special tokens that a tokenizer puts around a text or a pair of texts: its post-processor's template.
//
// BERT: [CLS] text [SEP] and [CLS] question [SEP] context [SEP] with segments 0 and 1; GPT-2: nothing. An
// imported model was trained on exactly what its tokenizer makes, so this is read from tokenizer.json, not
// assumed. Called by classification.cpp and questions.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace seedling {

struct Frame {
  std::vector<int32_t> before, between, after;  // `between` only in pairs
  int32_t second_type = 0;                      // segment of the second text and what follows it
  int64_t size() const { return static_cast<int64_t>(before.size() + between.size() + after.size()); }
};

/// Around one text.
Frame single_frame(const Tokenizer& tokenizer);
/// Around two.
Frame pair_frame(const Tokenizer& tokenizer);

}  // namespace seedling
