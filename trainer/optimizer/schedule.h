// The course of the learning rate over a run: linear warm-up, then cosine, linear, constant or WSD.
//
// A pure function of (step, steps), so a resumed run needs nothing but its step. Called by
// training/trainer.cpp. Sources: cosine: Loshchilov & Hutter 2017 (SGDR) as in nanoGPT; WSD (warm-up, stable,
// decay): Hu et al. 2024 (MiniCPM), the last fifth decaying linearly.
#pragma once

#include <cstdint>
#include <string>

namespace seedling {

struct Schedule {
  std::string kind = "cosine";      // cosine, linear, constant, wsd
  double learning_rate = 1e-3;      // the highest
  double min_learning_rate = 1e-4;  // the last (constant: unused)
  int64_t warmup_steps = 0;
};

/// The share of a WSD run that decays.
constexpr double kWsdDecay = 0.2;

/// Learning rate of step number `step` (0, 1, ... steps - 1). Throws UsageError for an unknown kind.
///   warm-up  step < w:     rate * (step + 1) / (w + 1)
///   then     p = (step - w) / (steps - w), from 0 towards 1
///   cosine   min + (rate - min) * (1 + cos(pi p)) / 2
///   linear   rate + (min - rate) * p
///   wsd      rate until p = 0.8, then linearly to min
double scheduled_rate(const Schedule& schedule, int64_t step, int64_t steps);

}  // namespace seedling
