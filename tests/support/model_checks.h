// What the tests of a whole model share: each of them on both backends, small inputs, and how far apart two
// outputs are.
//
// Called by: tests/unit/model.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>

#include "support/reference_backend.h"
#include "support/small_models.h"

namespace seedling {

/// Calls `test` with the reference backend and with the CPU's in single precision.
template <typename Test>
void on_each_backend(Test test) {
  ReferenceBackend reference;
  test(reference);
  const std::unique_ptr<Backend> cpu = make_backend({"cpu", "fp32", 2});
  test(*cpu);
}

inline Batch sequence(const std::vector<int32_t>& tokens) {
  Batch batch;
  batch.B = 1, batch.T = static_cast<int64_t>(tokens.size()), batch.tokens = tokens;
  return batch;
}

inline std::vector<int32_t> some_tokens(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(random.below(17)));
  return tokens;
}

/// The largest difference, relative to the largest value.
inline double difference(const std::vector<float>& a, const std::vector<float>& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  double largest = 0.0, worst = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a[i])));
    worst = std::max(worst, static_cast<double>(std::abs(a[i] - b[i])));
  }
  return worst / largest;
}

inline int32_t largest(const std::vector<float>& logits) {
  return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace seedling
