// What the tokenizers must know about characters: UTF-8, classes, lower case, accents.
//
// The tables (unicode_tables.inc, made by make_unicode_tables.py) say what the real `tokenizers` library
// takes each code point for, Unicode 16 for letters, numbers and spaces, so that text is split where the
// library splits it. Called by the pre-tokenizers, the normalizer and the added tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seedling {

/// Bits of a code point's class. No bit of the first three: GPT-2's "other" (punctuation, marks, symbols).
enum CharacterClass : uint8_t {
  kLetter = 1,           // \p{L}
  kNumber = 2,           // \p{N}
  kSpace = 4,            // White_Space
  kBertPunctuation = 8,  // a word of its own in BertPreTokenizer
  kBertControl = 16,     // removed by BertNormalizer's clean_text
  kIdeograph = 32,       // gets spaces around it from handle_chinese_chars
  kNonspacing = 64,      // dropped by strip_accents
  kWordCharacter = 128,  // \w, for added tokens with single_word
};

/// One byte of CharacterClass bits for each code point below 0x110000.
const uint8_t* character_classes();

constexpr uint32_t kInvalidByte = 0xFFFFFFFFu;

/// A character of a text: its code point, or kInvalidByte for a byte that is not UTF-8; its length in bytes.
struct Character {
  uint32_t code;
  uint32_t length;
};

/// The character at text[at], at < text.size(). Strict UTF-8 (RFC 3629); an invalid byte stands for itself.
inline Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto follows = [&](size_t i) { return at + i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first < 0xE0 && follows(1)) return {(first & 31u) << 6 | (byte(1) & 63u), 2};
  if (first >= 0xE0 && first < 0xF0 && follows(1) && follows(2)) {
    const uint32_t code = (first & 15u) << 12 | (byte(1) & 63u) << 6 | (byte(2) & 63u);
    if (code >= 0x800 && (code < 0xD800 || code > 0xDFFF)) return {code, 3};
  }
  if (first >= 0xF0 && first < 0xF5 && follows(1) && follows(2) && follows(3)) {
    const uint32_t code = (first & 7u) << 18 | (byte(1) & 63u) << 12 | (byte(2) & 63u) << 6 | (byte(3) & 63u);
    if (code >= 0x10000 && code < 0x110000) return {code, 4};
  }
  return {kInvalidByte, 1};
}

/// Appends the UTF-8 form of a code point.
void append_utf8(std::string& text, uint32_t code);

/// Writes the lower-case form to out (room for 2) and returns how many code points it has.
int to_lower(uint32_t code, uint32_t* out);

/// Writes the code point without accents (its canonical decomposition less the nonspacing marks) to out (room
/// for 3) and returns how many code points are left; 0 for a mark.
int strip_accents(uint32_t code, uint32_t* out);

}  // namespace seedling
