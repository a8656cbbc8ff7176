// Layer and RMS norm: see norm.h.
#include "layers/norm.h"

namespace seedling {

Tensor value_of(const Parameter* parameter) { return parameter != nullptr ? parameter->value : Tensor(); }

Tensor gradient_of(const Parameter* parameter) {
  return parameter != nullptr && parameter->trainable ? parameter->gradient : Tensor();
}

void Norm::declare(Parameters& parameters, const std::string& name, int64_t C, const NormOptions& options) {
  options_ = options;
  if (options.gain) gain_ = parameters.add(name + ".gain", ParameterKind::vector, {C});
  if (options.bias && options.kind == NormKind::layer) {
    bias_ = parameters.add(name + ".bias", ParameterKind::vector, {C});
  }
}

void Norm::forward(Pass& pass, Tensor y, const Tensor& x) {
  x_ = x;
  stats_ = pass.take_stats(x.rows(), 2);
  pass.backend.norm_forward(y, stats_, x, value_of(gain_), value_of(bias_), options_.kind, options_.epsilon);
}

void Norm::backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate) {
  pass.backend.norm_backward(dx, gradient_of(gain_), gradient_of(bias_), dy, x_, stats_, value_of(gain_),
                             options_.kind, accumulate);
}

}  // namespace seedling
