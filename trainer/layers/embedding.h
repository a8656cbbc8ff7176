// Embedding: token ids become vectors, and positions, segments and hashed trigrams are added to them.
//
//   s[n] = token[id_n] + position[p_n] + type[t_n] + P trigram[hash(id_n-2, id_n-1, id_n)];  y =
//   dropout(norm(s))
//
// Each term after the first, the norm and the dropout only where the model has them. Where the parameters
// were asked for it, the token table has a low-rank update beside it (LoRA; layers/linear.h):
//   s[n] += scale B[id_n] A,  A (rank, C), B (V, rank)
// Called by: model/transformer.
#pragma once

#include "layers/linear.h"
#include "layers/norm.h"

namespace seedling {

struct EmbeddingOptions {
  int64_t V = 0, C = 0;
  int64_t positions = 0;  // rows of the position table, 0 = none
  int64_t types = 0;      // rows of the segment table, 0 = none
  int64_t trigrams = 0;   // rows of the hashed trigram table, 0 = none
  bool norm = false;
  NormOptions norm_options{};
};

/// Width of the trigram table's rows; a linear layer takes them to C.
constexpr int64_t kTrigramChannels = 64;

/// Row of the trigram table for three consecutive tokens; a token before the sequence's first is -1.
int32_t trigram_row(int32_t before_last, int32_t last, int32_t current, int64_t rows);

class Embedding {
 public:
  void declare(Parameters& parameters, const EmbeddingOptions& options);

  /// y (N, C) from the pass's index tensors.
  void forward(Pass& pass, Tensor y);
  /// The tables' gradients from dy (N, C), which is overwritten.
  void backward(Pass& pass, Tensor dy);

  /// (V, C): the language model's head when tied.
  Parameter* token() const { return token_; }

 private:
  /// sum += the update of the tokens' rows, if there is one; and the gradients of A and B from dsum.
  void add_low_rank(Pass& pass, const Tensor& sum) const;
  void low_rank_backward(Pass& pass, const Tensor& dsum) const;

  EmbeddingOptions options_;
  Parameter* token_ = nullptr;
  Parameter *a_ = nullptr, *b_ = nullptr;  // of the token table's update
  LowRank update_;
  Parameter* position_ = nullptr;
  Parameter* type_ = nullptr;
  Parameter* trigram_ = nullptr;
  Linear trigram_projection_;
  Norm norm_;
};

}  // namespace seedling
