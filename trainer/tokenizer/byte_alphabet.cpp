// GPT-2's byte alphabet: see byte_alphabet.h.
#include "tokenizer/byte_alphabet.h"

#include <array>

#include "tokenizer/unicode.h"

namespace seedling {
namespace {

constexpr int kFirstBorrowed = 0x100, kBorrowed = 68;

struct Alphabet {
  std::array<uint32_t, 256> code_point;              // of each byte
  std::array<int, kFirstBorrowed + kBorrowed> byte;  // of each code point, -1 for none
  std::array<unsigned char, 256> ordered;            // bytes in the order of their code points
};

Alphabet make_alphabet() {
  Alphabet alphabet;
  alphabet.byte.fill(-1);
  uint32_t borrowed = kFirstBorrowed;
  for (uint32_t b = 0; b < 256; ++b) {
    const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    alphabet.code_point[b] = printable ? b : borrowed++;
    alphabet.byte[alphabet.code_point[b]] = static_cast<int>(b);
  }
  size_t n = 0;
  for (int b : alphabet.byte)
    if (b >= 0) alphabet.ordered[n++] = static_cast<unsigned char>(b);
  return alphabet;
}

const Alphabet& alphabet() {
  static const Alphabet instance = make_alphabet();
  return instance;
}

}  // namespace

uint32_t byte_to_code_point(unsigned char byte) { return alphabet().code_point[byte]; }

unsigned char nth_byte(int n) { return alphabet().ordered[static_cast<size_t>(n)]; }

std::string spell_bytes(std::string_view bytes) {
  std::string spelling;
  for (const char b : bytes) append_utf8(spelling, byte_to_code_point(static_cast<unsigned char>(b)));
  return spelling;
}

bool unspell_bytes(std::string_view spelling, std::string& bytes) {
  std::string result;
  for (size_t at = 0; at < spelling.size();) {
    const Character c = character_at(spelling, at);
    if (c.code >= alphabet().byte.size() || alphabet().byte[c.code] < 0) return false;
    result.push_back(static_cast<char>(alphabet().byte[c.code]));
    at += c.length;
  }
  bytes = std::move(result);
  return true;
}

}  // namespace seedling
