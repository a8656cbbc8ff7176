// MLP: each position by itself, up to F channels and down again.
//
//   plain:  y = W_down activation(W_up x + b) + b
//   gated:  y = W_down (activation(W_gate x) * (W_up x))       Shazeer 2020, "GLU variants" (SwiGLU with
//   silu)
//
// Called by: model/block.
#pragma once

#include <string>

#include "layers/linear.h"

namespace seedling {

struct MlpOptions {
  int64_t C = 0, F = 0;
  Activation activation = Activation::gelu_tanh;
  bool gated = false, bias = true;
  bool token_shift = false;  // the input becomes x[t] + s * x[t - 1], s learned (C)
};

class Mlp {
 public:
  void declare(Parameters& parameters, const std::string& name, int64_t layer, const MlpOptions& options);

  /// y (N, C) = residual (N, C) + dropout(mlp(x (N, C))). y and residual may be the same tensor.
  void forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual);
  /// dx = or += gradient of x; the residual's own gradient is dy, the caller's business. dx and dy may be the
  /// same tensor when accumulating.
  void backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate);

 private:
  MlpOptions options_;
  int64_t layer_ = 0;
  Parameter* shift_ = nullptr;
  Linear up_, down_;
  Tensor x_, pre_;  // (N, C), (N, F or 2F)
};

}  // namespace seedling
