// Cuts text into the pieces that a token never crosses.
//
// GPT-2's rule (Radford et al. 2019, encoder.py) is a regular expression,
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// written out here by hand: it needs no regex engine, and is many times faster than one. BERT's rule splits
// at white space and makes every punctuation character a word. Called by the pipeline and by training.
#pragma once

#include <cstddef>
#include <string_view>

namespace seedling {

/// End of the GPT-2 piece that begins at text[at], at < text.size(). Bytes that are not UTF-8 are "other".
size_t gpt2_piece_end(std::string_view text, size_t at);

/// The next BERT word at or after text[at], as [begin, end); false at the end of the text.
bool next_bert_word(std::string_view text, size_t at, size_t& begin, size_t& end);

}  // namespace seedling
