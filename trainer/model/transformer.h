// The tower: embedding -> blocks -> final norm. What it hands out are hidden states (N, C); a head reads
// them.
//
// Called by: model/model.cpp. Source of the shape: Vaswani et al. 2017.
#pragma once

#include <vector>

#include "layers/embedding.h"
#include "model/block.h"

namespace seedling {

class Transformer {
 public:
  /// Declares all parameters of the tower.
  Transformer(const ModelConfig& config, Parameters& parameters);

  /// Hidden states (N, C) of the pass's tokens. While training everything is kept for backward; otherwise,
  /// and where the pass recomputes, each block's activations are given back when it is done.
  Tensor forward(Pass& pass);
  /// From dhidden (N, C), which is overwritten; ends at the lowest part that has something to train.
  void backward(Pass& pass, Tensor dhidden);

  Embedding& embedding() { return embedding_; }

 private:
  /// Whether the activations of block i stay for backward. Where the pass recomputes, only the last block's
  /// do, whose backward comes next; the others are computed again from the block's input (Chen et al. 2016).
  bool keeps(const Pass& pass, size_t i) const {
    return pass.training && (!pass.recompute || i + 1 == blocks_.size());
  }
  /// Whether any of the parameters [begin, end) is trainable.
  bool trainable(size_t begin, size_t end) const;

  const Parameters& parameters_;
  int64_t C_;
  bool final_norm_;
  Embedding embedding_;
  std::vector<Block> blocks_;
  std::vector<Tensor> inputs_;  // (N, C) of each block; valid for backward
  std::vector<size_t> ends_;    // number of parameters declared after the embedding, then after each block
  Norm norm_;
};

}  // namespace seedling
