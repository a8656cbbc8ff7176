// Counts the different words of a text that comes in pieces, so that training sees each word once.
//
// The result does not depend on where the text was cut: the end of a piece waits until what follows is known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/normalizer.h"
#include "tokenizer/string_table.h"

namespace seedling {

class WordCounter {
 public:
  enum class Rule { kGpt2, kBert, kCharacters };
  explicit WordCounter(Rule rule) : rule_(rule) {}

  void consume(std::string_view text);
  void finish();

  const StringTable& words() const { return words_; }
  /// By number in words().
  const std::vector<int64_t>& counts() const { return counts_; }

 private:
  size_t count_gpt2(std::string_view text, bool last);
  size_t count_bert(std::string_view text, bool last);
  size_t count_characters(std::string_view text);
  void count(std::string_view word);

  Rule rule_;
  BertNormalizer normalizer_;
  std::string waiting_;  // text seen but not counted yet
  StringTable words_;
  std::vector<int64_t> counts_;
};

}  // namespace seedling
