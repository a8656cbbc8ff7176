// The optimizers' formulas. Called by adamw, momentum, apply_update and muon of every backend.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.h"

namespace seedling::kernels {

/// What AdamW needs for each element, worked out once a step (Loshchilov & Hutter 2019, algorithm 2).
struct AdamWConstants {
  float beta1, beta2, epsilon, gradient_scale;
  float root_correct;    // 1 / sqrt(1 - beta2^step)
  double first_correct;  // 1 / (1 - beta1^step), for adamw_rate
};

/// What it needs for the parameters that move alike.
struct AdamWRate {
  float rate;   // learning_rate / (1 - beta1^step)
  float decay;  // 1 - learning_rate * weight_decay
};

/// `step` counts from 1.
inline AdamWConstants adamw_constants(float beta1, float beta2, float epsilon, float gradient_scale,
                                      int64_t step) {
  const double t = static_cast<double>(step);
  AdamWConstants constants = {};
  constants.beta1 = beta1, constants.beta2 = beta2, constants.epsilon = epsilon;
  constants.gradient_scale = gradient_scale;
  constants.first_correct = 1.0 / (1.0 - std::pow(static_cast<double>(beta1), t));
  constants.root_correct = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(static_cast<double>(beta2), t)));
  return constants;
}

inline AdamWRate adamw_rate(float learning_rate, float weight_decay, const AdamWConstants& constants) {
  return {static_cast<float>(learning_rate * constants.first_correct),
          static_cast<float>(1.0 - static_cast<double>(learning_rate) * weight_decay)};
}

/// w = w decay - rate m / (sqrt(v) root_correct + epsilon), m and v being the running moments of the
/// gradient.
SEEDLING_HD void adamw_element(float& w, float g, float& m, float& v, const AdamWConstants& c,
                               const AdamWRate& r) {
  const float gradient = g * c.gradient_scale;
  m = c.beta1 * m + (1.0f - c.beta1) * gradient;
  v = c.beta2 * v + (1.0f - c.beta2) * gradient * gradient;
  w = w * r.decay - r.rate * m / (sqrtf(v) * c.root_correct + c.epsilon);
}

/// Muon's iteration (Newton-Schulz): X <- a X + (b A + c A A) X with A = X X^T, once for each (a, b, c). X
/// begins at length 1; its singular values from 0.003 on end between 0.8 and 1.2, smaller ones grow up to 280
/// times. Each polynomial is the best one on the range that the one before leaves (Amsel et al. 2025, "The
/// Polar Express", algorithm 1, from 0.003 on, slowed down by 1.01 against rounding): four of them come
/// closer to 1 than Jordan's five of one kind (3.4445, -4.7750, 2.0315), which end between 0.7 and 1.2.
struct NewtonSchulz {
  static constexpr int kIterations = 4;
  static constexpr float kCoefficients[kIterations][3] = {{8.3006669f, -24.0375442f, 17.4661335f},
                                                          {4.0033866f, -2.9228400f, 0.5418713f},
                                                          {3.4708620f, -2.5494043f, 0.5002040f},
                                                          {2.4654613f, -1.7803293f, 0.4156332f}};
  static constexpr double kEpsilon = 1e-7;  // added to the length that X is divided by
};

}  // namespace seedling::kernels
