// The tokenizer's part of a GGUF file (internal to checkpoint/).
#pragma once

#include <string>
#include <vector>

#include "checkpoint/gguf_file.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// Writes the keys tokenizer.*: `rows` tokens, the model's vocabulary with its padding. Adds to `warnings`
/// what the runtime will do otherwise. Throws Error for tokenizers that have no counterpart there.
void write_gguf_tokenizer(GgufFile& file, const Tokenizer& tokenizer, int64_t rows, bool masked,
                          std::vector<std::string>& warnings);

}  // namespace seedling
