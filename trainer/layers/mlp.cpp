// The MLP of a block: see mlp.h.
#include "layers/mlp.h"

#include "layers/branch.h"
#include "layers/norm.h"

namespace seedling {

void Mlp::declare(Parameters& parameters, const std::string& name, int64_t layer, const MlpOptions& options) {
  options_ = options;
  layer_ = layer;
  const int64_t C = options.C, F = options.F;
  if (options.token_shift) shift_ = parameters.add(name + ".shift", ParameterKind::vector, {C});
  if (options.gated) {
    up_.declare(parameters, name + ".up", 2 * F, C, options.bias, ParameterKind::matrix, {F, F});
  } else {
    up_.declare(parameters, name + ".up", F, C, options.bias);
  }
  down_.declare(parameters, name + ".down", C, F, options.bias);
}

void Mlp::forward(Pass& pass, Tensor y, const Tensor& x, const Tensor& residual) {
  Backend& backend = pass.backend;
  const int64_t N = x.rows(), F = options_.F;
  x_ = x;
  Tensor in = x;
  if (shift_ != nullptr) {
    in = pass.take(N, options_.C);
    backend.shift_forward(in, x, shift_->value, pass.T);
  }
  pre_ = pass.take(N, options_.gated ? 2 * F : F);
  const Tensor h = pass.take(N, F);
  if (options_.gated) {
    up_.forward(pass, pre_, in);
    backend.gated_forward(h, pre_, options_.activation);
  } else {
    up_.forward_activated(pass, h, pre_, in, options_.activation);
  }
  branch_forward(pass, y, down_, h, residual, DropoutSite::mlp_output, layer_);
}

void Mlp::backward(Pass& pass, Tensor dx, const Tensor& dy, bool accumulate) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  const int64_t N = dy.rows(), F = options_.F;
  Tensor dpre = pass.take(N, F);
  if (options_.gated) {
    const Tensor dh = dpre;
    branch_backward(pass, dh, down_, dy, DropoutSite::mlp_output, layer_);
    dpre = pass.take(N, 2 * F);
    backend.gated_backward(dpre, dh, pre_, options_.activation);
  } else {
    branch_backward(pass, dpre, down_, dy, DropoutSite::mlp_output, layer_, {pre_, options_.activation});
  }
  if (shift_ == nullptr) return up_.backward(pass, dx, dpre, accumulate);
  const Tensor din = pass.take(N, options_.C);
  up_.backward(pass, din, dpre);
  backend.shift_backward(dx, gradient_of(shift_), din, x_, shift_->value, pass.T, accumulate);
}

}  // namespace seedling
