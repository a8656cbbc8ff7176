// Linear layers: see linear.h.
#include "layers/linear.h"

#include "base/error.h"

namespace seedling {

void Linear::declare(Parameters& parameters, const std::string& name, int64_t O, int64_t I, bool bias,
                     ParameterKind kind, std::vector<int64_t> row_blocks) {
  weight_ = parameters.add(name + ".weight", kind, {O, I}, std::move(row_blocks));
  if (bias) bias_ = parameters.add(name + ".bias", ParameterKind::vector, {O});
  begin_ = 0, end_ = O;
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
}

void Linear::backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate) {
  const View weight = view(weight_), bias = view(bias_);
  // The weight first: dx may be the memory of dy.
  if (weight.gradient) {
    pass.backend.linear_backward_weight(weight.gradient, bias.gradient, dy, x_);
  } else {
    require(!bias.gradient, "a linear layer's weight and bias are frozen together");
  }
  if (dx) pass.backend.linear_backward_input(dx, dy, weight.value, accumulate);
}

void Linear::forward_activated(Pass& pass, Tensor y, Tensor pre, const Tensor& x, Activation activation) {
  x_ = x;
  pass.backend.linear_activation_forward(y, pre, x, view(weight_).value, view(bias_).value, activation);
}

}  // namespace seedling
