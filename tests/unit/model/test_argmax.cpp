// The first choice of a model: argmax_rows of every device and element type.
#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/reference_backend.h"
#include "support/small_models.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(argmax)

BOOST_AUTO_TEST_CASE(finds_the_first_of_the_largest) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> cpu = make_backend({"cpu", "fp32", 1});
  Arena exact(reference), single(*cpu);
  Random random(3);
  for (const int64_t V : {1, 2, 15, 16, 17, 33, 1000}) {
    const int64_t N = 70;
    std::vector<float> values;
    std::vector<int32_t> expected(N), got(N);
    for (int64_t n = 0; n < N; ++n) {
      int64_t best = 0;
      for (int64_t v = 0; v < V; ++v) {
        // Few different values, so that there are ties; exact in bf16, and negative in every other row.
        values.push_back(static_cast<float>(random.below(9)) - (n % 2 == 0 ? 20.0f : 4.0f));
        if (values[n * V + v] > values[n * V + best]) best = v;
      }
      expected[n] = static_cast<int32_t>(best);
    }
    auto check = [&](Backend& backend, Arena& arena, DType dtype) {
      const Tensor x = arena.take(dtype, {N, V}), index = arena.take(DType::i32, {N});
      write_floats(backend, x, values);
      backend.argmax_rows(index, x);
      backend.copy_to_host(got.data(), index.raw(), index.bytes());
      BOOST_TEST(got == expected, boost::test_tools::per_element());
    };
    check(reference, exact, DType::f64);
    check(*cpu, single, DType::f32);
    check(*cpu, single, DType::bf16);
  }
}

BOOST_AUTO_TEST_SUITE_END()
