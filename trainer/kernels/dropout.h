// Dropout without a stored mask: element i of a call is kept when hash32(key, i) is at or above p * 2^32.
//
// Backward asks the same question again. Called by: dropout and attention of every backend (and of the
// tests' reference). Source: Srivastava et al. 2014, "inverted" (kept elements are scaled by 1 / (1 - p)).
#pragma once

#include "base/random.h"
#include "kernels/host_device.h"

namespace seedling::kernels {

/// The smallest hash that keeps an element; p in [0, 1).
SEEDLING_HD uint32_t dropout_threshold(float p) {
  return static_cast<uint32_t>(static_cast<double>(p) * 4294967296.0);
}

/// 1 / (1 - p) or 0.
SEEDLING_HD float dropout_factor(uint64_t key, uint32_t index, uint32_t threshold, float keep_scale) {
  return hash32(key, index) >= threshold ? keep_scale : 0.0f;
}

/// The index of attention probability (b, h, i, j), modulo 2^32.
SEEDLING_HD uint32_t attention_dropout_index(int64_t b, int64_t h, int64_t i, int64_t j, int64_t NH,
                                             int64_t T) {
  return static_cast<uint32_t>(((b * NH + h) * T + i) * T + j);
}

}  // namespace seedling::kernels
