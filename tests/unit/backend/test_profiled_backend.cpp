// The profiling backend: the same results as without it, and an account of every op.
#include <boost/test/unit_test.hpp>
#include <vector>

#include "backend/profiled_backend.h"
#include "support/reference_backend.h"

namespace seedling {

BOOST_AUTO_TEST_SUITE(profiled_backend)

BOOST_AUTO_TEST_CASE(counts_calls_products_and_bytes_of_each_size) {
  ReferenceBackend reference;
  ProfiledBackend profiled(reference);
  std::vector<double> x(6, 1.0), w(8, 2.0), y(12), again(12);
  const Tensor in(x.data(), DType::f64, {3, 2}), weight(w.data(), DType::f64, {4, 2});
  profiled.linear_forward(Tensor(y.data(), DType::f64, {3, 4}), in, weight, {}, {});
  reference.linear_forward(Tensor(again.data(), DType::f64, {3, 4}), in, weight, {}, {});
  BOOST_TEST((y == again));
  profiled.linear_forward(Tensor(y.data(), DType::f64, {3, 4}), in, weight, {}, {});
  profiled.fill(Tensor(y.data(), DType::f64, {3, 4}), 0.0f);
  std::vector<OpTime> times = profiled.take();
  BOOST_REQUIRE_EQUAL(times.size(), 2u);
  BOOST_TEST(times[0].seconds >= times[1].seconds);
  for (const OpTime& time : times) {
    if (time.name == "fill") {
      BOOST_TEST(time.calls == 1);
      BOOST_TEST(time.bytes == 12.0 * 8.0);
    } else {
      BOOST_TEST(time.name == "linear_forward 2->4");
      BOOST_TEST(time.calls == 2);
      BOOST_TEST(time.flops == 2 * 2.0 * 3 * 2 * 4);
    }
  }
  BOOST_TEST(profiled.take().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
