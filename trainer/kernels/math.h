// exp, log, tanh and erf in single precision as straight-line code that compilers vectorise.
//
// libm's are calls, one element at a time: on 1024 x 768 GELUs they take forty times as long. Errors against
// double precision, measured in tests/unit/backend/test_math.cpp, are below 2e-7 relative.
//
// Called by: activation.h, attention and softmax of every backend. Sources: Cephes (exp, log, tanh: Moshier
// 1992); erf after N. Juffa's minimax split at 0.9277.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/host_device.h"

namespace seedling::kernels {

SEEDLING_HD float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

SEEDLING_HD uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// e^x for x up to 88.3 (callers see to that); 0 below -87.3, minus infinity included; NaN stays NaN.
/// x = n ln 2 + r with |r| <= ln 2 / 2; e^r is a polynomial and 2^n is written into the exponent. One select
/// and one integer maximum: compilers make a tangle of masks of more.
SEEDLING_HD float exponential(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  const float shifted = x * 1.44269504089f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t exponent = static_cast<int32_t>(bits_of_float(shifted) - (0x4B400000u - 127u));
  const float scale = float_of_bits(static_cast<uint32_t>(exponent > 0 ? exponent : 0) << 23);
  return (x < -87.3f ? 0.0f : p) * scale;
}

/// (e^2x - 1) / (e^2x + 1), by an odd polynomial near 0 where that would cancel.
SEEDLING_HD float hyperbolic_tangent(float x) {
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = p * z * x + x;
  const float far = 1.0f - 2.0f / (exponential(2.0f * (x > 40.0f ? 40.0f : x)) + 1.0f);
  return z < 0.390625f ? near : far;
}

/// The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
SEEDLING_HD float error_function(float x) {
  const float t = x < 0.0f ? -x : x;
  const float s = x * x;
  float far = -1.72853470e-5f * t + 3.83197126e-4f;
  far = far * s + (-3.88396438e-3f * t + 2.42546219e-2f);
  far = far * t - 1.06777877e-1f;
  far = far * t - 6.34846687e-1f;
  far = far * t - 1.28717512e-1f;
  far = 1.0f - exponential(far * t - t);
  far = x < 0.0f ? -far : far;
  float near = -5.96761703e-4f;
  near = near * s + 4.99119423e-3f;
  near = near * s - 2.67681349e-2f;
  near = near * s + 1.12819925e-1f;
  near = near * s - 3.76125336e-1f;
  near = near * s + 1.28379166e-1f;
  near = near * x + x;
  return t > 0.927734375f ? far : near;
}

/// ln x for positive normal x. x = m 2^e with m in [sqrt(1/2), sqrt 2), and ln m is a polynomial in m - 1.
SEEDLING_HD float logarithm(float x) {
  const uint32_t bits = bits_of_float(x) - 0x3F3504F3u;  // subtracting sqrt(1/2) splits there
  const float e = static_cast<float>(static_cast<int32_t>(bits) >> 23);
  const float f = float_of_bits((bits & 0x7FFFFFu) + 0x3F3504F3u) - 1.0f;
  const float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  p = p * f * z - 2.12194440e-4f * e - 0.5f * z;
  return f + p + 0.693359375f * e;
}

/// 1 / (1 + e^-x).
SEEDLING_HD float sigmoid(float x) { return 1.0f / (1.0f + exponential(x < -80.0f ? 80.0f : -x)); }

}  // namespace seedling::kernels
