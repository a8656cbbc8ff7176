// Linear: y = x W^T + b, the one layer that holds nearly all parameters and does nearly all the work.
//
// Where the parameters were asked for it, a low-rank update is trained beside the weight (LoRA, Hu et al.
// 2021):
//   y = x W^T + b + u B^T,  u = scale x A^T
//
// Called by: attention, mlp and the heads of model/.
#pragma once

#include <string>
#include <vector>

#include "layers/pass.h"
#include "tensor/parameters.h"

namespace seedling {

/// What made a layer's input, where its gradient is wanted further down: the input is activation(pre).
struct ActivatedInput {
  Tensor pre;  // absent: the gradient of the input itself is wanted
  Activation activation = Activation::gelu_tanh;
};

class Linear {
 public:
  /// Declares `name`.weight (O, I) and, if asked, `name`.bias (O).
  void declare(Parameters& parameters, const std::string& name, int64_t O, int64_t I, bool bias,
               ParameterKind kind = ParameterKind::matrix, std::vector<int64_t> row_blocks = {});

  /// y (N, O) = x (N, I) W^T + b + residual (N, O, may be absent). Keeps x for backward.
  void forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual = {});
  /// dx = or += dy W (left out when dx is absent); dW += dy^T x; db += column sums of dy.
  void backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate = false);
  /// The same with the gradient of input.pre in place of dx.
  void backward_activated(Pass& pass, Tensor dpre, const Tensor& dy, const ActivatedInput& input);

  /// pre (N, O) = x W^T + b, y = activation(pre), in one pass. Backward as above, from the gradient of pre.
  void forward_activated(Pass& pass, Tensor y, Tensor pre, const Tensor& x, Activation activation);

  /// The layer made of rows [begin, end) of W and b alone, sharing their memory (q, k, v of a stacked
  /// weight).
  Linear rows(int64_t begin, int64_t end) const;

 private:
  struct View {
    Tensor value, gradient;
  };
  /// Gradients of the parameters. Returns du of the update (absent where there is none), to be given to the
  /// input.
  Tensor backward_parameters(Pass& pass, const Tensor& dy);
  /// The rows in use of a parameter, and of its gradient (absent when there is none to compute).
  View view(const Parameter* parameter) const;
  /// u (N, r) of the update.
  Tensor low(Pass& pass) const;
  /// y += u B^T; nothing where there is no update.
  void add_low_rank(Pass& pass, Tensor y) const;
  /// Gradients of A and B, and du (N, r) from which dx gets its part; absent where there is no update.
  Tensor low_rank_backward(Pass& pass, const Tensor& dy) const;

  Parameter* weight_ = nullptr;
  Parameter* bias_ = nullptr;
  Parameter *a_ = nullptr, *b_ = nullptr;  // of the update
  LowRank update_;
  int64_t begin_ = 0, end_ = 0;
  Tensor x_;  // (N, I), kept by forward
};

}  // namespace seedling
