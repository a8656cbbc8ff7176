// A block: attention, then the MLP, each on its own branch beside the residual stream.
//
//   pre-norm (GPT-2, Llama):  x += attention(norm(x));       x += mlp(norm(x))
//   post-norm (BERT):         x  = norm(x + attention(x));   x  = norm(x + mlp(x))
//
// Called by: model/transformer. Source: Vaswani et al. 2017 (post), Radford et al. 2019 (pre).
#pragma once

#include "layers/attention.h"
#include "layers/mlp.h"
#include "layers/norm.h"
#include "model/config.h"

namespace seedling {

/// The options of every norm of a model.
NormOptions norm_options(const ModelConfig& config);

class Block {
 public:
  void declare(Parameters& parameters, int64_t layer, const ModelConfig& config);

  /// y (N, C) from x (N, C), two different tensors.
  void forward(Pass& pass, Tensor y, const Tensor& x);
  /// d (N, C), the gradient of y, becomes the gradient of x.
  void backward(Pass& pass, Tensor d);

 private:
  bool post_norm_ = false;
  int64_t C_ = 0;
  Norm attention_norm_, mlp_norm_;
  Attention attention_;
  Mlp mlp_;
};

}  // namespace seedling
