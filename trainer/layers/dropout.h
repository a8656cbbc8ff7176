// Dropout: each element is zeroed with probability p and the rest scaled by 1 / (1 - p) (Srivastava et al.
// 2014).
//
// No mask is kept: the mask is a function of the step's key, the layer's own number and the element's index,
// so backward is the same call on the gradient. Called by: embedding, blocks and heads of model/.
#pragma once

#include "layers/pass.h"

namespace seedling {

/// The places where a model drops, numbered so that each has its own masks.
enum class DropoutSite : uint64_t {
  embedding = 1,
  attention = 2,
  attention_output = 3,
  mlp_output = 4,
  head = 5
};

/// The key of a place's masks in this pass.
uint64_t dropout_key(const Pass& pass, DropoutSite site, int64_t layer);

/// y = dropout(x), in place where y and x are the same tensor; backward is the same call on dy. p = 0 copies
/// (nothing to do in place).
void dropout(Pass& pass, Tensor y, const Tensor& x, float p, DropoutSite site, int64_t layer);

}  // namespace seedling
