// The formulas of schedule.h.
#include "optimizer/schedule.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace seedling {

double scheduled_rate(const Schedule& schedule, int64_t step, int64_t steps) {
  const double high = schedule.learning_rate, low = schedule.min_learning_rate;
  const int64_t warmup = schedule.warmup_steps;
  if (step < warmup) return high * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  const double remaining = static_cast<double>(std::max<int64_t>(1, steps - warmup));
  const double p = std::min(1.0, static_cast<double>(step - warmup) / remaining);
  if (schedule.kind == "constant") return high;
  if (schedule.kind == "cosine")
    return low + (high - low) * 0.5 * (1.0 + std::cos(3.14159265358979323846 * p));
  if (schedule.kind == "linear") return high + (low - high) * p;
  if (schedule.kind == "wsd") return high + (low - high) * std::max(0.0, (p - (1.0 - kWsdDecay)) / kWsdDecay);
  fail_usage("unknown schedule '", schedule.kind, "'; there are cosine, linear, constant and wsd");
}

}  // namespace seedling
