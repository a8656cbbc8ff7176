// Text of any length to ids, piece by piece, with the ids of encoding it in one go. Called by prepare.cpp.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace seedling {

/// Calls `take` with the ids of successive pieces. A piece ends in front of a line break that follows a
/// visible ASCII character: no pre-token of GPT-2's or BERT's splitting reaches across that place. Tokenizers
/// that add a space in front of a text would add one to each piece; they get the text in one go.
void encode_pieces(const Tokenizer& tokenizer, std::string_view text,
                   const std::function<void(const std::vector<int32_t>&)>& take, size_t piece = 1 << 20);

}  // namespace seedling
