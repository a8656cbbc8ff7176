// The kinds of activation and norm, named where the formulas are. Called by: kernels/, backend/backend.h.
#pragma once

#include <cstdint>

namespace seedling {

/// gelu_tanh is Hugging Face's "gelu_new", gelu_erf its "gelu"; relu_squared is max(x, 0)^2 (So et al. 2021).
enum class Activation : uint8_t { gelu_tanh, gelu_erf, silu, relu, relu_squared, tanh };

/// layer: (x - mean) / sqrt(var + eps) * gain + bias. rms: x / sqrt(mean(x^2) + eps) * gain.
enum class NormKind : uint8_t { layer, rms };

}  // namespace seedling
