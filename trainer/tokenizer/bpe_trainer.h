// Learning merges from counted words.
//
// Sennrich et al. (2016), algorithm 1: count neighbouring pairs over the words of the text, merge the most
// frequent pair everywhere, repeat. Counting anew each time would cost a pass over all words a merge; here
// the counts are kept up to date, a heap gives the best pair, and for each pair the words that hold it are
// known, so a merge touches only those. The slow version is in the tests, as the reference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenizer/bpe.h"

namespace seedling {

/// The different words of a text, as rows of symbols (ids), and how often each occurs.
struct CountedWords {
  std::vector<int32_t> symbols;  // of all words, one after the other
  std::vector<size_t> ends;      // where each word ends in `symbols`
  std::vector<int64_t> counts;

  void add(const std::vector<int32_t>& word, int64_t count) {
    symbols.insert(symbols.end(), word.begin(), word.end());
    ends.push_back(symbols.size());
    counts.push_back(count);
  }
};

/// Appends new tokens to `tokens` until there are vocab_size or no pair occurs min_count times. The spelling
/// of a merge is left + right, right without continuing_prefix. Of equally frequent pairs the one with the
/// smaller ids wins (the `tokenizers` library's rule), so the result depends on nothing but the words.
std::vector<Merge> learn_merges(std::vector<std::string>& tokens, CountedWords words, int64_t vocab_size,
                                int64_t min_count, const std::string& continuing_prefix);

}  // namespace seedling
