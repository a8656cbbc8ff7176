// The distribution a token is drawn from: each filter alone, their order, and the edges.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "generation/generator.h"

using namespace seedling;

namespace {

using Floats = std::vector<float>;

SamplingOptions options(float temperature, int64_t top_k = 0, float top_p = 1, float penalty = 1) {
  SamplingOptions o;
  o.temperature = temperature, o.top_k = top_k, o.top_p = top_p, o.repetition_penalty = penalty;
  return o;
}

/// Logits whose softmax is p.
Floats logits_of(const Floats& p) {
  Floats logits;
  for (float value : p) logits.push_back(std::log(value));
  return logits;
}

void check_close(const Floats& a, const Floats& b) {
  BOOST_REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i)
    BOOST_TEST(std::abs(a[i] - b[i]) < 1e-6, "at " << i << ": " << a[i] << " and " << b[i]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sampling)

BOOST_AUTO_TEST_CASE(plain_softmax) {
  check_close(sampling_distribution(logits_of({0.1f, 0.2f, 0.3f, 0.4f}), {}, options(1), 4),
              {0.1f, 0.2f, 0.3f, 0.4f});
}

BOOST_AUTO_TEST_CASE(temperature) {
  check_close(sampling_distribution(logits_of({0.2f, 0.8f}), {}, options(0.5f), 2),
              {0.04f / 0.68f, 0.64f / 0.68f});
  check_close(sampling_distribution({1e30f, -1e30f, 0}, {}, options(1e-6f), 3), {1, 0, 0});
  check_close(sampling_distribution({3, 5, 5, 1}, {}, options(0), 4),
              {0, 1, 0, 0});  // the lowest id wins a tie
}

BOOST_AUTO_TEST_CASE(top_k_keeps_ties) {
  check_close(sampling_distribution(logits_of({0.1f, 0.2f, 0.3f, 0.4f}), {}, options(1, 2), 4),
              {0, 0, 3 / 7.0f, 4 / 7.0f});
  check_close(sampling_distribution({1, 1, 1, 0}, {}, options(1, 2), 4), {1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 0});
  check_close(sampling_distribution(logits_of({0.5f, 0.5f}), {}, options(1, 99), 2), {0.5f, 0.5f});
}

BOOST_AUTO_TEST_CASE(top_p_keeps_the_token_that_crosses) {
  const Floats logits = logits_of({0.1f, 0.2f, 0.3f, 0.4f});
  check_close(sampling_distribution(logits, {}, options(1, 0, 0.65f), 4), {0, 0, 3 / 7.0f, 4 / 7.0f});
  check_close(sampling_distribution(logits, {}, options(1, 0, 0.75f), 4), {0, 2 / 9.0f, 3 / 9.0f, 4 / 9.0f});
  check_close(sampling_distribution(logits, {}, options(1, 0, 0.0f), 4), {0, 0, 0, 1});
}

// A vocabulary of thousands is not sorted whole; what stays is the same as if it were.
BOOST_AUTO_TEST_CASE(top_p_of_a_large_vocabulary) {
  for (const float spread : {0.0f, 0.5f, 2.0f, 6.0f}) {
    for (const float top_p : {0.05f, 0.5f, 0.9f, 0.999f}) {
      Random random(3);
      Floats logits(5000);
      for (float& logit : logits) logit = spread * static_cast<float>(random.normal());
      const int64_t n = static_cast<int64_t>(logits.size());
      const Floats all = sampling_distribution(logits, {}, options(1), n);
      std::vector<size_t> order(logits.size());
      std::iota(order.begin(), order.end(), size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all[a] < all[b]; });
      double below = 0, kept = 0;
      Floats expected = all;
      for (const size_t id : order) {
        below += all[id];
        if (below <= 1.0 - top_p && id != order.back()) {
          expected[id] = 0;
        } else {
          kept += all[id];
        }
      }
      for (float& p : expected) p = static_cast<float>(p / kept);
      check_close(sampling_distribution(logits, {}, options(1, 0, top_p), n), expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(penalty_once_for_each_distinct_id) {
  // Positive logits are divided, negative ones multiplied; the padding row beyond the vocabulary never
  // counts.
  check_close(sampling_distribution({2, -2, 0, 50}, {0, 0, 1, 0}, options(1, 0, 1, 2), 3),
              sampling_distribution({1, -4, 0, 50}, {}, options(1), 3));
}

BOOST_AUTO_TEST_CASE(order_is_penalty_temperature_top_k_top_p) {
  // Without the penalty first, id 0 would survive top-k; without the temperature first, top-p would keep two.
  check_close(sampling_distribution({4, 3, 2.9f, 0}, {0}, options(1, 2, 1, 4), 4),
              sampling_distribution({-99, 3, 2.9f, -99}, {}, options(1), 4));
  check_close(sampling_distribution(logits_of({0.4f, 0.6f}), {}, options(0.1f, 0, 0.9f), 2), {0, 1});
}

BOOST_AUTO_TEST_CASE(padding_rows_are_never_chosen) {
  check_close(sampling_distribution({0, 0, 9}, {}, options(1), 2), {0.5f, 0.5f, 0});
  check_close(sampling_distribution({0, 0, 9}, {}, options(0), 2), {1, 0, 0});
}

BOOST_AUTO_TEST_CASE(impossible_options_and_logits) {
  const Floats logits = {1, 2};
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(-1), 2), UsageError);
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(NAN), 2), UsageError);
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(1, -1), 2), UsageError);
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(1, 0, 1.5f), 2), UsageError);
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(1, 0, 1, 0), 2), UsageError);
  BOOST_CHECK_THROW(sampling_distribution({1, NAN}, {}, options(1), 2), Error);
  BOOST_CHECK_THROW(sampling_distribution(logits, {}, options(1), 0), Error);
}

BOOST_AUTO_TEST_SUITE_END()
