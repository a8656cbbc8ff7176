// Multi-head attention: see attention.h.
#include "layers/attention.h"

#include <cmath>

#include "layers/branch.h"
#include "layers/norm.h"

namespace seedling {

void Attention::declare(Parameters& parameters, const std::string& name, int64_t layer,
                        const AttentionOptions& options) {
  options_ = options;
  layer_ = layer;
  const int64_t C = options.C, NH = options.NH, NK = options.NK, HS = options.HS;
  heads_[0] = NH, heads_[1] = NK, heads_[2] = NK;
  qkv_layer_.declare(parameters, name + ".qkv", (NH + 2 * NK) * HS, C, options.bias, ParameterKind::matrix,
                     {NH * HS, NK * HS, NK * HS});
  if (options.qk_norm && options.norm_gain) {
    q_gain_ = parameters.add(name + ".q_norm.gain", ParameterKind::vector, {HS});
    k_gain_ = parameters.add(name + ".k_norm.gain", ParameterKind::vector, {HS});
  }
  if (options.token_shift) {
    const char* names[kParts] = {".shift_q", ".shift_k", ".shift_v"};
    int64_t row = 0;
    for (int part = 0; part < kParts; ++part) {
      shift_[part] = parameters.add(name + names[part], ParameterKind::vector, {C});
      parts_[part] = qkv_layer_.rows(row, row + heads_[part] * HS);
      row += heads_[part] * HS;
    }
  }
  out_layer_.declare(parameters, name + ".out", C, NH * HS, options.bias);
}

AttentionShape Attention::shape(const Pass& pass) const {
  AttentionShape shape{pass.B,
                       pass.T,
                       options_.NH,
                       options_.NK,
                       options_.HS,
                       options_.causal && !pass.see_ahead,
                       1.0f / std::sqrt(static_cast<float>(options_.HS))};
  shape.dropout = pass.dropout.attention;
  shape.dropout_key = dropout_key(pass, DropoutSite::attention, layer_);
  shape.lengths = pass.lengths;
  if (pass.head_scale) shape.head_scale = pass.head_scale.row_range(layer_, layer_ + 1).view({options_.NH});
  return shape;
}

/// The gain of q_norm or k_norm: the parameter, ones where the norm has no parameters, absent where there is
/// no norm.
Tensor Attention::gain(Pass& pass, const Parameter* parameter) const {
  if (!options_.qk_norm || parameter != nullptr) return value_of(parameter);
  const Tensor ones = pass.arena.take(pass.backend.parameter_type(), {options_.HS});
  pass.backend.fill(ones, 1.0f);
  return ones;
}

void Attention::forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual) {
  Backend& backend = pass.backend;
  const int64_t N = x.rows(), NH = options_.NH, NK = options_.NK, HS = options_.HS;
  const AttentionShape shape = this->shape(pass);
  x_ = x;
  qkv_ = pass.take(N, (NH + 2 * NK) * HS);
  if (options_.token_shift) {
    project_shifted(pass, x);
  } else {
    qkv_layer_.forward(pass, qkv_, x);
  }
  heads_in_ = qkv_;
  if (rotates()) {
    heads_in_ = pass.take(N, (NH + 2 * NK) * HS);
    stats_ = pass.take_stats(N, NH + NK);
    gain_q_ = gain(pass, q_gain_), gain_k_ = gain(pass, k_gain_);
    backend.rotate_heads_forward(heads_in_, stats_, qkv_, pass.positions, gain_q_, gain_k_, NH, NK, HS,
                                 options_.epsilon, options_.rope_theta);
  }
  if (pass.recorder != nullptr) pass.recorder->attention(layer_, heads_in_, shape);
  out_ = pass.take(N, NH * HS);
  if (pass.cache != nullptr) {
    const CachedKeys& cache = (*pass.cache)[static_cast<size_t>(layer_)];
    backend.attention_cached(out_, cache.keys, cache.values, heads_in_, pass.past, shape);
  } else if (!pass.caches.empty()) {
    forward_cached_sequences(pass, shape);
  } else {
    lse_ = pass.arena.take(backend.parameter_type(), {pass.B, NH, pass.T});
    backend.attention_forward(out_, lse_, heads_in_, shape);
  }
  branch_forward(pass, y, out_layer_, out_, residual, DropoutSite::attention_output, layer_);
}

void Attention::forward_cached_sequences(Pass& pass, const AttentionShape& shape) {
  AttentionShape one = shape;
  one.B = 1;
  for (int64_t b = 0; b < pass.B; ++b) {
    const CachedSequence& sequence = pass.caches[static_cast<size_t>(b)];
    const CachedKeys& cache = (*sequence.layers)[static_cast<size_t>(layer_)];
    pass.backend.attention_cached(out_.row_range(b, b + 1), cache.keys, cache.values,
                                  heads_in_.row_range(b, b + 1), sequence.past, one);
  }
}

void Attention::backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  const int64_t N = dy.rows(), NH = options_.NH, NK = options_.NK, HS = options_.HS;
  const Tensor dout = pass.take(N, NH * HS);
  const Tensor dqkv = pass.take(N, (NH + 2 * NK) * HS);
  branch_backward(pass, dout, out_layer_, dy, DropoutSite::attention_output, layer_);
  backend.attention_backward(dqkv, dout, out_, lse_, heads_in_, shape(pass));
  if (rotates()) {
    backend.rotate_heads_backward(dqkv, gradient_of(q_gain_), gradient_of(k_gain_), dqkv, qkv_, stats_,
                                  pass.positions, gain_q_, gain_k_, NH, NK, HS, options_.rope_theta);
  }
  if (options_.token_shift) {
    project_shifted_backward(pass, dx, dqkv, accumulate);
  } else {
    qkv_layer_.backward(pass, dx, dqkv, accumulate);
  }
}

void take_head_rows(Pass& pass, int64_t NH, int64_t NK) {
  const int64_t counts[] = {NH, NK, NK}, all = NH + 2 * NK;
  int64_t first = 0;
  for (int part = 0; part < 3; ++part) {
    std::vector<int32_t> rows;
    for (int64_t n = 0; n < pass.rows(); ++n) {
      for (int64_t h = 0; h < counts[part]; ++h) rows.push_back(static_cast<int32_t>(n * all + first + h));
    }
    pass.head_rows[part] = pass.take_indices(rows);
    first += counts[part];
  }
}

// q = (x[t] + s_q x[t - 1]) W_q^T, and the same for k and v; each is then put in its columns of qkv, whose
// rows are seen head by head for that.
void Attention::project_shifted(Pass& pass, const Tensor& x) {
  Backend& backend = pass.backend;
  const int64_t N = x.rows(), HS = options_.HS, all = options_.NH + 2 * options_.NK;
  backend.fill(qkv_, 0.0f);
  for (int part = 0; part < kParts; ++part) {
    const Tensor shifted = pass.take(N, options_.C);  // kept by parts_[part]
    backend.shift_forward(shifted, x, shift_[part]->value, pass.T);
    const Arena::Scope scope(pass.arena);
    const Tensor projected = pass.take(N, heads_[part] * HS);
    parts_[part].forward(pass, projected, shifted);
    backend.unpick_rows(qkv_.view({N * all, HS}), projected.view({N * heads_[part], HS}),
                        pass.head_rows[part]);
  }
}

void Attention::project_shifted_backward(Pass& pass, Tensor dx, const Tensor& dqkv, bool accumulate) {
  Backend& backend = pass.backend;
  const int64_t N = dqkv.rows(), HS = options_.HS, all = options_.NH + 2 * options_.NK;
  for (int part = 0; part < kParts; ++part) {
    const Arena::Scope scope(pass.arena);
    const Tensor dprojected = pass.take(N, heads_[part] * HS);
    const Tensor dshifted = pass.take(N, options_.C);
    backend.pick_rows(dprojected.view({N * heads_[part], HS}), dqkv.view({N * all, HS}),
                      pass.head_rows[part]);
    parts_[part].backward(pass, dshifted, dprojected);
    backend.shift_backward(dx, gradient_of(shift_[part]), dshifted, x_, shift_[part]->value, pass.T,
                           accumulate || part > 0);
  }
}

}  // namespace seedling
