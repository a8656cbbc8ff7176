// The end of a residual branch: see branch.h.
#include "layers/branch.h"

namespace seedling {

void branch_forward(Pass& pass, Tensor y, Linear& linear, const Tensor& x, const Tensor& residual,
                    DropoutSite site, int64_t layer) {
  if (pass.dropout.residual == 0.0f) return linear.forward(pass, y, x, residual);
  const Arena::Scope scope(pass.arena);
  const Tensor branch = pass.take(y.rows(), y.columns());
  linear.forward(pass, branch, x);
  dropout(pass, branch, branch, pass.dropout.residual, site, layer);
  pass.backend.add(y, residual, branch);
}

void branch_backward(Pass& pass, Tensor dx, Linear& linear, const Tensor& dy, DropoutSite site, int64_t layer,
                     const ActivatedInput& input) {
  const Arena::Scope scope(pass.arena);
  Tensor dbranch = dy;
  if (pass.dropout.residual != 0.0f) {
    dbranch = pass.take(dy.rows(), dy.columns());
    dropout(pass, dbranch, dy, pass.dropout.residual, site, layer);
  }
  if (input.pre) return linear.backward_activated(pass, dx, dbranch, input);
  linear.backward(pass, dx, dbranch);
}

}  // namespace seedling
