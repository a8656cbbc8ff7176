// GPT-2's byte alphabet: 256 printable characters that stand for the 256 bytes in tokenizer.json.
//
// JSON cannot hold raw bytes, so each byte is written as a character one can see: the bytes 0x21-0x7E,
// 0xA1-0xAC and 0xAE-0xFF as the code point of the same value, the other 68, in ascending order, as U+0100,
// U+0101 ... A space is therefore U+0120 ("Ġ") and a line feed U+010A ("Ċ"). Source: bytes_to_unicode in
// GPT-2's encoder.py.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seedling {

/// The code point that stands for a byte.
uint32_t byte_to_code_point(unsigned char byte);

/// The byte that the n-th smallest character of the alphabet stands for, n in [0, 256): ids 0 to 255 of
/// GPT-2.
unsigned char nth_byte(int n);

/// The bytes in the alphabet's spelling.
std::string spell_bytes(std::string_view bytes);

/// The bytes of a spelling; false (and bytes untouched) if a character is not of the alphabet.
bool unspell_bytes(std::string_view spelling, std::string& bytes);

}  // namespace seedling
