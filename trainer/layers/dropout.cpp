// Dropout without stored masks: see dropout.h.
#include "layers/dropout.h"

#include "base/random.h"

namespace seedling {

uint64_t dropout_key(const Pass& pass, DropoutSite site, int64_t layer) {
  return derive_key(derive_key(pass.dropout.key, static_cast<uint64_t>(site)), static_cast<uint64_t>(layer));
}

void dropout(Pass& pass, Tensor y, const Tensor& x, float p, DropoutSite site, int64_t layer) {
  if (p > 0.0f) {
    pass.backend.dropout(y, x, p, dropout_key(pass, site, layer));
  } else if (y.raw() != x.raw()) {
    pass.backend.copy(y, x);
  }
}

}  // namespace seedling
