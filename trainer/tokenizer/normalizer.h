// BertNormalizer: the cleaning that WordPiece vocabularies expect before words are looked up.
//
// Four steps on each character, in the library's order: drop control characters and turn white space into
// spaces (clean_text), put spaces around ideographs (handle_chinese_chars), drop accents (strip_accents),
// make lower case. Each byte of the result remembers which bytes of the text it came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

/// A range of bytes, [begin, end).
struct ByteSpan {
  size_t begin = 0, end = 0;
};

/// Normalized text; origin[i] is where its byte i comes from, left empty where nobody asked for it.
struct NormalizedText {
  std::string text;
  std::vector<ByteSpan> origin;
};

struct BertNormalizer {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;

  /// Bytes that are not UTF-8 count as U+FFFD. The library also sorts combining marks that remain after the
  /// nonspacing ones are gone; such pairs of marks of two scripts in one place are left as they stand here.
  NormalizedText normalize(std::string_view text, bool with_origin) const;
};

}  // namespace seedling
