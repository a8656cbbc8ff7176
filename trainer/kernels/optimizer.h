// The optimizers' element formulas. Called by adamw, momentum and apply_update of every backend.
#pragma once

#include <cmath>

#include "kernels/host_device.h"

namespace seedling::kernels {

/// What AdamW needs for each element, worked out once a step (Loshchilov & Hutter 2019, algorithm 2).
struct AdamWConstants {
  float beta1, beta2, epsilon, gradient_scale;
  float decay;         // 1 - learning_rate * weight_decay
  float rate;          // learning_rate / (1 - beta1^step)
  float root_correct;  // 1 / sqrt(1 - beta2^step)
};

/// w = w decay - rate m / (sqrt(v) root_correct + epsilon), m and v being the running moments of the
/// gradient.
SEEDLING_HD void adamw_element(float& w, float g, float& m, float& v, const AdamWConstants& c) {
  const float gradient = g * c.gradient_scale;
  m = c.beta1 * m + (1.0f - c.beta1) * gradient;
  v = c.beta2 * v + (1.0f - c.beta2) * gradient * gradient;
  w = w * c.decay - c.rate * m / (sqrtf(v) * c.root_correct + c.epsilon);
}

}  // namespace seedling::kernels
