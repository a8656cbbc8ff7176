// GPT-2's and BERT's pre-tokenization: see pretokenizer.h.
#include "tokenizer/pretokenizer.h"

#include "tokenizer/unicode.h"

namespace seedling {
namespace {

constexpr uint8_t kGpt2Classes = kLetter | kNumber | kSpace;

struct Classified {
  uint8_t kind;  // kLetter, kNumber, kSpace, or 0: other
  uint32_t length;
};

Classified classify(const uint8_t* classes, std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {static_cast<uint8_t>(classes[first] & kGpt2Classes), 1};
  const Character c = character_at(text, at);
  if (c.code == kInvalidByte) return {0, 1};
  return {static_cast<uint8_t>(classes[c.code] & kGpt2Classes), c.length};
}

/// Length of 's 't 're 've 'm 'll 'd at text[at], else 0.
size_t contraction_length(std::string_view text, size_t at) {
  if (text[at] != '\'' || at + 1 >= text.size()) return 0;
  const char a = text[at + 1], b = at + 2 < text.size() ? text[at + 2] : '\0';
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

}  // namespace

size_t gpt2_piece_end(std::string_view text, size_t at) {
  const uint8_t* classes = character_classes();
  if (const size_t length = contraction_length(text, at)) return at + length;

  // " ?" and a run of one class.
  size_t start = at;
  if (text[at] == ' ' && at + 1 < text.size()) start = at + 1;
  Classified c = classify(classes, text, start);
  if (c.kind != kSpace) {
    const uint8_t kind = c.kind;
    size_t end = start + c.length;
    while (end < text.size() && (c = classify(classes, text, end)).kind == kind) end += c.length;
    return end;
  }

  // White space: up to the end of the text, else all but the last character, which goes with what follows.
  size_t end = at, last = at;
  while (end < text.size() && (c = classify(classes, text, end)).kind == kSpace) {
    last = end;
    end += c.length;
  }
  return end < text.size() && last > at ? last : end;
}

bool next_bert_word(std::string_view text, size_t at, size_t& begin, size_t& end) {
  const uint8_t* classes = character_classes();
  begin = end = at;
  while (end < text.size()) {
    const Character c = character_at(text, end);
    const uint8_t kind = c.code == kInvalidByte ? 0 : classes[c.code];
    if (kind & kSpace) {
      if (begin < end) return true;
      begin = end += c.length;
    } else if (kind & kBertPunctuation) {
      if (begin == end) end += c.length;
      return true;
    } else {
      end += c.length;
    }
  }
  return begin < end;
}

}  // namespace seedling
