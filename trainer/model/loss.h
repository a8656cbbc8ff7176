// What a loss adds up to.
#pragma once

#include <cstdint>

namespace seedling {

/// Sum of the losses (nats) over `count` targets, and how many of them were the model's first choice (counted
/// by evaluate(); train() counts them only where it costs nothing: classes and spans).
struct LossSum {
  double sum = 0.0;
  int64_t count = 0;
  int64_t correct = 0;
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0.0; }
};

}  // namespace seedling
