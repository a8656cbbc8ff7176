// Character classes and mappings from run-length tables: see unicode.h.
#include "tokenizer/unicode.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <vector>

namespace seedling {
namespace {

/// `count` code points from `first` on, `step` apart, whose lower case is `shift` away.
struct CaseRun {
  uint32_t first;
  uint32_t count;
  uint32_t step;
  int32_t shift;
};

#include "tokenizer/unicode_tables.inc"

constexpr uint32_t kCodePoints = 0x110000;

template <size_t N>
void mark(std::vector<uint8_t>& classes, const uint32_t (&runs)[N], CharacterClass bit) {
  uint32_t at = 0;
  for (size_t i = 0; i + 1 < N; i += 2) {
    at += runs[i];
    for (uint32_t end = at + runs[i + 1]; at < end; ++at) classes[at] |= bit;
  }
}

std::vector<uint8_t> expand_classes() {
  std::vector<uint8_t> classes(kCodePoints);
  mark(classes, kLettersRuns, kLetter);
  mark(classes, kNumbersRuns, kNumber);
  mark(classes, kSpacesRuns, kSpace);
  mark(classes, kBertPunctuationRuns, kBertPunctuation);
  mark(classes, kBertControlRuns, kBertControl);
  mark(classes, kIdeographsRuns, kIdeograph);
  mark(classes, kMarksRuns, kNonspacing);
  mark(classes, kWordCharactersRuns, kWordCharacter);
  return classes;
}

/// Code point -> base letter, for the two thousand accented letters.
std::unordered_map<uint32_t, uint32_t> expand_bases() {
  std::unordered_map<uint32_t, uint32_t> bases;
  uint32_t code = 0;
  for (size_t i = 0; i + 1 < std::size(kBases); i += 2) bases[code += kBases[i]] = kBases[i + 1];
  return bases;
}

}  // namespace

const uint8_t* character_classes() {
  static const std::vector<uint8_t> classes = expand_classes();
  return classes.data();
}

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 63)), put(0x80 | (code >> 6 & 63)),
        put(0x80 | (code & 63));
  }
}

int to_lower(uint32_t code, uint32_t* out) {
  out[0] = code;
  if (code < 0x80) {
    if (code >= 'A' && code <= 'Z') out[0] = code + 32;
    return 1;
  }
  if (code == 0x130) {  // capital I with a dot: the one letter whose lower case is two code points
    out[0] = 0x69, out[1] = 0x307;
    return 2;
  }
  const auto* run = std::upper_bound(std::begin(kLowerRuns), std::end(kLowerRuns), code,
                                     [](uint32_t c, const CaseRun& r) { return c < r.first; });
  if (run == std::begin(kLowerRuns)) return 1;
  --run;
  const uint32_t distance = code - run->first;
  if (distance % run->step == 0 && distance / run->step < run->count)
    out[0] = code + static_cast<uint32_t>(run->shift);
  return 1;
}

int strip_accents(uint32_t code, uint32_t* out) {
  out[0] = code;
  if (code < 0x80) return 1;
  if (code < kCodePoints && (character_classes()[code] & kNonspacing)) return 0;
  if (code >= 0xAC00 && code < 0xAC00 + 11172) {  // Hangul syllables (Unicode standard, section 3.12)
    const uint32_t index = code - 0xAC00;
    out[0] = 0x1100 + index / 588;
    out[1] = 0x1161 + index % 588 / 28;
    out[2] = 0x11A7 + index % 28;
    return index % 28 == 0 ? 2 : 3;
  }
  static const std::unordered_map<uint32_t, uint32_t> bases = expand_bases();
  if (const auto base = bases.find(code); base != bases.end()) {
    out[0] = base->second;
    return 1;
  }
  const auto* parts = std::lower_bound(std::begin(kParts), std::end(kParts), code,
                                       [](const uint32_t(&row)[4], uint32_t c) { return row[0] < c; });
  if (parts == std::end(kParts) || (*parts)[0] != code) return 1;
  std::copy(*parts + 1, *parts + 4, out);
  return out[2] == 0 ? 2 : 3;
}

}  // namespace seedling
