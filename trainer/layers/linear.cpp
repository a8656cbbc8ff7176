// Linear layers: see linear.h.
#include "layers/linear.h"

#include "base/error.h"

namespace seedling {

void Linear::declare(Parameters& parameters, const std::string& name, int64_t O, int64_t I, bool bias,
                     ParameterKind kind, std::vector<int64_t> row_blocks) {
  weight_ = parameters.add(name + ".weight", kind, {O, I}, std::move(row_blocks));
  if (bias) bias_ = parameters.add(name + ".bias", ParameterKind::vector, {O});
  begin_ = 0, end_ = O;
  const LowRank* update = parameters.low_rank(name);
  if (update == nullptr) return;
  update_ = *update;
  a_ = parameters.add(name + ".lora_a", ParameterKind::matrix, {update_.rank, I});
  b_ = parameters.add(name + ".lora_b", ParameterKind::matrix, {O, update_.rank});
}

Linear Linear::rows(int64_t begin, int64_t end) const {
  Linear part = *this;
  part.begin_ = begin, part.end_ = end;
  return part;
}

Linear::View Linear::view(const Parameter* parameter) const {
  if (parameter == nullptr) return {};
  const int64_t O = parameter->shape[0], I = parameter->size() / O;
  auto cut = [&](const Tensor& whole) {
    const Tensor part = whole.view({O, I}).row_range(begin_, end_);
    return parameter->shape.size() == 1 ? part.view({end_ - begin_}) : part;
  };
  return {cut(parameter->value),
          parameter->trainable && parameter->gradient ? cut(parameter->gradient) : Tensor()};
}

void Linear::forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual) {
  x_ = x;
  pass.backend.linear_forward(y, x, view(weight_).value, view(bias_).value, residual);
  add_low_rank(pass, y);
}

Tensor Linear::backward_parameters(Pass& pass, const Tensor& dy) {
  const View weight = view(weight_), bias = view(bias_);
  const Tensor du = low_rank_backward(pass, dy);
  if (weight.gradient) {
    pass.backend.linear_backward_weight(weight.gradient, bias.gradient, dy, x_);
  } else {
    require(!bias.gradient, "a linear layer's weight and bias are frozen together");
  }
  return du;
}

void Linear::backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate) {
  const Arena::Scope scope(pass.arena);
  const Tensor du = backward_parameters(pass, dy);  // before dx is written, which may be the memory of dy
  if (dx) pass.backend.linear_backward_input(dx, dy, view(weight_).value, accumulate);
  if (dx && du) pass.backend.linear_backward_input(dx, du, a_->value, true);
}

void Linear::backward_activated(Pass& pass, Tensor dpre, const Tensor& dy, const ActivatedInput& input) {
  if (a_ != nullptr) {
    backward(pass, dpre, dy);
    return pass.backend.activation_backward(dpre, dpre, input.pre, input.activation);
  }
  backward_parameters(pass, dy);
  pass.backend.linear_activation_backward(dpre, dy, view(weight_).value, input.pre, input.activation);
}

Tensor Linear::low(Pass& pass) const {
  const Tensor u = pass.take(x_.rows(), update_.rank);
  pass.backend.linear_forward(u, x_, a_->value, Tensor(), Tensor());
  pass.backend.scale(u, static_cast<float>(update_.scale));
  return u;
}

void Linear::add_low_rank(Pass& pass, Tensor y) const {
  if (a_ == nullptr) return;
  const Arena::Scope scope(pass.arena);
  pass.backend.linear_forward(y, low(pass), view(b_).value, Tensor(), y);
}

//   dB = dy^T u,  du = scale dy B,  dA = du^T x
Tensor Linear::low_rank_backward(Pass& pass, const Tensor& dy) const {
  if (a_ == nullptr) return {};
  const View b = view(b_);
  const Tensor du = pass.take(x_.rows(), update_.rank);
  if (b.gradient) {
    pass.backend.linear_backward_weight(b.gradient, Tensor(), dy, low(pass));
    int64_t fixed = 0;  // rows before the next that may change
    for (const auto& [first, last] : update_.rows) {
      if (first > fixed) pass.backend.fill(b_->gradient.row_range(fixed, first), 0.0f);
      fixed = last;
    }
    if (!update_.rows.empty() && fixed < b_->shape[0])
      pass.backend.fill(b_->gradient.row_range(fixed, b_->shape[0]), 0.0f);
  }
  pass.backend.linear_backward_input(du, dy, b.value, false);
  pass.backend.scale(du, static_cast<float>(update_.scale));
  if (a_->trainable && a_->gradient) pass.backend.linear_backward_weight(a_->gradient, Tensor(), du, x_);
  return du;
}

void Linear::forward_activated(Pass& pass, Tensor y, Tensor pre, const Tensor& x, Activation activation) {
  if (a_ != nullptr) {
    forward(pass, pre, x);
    return pass.backend.activation_forward(y, pre, activation);
  }
  x_ = x;
  pass.backend.linear_activation_forward(y, pre, x, view(weight_).value, view(bias_).value, activation);
}

}  // namespace seedling
