// Hiding tokens for the masked objective (Devlin et al. 2019, section 3.1, task 1).
//
// Of a window's tokens 15 % become targets: 80 % of these are shown as [MASK], 10 % as a random token, 10 %
// as they are. Called by loaders.cpp (training) and evaluation.cpp (always the same masks).
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace seedling {

/// Throws UsageError if the tokenizer lacks [CLS], [SEP] or [MASK].
void check_masked_tokenizer(const Tokenizer& tokenizer);

/// A batch of B rows, all padding (targets -1, lengths 0).
Batch masked_batch(int64_t B, int64_t T, const SpecialTokens& special);

/// Row b becomes [CLS] tokens[start, start + count) [SEP] with masks chosen by `key`. count <= T - 2.
void fill_masked_row(Batch& batch, int64_t b, const TokenFile& tokens, int64_t start, int64_t count,
                     const Tokenizer& tokenizer, uint64_t key, bool whole_words);

/// The positions to predict: round(0.15 count) of the ordinary tokens, at least one; in whole words if asked.
/// A word goes only if it fits into what is left of the 15 %, as in Devlin et al.'s code.
std::vector<int64_t> choose_masked(const std::vector<int32_t>& ids, const Tokenizer& tokenizer, uint64_t key,
                                   bool whole_words);

}  // namespace seedling
