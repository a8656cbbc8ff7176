// bf16: the upper half of a float, stored as uint16_t. Called by the element access of every backend.
#pragma once

#include <cstdint>

#include "kernels/host_device.h"
#include "kernels/math.h"

namespace seedling::kernels {

SEEDLING_HD float float_of_bf16(uint16_t x) { return float_of_bits(static_cast<uint32_t>(x) << 16); }

/// Rounds to nearest, ties to even; a NaN keeps a bit of its mantissa and stays a NaN.
SEEDLING_HD uint16_t bf16_of_float(float x) {
  const uint32_t bits = bits_of_float(x);
  const uint32_t rounded = bits + 0x7FFFu + ((bits >> 16) & 1u);
  const uint32_t chosen = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits | 0x400000u) : rounded;
  return static_cast<uint16_t>(chosen >> 16);
}

}  // namespace seedling::kernels
