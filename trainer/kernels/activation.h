// Activations as pairs {value, derivative}, so that forward and backward cannot drift apart.
//
//   gelu_tanh   0.5 x (1 + tanh(u)), u = sqrt(2/pi) (x + 0.044715 x^3)   Hendrycks & Gimpel 2016, "gelu_new";
//               computed as x sigmoid(2 u), the same thing with one exponential and no cancellation
//   gelu_erf    x Phi(x) = 0.5 x (1 + erf(x / sqrt 2))
//   silu        x sigmoid(x)
//   relu_squared  max(x, 0)^2                                     So et al. 2021
//
// Called by: the activation, gated and linear ops of every backend, one instantiation per kind.
#pragma once

#include "kernels/kinds.h"
#include "kernels/math.h"

namespace seedling::kernels {

template <Activation kind>
SEEDLING_HD float activate(float x) {
  if constexpr (kind == Activation::gelu_tanh) {
    return x * sigmoid(1.5957691216f * (x + 0.044715f * x * x * x));
  } else if constexpr (kind == Activation::gelu_erf) {
    return 0.5f * x * (1.0f + error_function(0.70710678119f * x));
  } else if constexpr (kind == Activation::silu) {
    return x * sigmoid(x);
  } else if constexpr (kind == Activation::relu) {
    return x > 0.0f ? x : 0.0f;
  } else if constexpr (kind == Activation::relu_squared) {
    return x > 0.0f ? x * x : 0.0f;
  } else {
    return hyperbolic_tangent(x);
  }
}

/// d activate(x) / dx.
template <Activation kind>
SEEDLING_HD float activation_slope(float x) {
  if constexpr (kind == Activation::gelu_tanh) {
    const float s = sigmoid(1.5957691216f * (x + 0.044715f * x * x * x));
    return s + x * s * (1.0f - s) * 1.5957691216f * (1.0f + 0.134145f * x * x);
  } else if constexpr (kind == Activation::gelu_erf) {
    const float density = 0.3989422804f * exponential(-0.5f * x * x);
    return 0.5f * (1.0f + error_function(0.70710678119f * x)) + x * density;
  } else if constexpr (kind == Activation::silu) {
    const float s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  } else if constexpr (kind == Activation::relu) {
    return x > 0.0f ? 1.0f : 0.0f;
  } else if constexpr (kind == Activation::relu_squared) {
    return x > 0.0f ? 2.0f * x : 0.0f;
  } else {
    const float t = hyperbolic_tangent(x);
    return 1.0f - t * t;
  }
}

}  // namespace seedling::kernels
