// The end of a residual branch: y = residual + dropout(linear(x)).
//
// Called by: attention and mlp, whose last layer it is.
#pragma once

#include "layers/dropout.h"
#include "layers/linear.h"

namespace seedling {

/// y (N, C) = residual (N, C) + dropout(linear(x)). y and residual may be the same tensor.
void branch_forward(Pass& pass, Tensor y, Linear& linear, const Tensor& x, const Tensor& residual,
                    DropoutSite site, int64_t layer);
/// dx = gradient of x, or of input.pre where x is its activation, from dy. (The residual's own gradient is
/// dy, the caller's business.)
void branch_backward(Pass& pass, Tensor dx, Linear& linear, const Tensor& dy, DropoutSite site, int64_t layer,
                     const ActivatedInput& input = {});

}  // namespace seedling
