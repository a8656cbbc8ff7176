// What the tokenizer tests share: a small text, tokenizers trained on it, random strings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/unicode.h"

namespace seedling {

inline const std::string& sample_text() {
  static const std::string text = [] {
    const std::string verse =
        "The little seed didn't know the sun. \"Who's there?\" it asked, and the rain said: it's me, only "
        "me!\n"
        "In 1984 the seeds of the garden were 12,345; by 2001 they were naïve — no, café-going — trees.\n\n"
        "Die Bäume, les forêts, деревья и 森林: all of them had been seeds, hadn't they?\n";
    std::string many;
    for (int i = 0; i < 20; ++i) many += verse;
    return many;
  }();
  return text;
}

inline std::unique_ptr<Tokenizer> trained(const std::string& kind, bool masked = false,
                                          int64_t vocab_size = 400) {
  return train_tokenizer({kind, vocab_size, masked}, [](const auto& consume) { consume(sample_text()); });
}

inline std::string random_bytes(Random& random, size_t most) {
  std::string bytes(random.below(most + 1), '\0');
  for (char& b : bytes) b = static_cast<char>(random.below(256));
  return bytes;
}

/// Any code points but surrogates, with more of the first planes and of white space than chance would give.
inline std::string random_unicode(Random& random, size_t most) {
  std::string text;
  for (size_t n = random.below(most + 1); n > 0; --n) {
    constexpr uint32_t kLimits[] = {0x80, 0x80, 0x250, 0x3100, 0x10000, 0x110000};
    constexpr uint32_t kSpaces[] = {' ', '\n', '\t', 0x85, 0xA0, 0x2003, 0x3000};
    uint32_t code = static_cast<uint32_t>(random.below(kLimits[random.below(6)]));
    if (random.below(5) == 0) code = kSpaces[random.below(7)];
    if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
    append_utf8(text, code);
  }
  return text;
}

}  // namespace seedling
