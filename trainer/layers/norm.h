// Normalisation of each row.
//
//   layer: y = (x - mean) / sqrt(var + eps) * gain + bias      Ba, Kiros, Hinton 2016
//   rms:   y = x / sqrt(mean(x^2) + eps) * gain                Zhang, Sennrich 2019
//
// Called by: embedding, and blocks and heads of model/.
#pragma once

#include <string>

#include "layers/pass.h"
#include "tensor/parameters.h"

namespace seedling {

struct NormOptions {
  NormKind kind = NormKind::layer;
  float epsilon = 1e-5f;
  bool gain = true, bias = true;  // rms norms never have a bias
};

class Norm {
 public:
  /// Declares `name`.gain (C) and `name`.bias (C) as the options say.
  void declare(Parameters& parameters, const std::string& name, int64_t C, const NormOptions& options);

  /// y (N, C) = norm(x (N, C)). Keeps x and the statistics for backward.
  void forward(Pass& pass, Tensor y, const Tensor& x);
  /// dx = or += gradient of x; dgain and dbias += theirs. dx and dy are different tensors.
  void backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate = false);

 private:
  NormOptions options_;
  Parameter* gain_ = nullptr;
  Parameter* bias_ = nullptr;
  Tensor x_, stats_;  // (N, C), (N, 2)
};

/// A parameter's values and its gradient, both absent-safe: what the backend takes for "without".
Tensor value_of(const Parameter* parameter);
Tensor gradient_of(const Parameter* parameter);

}  // namespace seedling
