// exp, tanh, erf and bf16 of kernels/ against double precision.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "kernels/bf16.h"
#include "kernels/math.h"

namespace seedling {

BOOST_AUTO_TEST_SUITE(math)

BOOST_AUTO_TEST_CASE(functions_are_exact_to_a_few_last_places) {
  double exp_error = 0.0, log_error = 0.0, tanh_error = 0.0, erf_error = 0.0;
  for (int i = -435000; i <= 435000; ++i) {
    const float x = static_cast<float>(i) * 2e-4f;
    const double exact = x;
    exp_error = std::max(exp_error, std::abs(kernels::exponential(x) / std::exp(exact) - 1.0));
    if (i == 0) continue;
    const double positive = std::abs(exact);
    log_error =
        std::max(log_error, std::abs(kernels::logarithm(static_cast<float>(positive)) - std::log(positive)) /
                                std::max(1.0, std::abs(std::log(positive))));
    tanh_error = std::max(tanh_error, std::abs(kernels::hyperbolic_tangent(x) / std::tanh(exact) - 1.0));
    erf_error = std::max(erf_error, std::abs(kernels::error_function(x) / std::erf(exact) - 1.0));
  }
  BOOST_TEST_MESSAGE("exp " << exp_error << ", log " << log_error << ", tanh " << tanh_error << ", erf "
                            << erf_error);
  BOOST_CHECK_LT(exp_error, 3e-7);
  BOOST_CHECK_LT(log_error, 2e-7);
  BOOST_CHECK_LT(tanh_error, 3e-7);
  BOOST_CHECK_LT(erf_error, 3e-7);
}

BOOST_AUTO_TEST_CASE(ends_of_the_range) {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_EQUAL(kernels::exponential(-infinity), 0.0f);
  BOOST_CHECK_EQUAL(kernels::exponential(-200.0f), 0.0f);
  BOOST_CHECK_EQUAL(kernels::exponential(0.0f), 1.0f);
  BOOST_CHECK(std::isnan(kernels::exponential(nan)));
  BOOST_CHECK(std::isnan(kernels::hyperbolic_tangent(nan)));
  for (float x : {100.0f, 1e30f, infinity}) {
    BOOST_CHECK_EQUAL(kernels::hyperbolic_tangent(x), 1.0f);
    BOOST_CHECK_EQUAL(kernels::hyperbolic_tangent(-x), -1.0f);
    BOOST_CHECK_CLOSE(kernels::sigmoid(x), 1.0f, 1e-5);
    BOOST_CHECK_SMALL(kernels::sigmoid(-x), 1e-34f);
  }
  BOOST_CHECK(std::isnan(kernels::sigmoid(nan)));
  BOOST_CHECK_EQUAL(kernels::error_function(-20.0f), -1.0f);
}

BOOST_AUTO_TEST_CASE(bf16_rounds_to_nearest_even) {
  BOOST_CHECK_EQUAL(kernels::bf16_of_float(1.0f), 0x3F80);
  BOOST_CHECK_EQUAL(kernels::bf16_of_float(kernels::float_of_bits(0x3F808000u)), 0x3F80);  // a tie, to even
  BOOST_CHECK_EQUAL(kernels::bf16_of_float(kernels::float_of_bits(0x3F818000u)), 0x3F82);  // a tie, to even
  BOOST_CHECK_EQUAL(kernels::bf16_of_float(kernels::float_of_bits(0x3F808001u)), 0x3F81);
  BOOST_CHECK_EQUAL(kernels::float_of_bf16(kernels::bf16_of_float(-INFINITY)), -INFINITY);
  BOOST_CHECK(
      std::isnan(kernels::float_of_bf16(kernels::bf16_of_float(kernels::float_of_bits(0x7F800001u)))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
