// Activations of whole vectors, and their slopes. Included by table.inc.h alone.

/// Calls body with the activation as a compile-time constant.
template <typename Body>
SEEDLING_HD void with_activation(Activation activation, Body body) {
  switch (activation) {
    case Activation::gelu_tanh:
      return body(std::integral_constant<Activation, Activation::gelu_tanh>{});
    case Activation::gelu_erf:
      return body(std::integral_constant<Activation, Activation::gelu_erf>{});
    case Activation::silu:
      return body(std::integral_constant<Activation, Activation::silu>{});
    case Activation::relu:
      return body(std::integral_constant<Activation, Activation::relu>{});
    case Activation::relu_squared:
      return body(std::integral_constant<Activation, Activation::relu_squared>{});
    case Activation::tanh:
      return body(std::integral_constant<Activation, Activation::tanh>{});
  }
}

#if defined(__AVX512F__)
/// 1 / (1 + e^-x), off by 2^-13 of itself at most: for what is then rounded to bf16, which keeps 2^-8. 2^t is
/// 2^n times a polynomial of t - n (Chebyshev's points, 3.5e-6), and nothing is divided.
SEEDLING_HD Vec rough_sigmoid(Vec x) {
  constexpr __mmask16 kAll = 0xFFFF;  // the forms without a mask make GCC 12 warn of its own headers
  const __m512 end = _mm512_set1_ps(126.0f), begin = _mm512_set1_ps(-126.0f);
  const __m512 t =
      _mm512_maskz_max_ps(kAll, _mm512_maskz_min_ps(kAll, (__m512)(x * -1.44269504f), end), begin);
  const __m512 n = _mm512_maskz_roundscale_ps(kAll, t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const Vec f = (Vec)t - (Vec)n;
  const Vec p = (((9.6663685e-3f * f + 5.5921976e-2f) * f + 0.24022349f) * f + 0.69312105f) * f + 1.0f;
  const Vec power = (Vec)_mm512_maskz_scalef_ps(kAll, (__m512)p, n);
  return (Vec)_mm512_maskz_rcp14_ps(kAll, (__m512)(power + 1.0f));
}
#endif

struct Activated {
  Vec value, slope;
};

/// As kernels/activation.h has them; of bf16 (T) with fewer digits where that is faster. What is not used of
/// the two is not computed.
template <typename T, Activation kind>
SEEDLING_HD Activated activated(Vec x) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, Bf16> && kind == Activation::gelu_tanh) {
    const Vec square = x * x;
    const Vec s = rough_sigmoid(x * (0.0713548163f * square + 1.5957691216f)), value = x * s;
    return {value, s + value * (1.0f - s) * (0.214064449f * square + 1.5957691216f)};
  }
  if constexpr (std::is_same_v<T, Bf16> && kind == Activation::silu) {
    const Vec s = rough_sigmoid(x), value = x * s;
    return {value, s + value * (1.0f - s)};
  }
#endif
  float values[kLanes], slopes[kLanes];
  store_vec(values, x);
#pragma omp simd
  for (int64_t l = 0; l < kLanes; ++l) {
    const float at = values[l];
    values[l] = kernels::activate<kind>(at);
    slopes[l] = kernels::activation_slope<kind>(at);
  }
  return {load_vec(values), load_vec(slopes)};
}
