// Rivals that count: interpolated n-gram models, for every loss to be held against.
//
//   p_k(w | h) = (max(c(h w) - d, 0) + d N(h) p_(k-1)(w | h')) / c(h)
//
// with c(.) the counts in the training text, h the k - 1 tokens before w, h' the same without its first, N(h)
// the number of different tokens seen after h, d the discount, p_0 = 1 / V; where h was never seen, p_k =
// p_(k-1) (absolute discounting: Ney, Essen and Kneser 1994, "On structuring probabilistic dependences in
// stochastic language modelling"). One pass over the training text an order. Called by prepare.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace seedling {

/// How well the model of one order predicts the validation text: every token but the first.
struct CountScore {
  int order = 0;
  double nats_per_token = 0, bits_per_byte = 0;
};

struct CountOptions {
  int max_order = 5;
  /// 0: 0.75 for orders 1 and 2, 0.9 above, which scored best or nearly so on five texts, in characters and
  /// in BPE tokens (0.6, 0.75 and n1 / (n1 + 2 n2) were tried too). A rival should be as strong as it can be.
  double discount = 0;
  int64_t limit =
      12'000'000;  // tokens counted, and scored, at most; more are sampled in blocks, and it is said
  std::function<void(const std::string&)> say;
};

/// The discount of an order.
double discount_of(const CountOptions& options, int order);

/// Orders 1 to max_order. At the limit it needs up to half a gigabyte of memory for some seconds.
std::vector<CountScore> score_ngrams(const TokenFile& train, const TokenFile& validation, int64_t vocab_size,
                                     const CountOptions& options = {});

/// Rivals of a masked model: what is hidden is guessed from counts.
struct MaskedScore {
  const char* name = "";  // "unigram", "trigram" (one neighbour on each side)
  double nats_per_token = 0, accuracy = 0;
};

/// The unigram model and the two-sided trigram, p(w | left neighbour, right neighbour) interpolated with
/// p(w | left) and p(w) by absolute discounting, on 15 % seeded positions of the validation text with all
/// neighbours visible (a little easier than the model's own task, where neighbours can be masked too).
std::vector<MaskedScore> score_masked_counts(const TokenFile& train, const TokenFile& validation,
                                             const Tokenizer& tokenizer, const CountOptions& options = {});

}  // namespace seedling
