// BertNormalizer: see normalizer.h.
#include "tokenizer/normalizer.h"

#include "tokenizer/unicode.h"

namespace seedling {

NormalizedText BertNormalizer::normalize(std::string_view text, bool with_origin) const {
  const uint8_t* classes = character_classes();
  NormalizedText result;
  result.text.reserve(text.size() + text.size() / 8);
  const auto put = [&](uint32_t code, ByteSpan from) {
    append_utf8(result.text, code);
    if (with_origin) result.origin.resize(result.text.size(), from);
  };

  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    const ByteSpan from{at, at + c.length};
    at = from.end;
    uint32_t code = c.code == kInvalidByte ? 0xFFFDu : c.code;
    const uint8_t kind = classes[code];
    if (clean_text && (kind & kBertControl)) continue;
    if (clean_text && (kind & kSpace)) code = ' ';
    const bool spaced = handle_chinese_chars && (kind & kIdeograph);

    if (spaced) put(' ', from);
    uint32_t stripped[3] = {code, 0, 0}, lower[2];
    const int count = strip_accents ? seedling::strip_accents(code, stripped) : 1;
    for (int i = 0; i < count; ++i) {
      lower[0] = stripped[i];
      const int lowered = lowercase ? to_lower(stripped[i], lower) : 1;
      for (int j = 0; j < lowered; ++j) put(lower[j], from);
    }
    if (spaced) put(' ', from);
  }
  return result;
}

}  // namespace seedling
