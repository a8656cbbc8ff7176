// Multi-head attention: each position gathers from the others what its queries ask for.
//
//   q, k, v = x W_qkv^T + b;  q, k = rotate(norm(q)), rotate(norm(k)) where the model has them
//   o_h = softmax(q_h k_g(h)^T / sqrt(HS)) v_g(h),  g(h) = h / (NH / NK);  y = residual + dropout(o W_out^T +
//   b)
//
// Vaswani et al. 2017; grouped keys and values: Ainslie et al. 2023; rotary positions: Su et al. 2021.
// Called by: model/block.
#pragma once

#include <string>

#include "layers/linear.h"

namespace seedling {

struct AttentionOptions {
  int64_t C = 0, NH = 0, NK = 0, HS = 0;
  bool causal = true, bias = true;
  bool qk_norm = false;
  bool norm_gain = true;     // of q_norm and k_norm
  float epsilon = 1e-6f;     // of q_norm and k_norm
  float rope_theta = 0.0f;   // 0 = no rotation
  bool token_shift = false;  // the inputs of q, k, v become x[t] + s * x[t - 1], each with its own s (C)
};

/// Fills the pass's head_rows, which attention needs where tokens are shifted.
void take_head_rows(Pass& pass, int64_t NH, int64_t NK);

class Attention {
 public:
  void declare(Parameters& parameters, const std::string& name, int64_t layer,
               const AttentionOptions& options);

  /// y (N, C) = residual (N, C) + dropout(attention(x (N, C))). y and residual may be the same tensor. With a
  /// cache in the pass, B is 1 and the new rows attend to the cached ones too.
  void forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual);
  /// dx = or += gradient of x; the residual's own gradient is dy, the caller's business. dx and dy may be the
  /// same tensor when accumulating.
  void backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate);

 private:
  static constexpr int kParts = 3;  // q, k, v

  AttentionShape shape(const Pass& pass) const;
  bool rotates() const { return options_.qk_norm || options_.rope_theta != 0.0f; }
  Tensor gain(Pass& pass, const Parameter* parameter) const;
  /// One new row for each of B sequences, each with its own cache.
  void forward_cached_sequences(Pass& pass, const AttentionShape& shape);
  void project_shifted(Pass& pass, const Tensor& x);
  void project_shifted_backward(Pass& pass, Tensor dx, const Tensor& dqkv, bool accumulate);

  AttentionOptions options_;
  int64_t layer_ = 0;
  int64_t heads_[kParts] = {};  // NH, NK, NK
  Linear qkv_layer_, out_layer_;
  Linear parts_[kParts];  // token shift: views of qkv_layer_
  Parameter* shift_[kParts] = {};
  Parameter* q_gain_ = nullptr;
  Parameter* k_gain_ = nullptr;

  // Kept by forward. W = (NH + 2 NK) HS.
  Tensor x_;          // (N, C)
  Tensor qkv_;        // (N, W) as projected
  Tensor stats_;      // (N, NH + NK)
  Tensor heads_in_;   // (N, W) as attention reads it; the same as qkv_ where nothing rotates
  Tensor out_, lse_;  // (N, NH HS), (B, NH, T)
  Tensor gain_q_, gain_k_;
};

}  // namespace seedling
