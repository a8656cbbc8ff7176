// Muon on the CPU: how orthogonal its steps are, against the same iteration in double precision, and that
// neither the number of threads nor the other matrices change a bit.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "support/reference_backend.h"

namespace seedling::test {
namespace {

struct Size {
  int64_t rows, columns;
};

/// The steps O that muon takes from zero weights and momentum, at rate -1, for random gradients.
template <typename Number>
std::vector<std::vector<Number>> steps_of(Backend& backend, const std::vector<Size>& sizes) {
  std::vector<std::vector<Number>> values, gradients, momenta;
  std::vector<MuonMatrix> matrices;
  int64_t largest = 0;
  for (const auto& [rows, columns] : sizes) {
    const size_t size = static_cast<size_t>(rows * columns);
    Random random(derive_key(3, values.size()));
    values.emplace_back(size), momenta.emplace_back(size), gradients.emplace_back(size);
    for (Number& g : gradients.back()) g = static_cast<Number>(random.normal());
    largest = std::max(largest, Backend::muon_scratch(rows, columns));
  }
  const DType type = backend.parameter_type();
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto tensor = [&](std::vector<Number>& x) {
      return Tensor(x.data(), type, {sizes[i].rows, sizes[i].columns});
    };
    matrices.push_back({tensor(values[i]), tensor(gradients[i]), tensor(momenta[i]), -1.0f});
  }
  std::vector<Number> scratch(static_cast<size_t>(largest));
  backend.muon(matrices, {0.9f, 1.0f, Tensor(scratch.data(), type, {largest})});
  return values;
}

/// |O O^T - 1| / sqrt(m) of the smaller side: the root mean square of (singular value^2 - 1).
template <typename Number>
double unevenness(const std::vector<Number>& step, const Size& size) {
  const bool tall = size.rows > size.columns;
  const int64_t m = std::min(size.rows, size.columns), n = std::max(size.rows, size.columns);
  const auto at = [&](int64_t i, int64_t k) {
    return static_cast<double>(step[static_cast<size_t>(tall ? k * size.columns + i : i * size.columns + k)]);
  };
  double sum = 0.0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < m; ++j) {
      double product = i == j ? -1.0 : 0.0;
      for (int64_t k = 0; k < n; ++k) product += at(i, k) * at(j, k);
      sum += product * product;
    }
  }
  return std::sqrt(sum / static_cast<double>(m));
}

std::unique_ptr<Backend> cpu(int threads) {
  DeviceOptions options;
  options.device = "cpu", options.threads = threads;
  return make_backend(options);
}

const std::vector<Size> kSizes = {{96, 96}, {96, 288}, {288, 96}, {64, 40}, {320, 736}, {31, 33}};

}  // namespace

BOOST_AUTO_TEST_SUITE(muon)

BOOST_AUTO_TEST_CASE(steps_are_as_orthogonal_as_in_double_precision) {
  // Singular values between 0.8 and 1.2 (kernels/optimizer.h): squares less than 0.44 from 1.
  ReferenceBackend reference;
  const auto exact = steps_of<double>(reference, kSizes);
  const auto found = steps_of<float>(*cpu(2), kSizes);
  for (size_t i = 0; i < kSizes.size(); ++i) {
    const double wanted = unevenness(exact[i], kSizes[i]), got = unevenness(found[i], kSizes[i]);
    BOOST_TEST_MESSAGE(kSizes[i].rows << " x " << kSizes[i].columns << ": " << got << ", exactly " << wanted);
    BOOST_TEST(got < wanted + 0.02);
    BOOST_TEST(wanted < 0.3);
  }
}

BOOST_AUTO_TEST_CASE(threads_and_company_change_no_bit) {
  const auto together = steps_of<float>(*cpu(1), kSizes);
  for (int threads : {2, 3, 5}) BOOST_TEST((steps_of<float>(*cpu(threads), kSizes) == together));
  const std::unique_ptr<Backend> backend = cpu(2);
  BOOST_TEST((steps_of<float>(*backend, {kSizes[0]})[0] == together[0]));
  BOOST_TEST((steps_of<float>(*backend, {kSizes[0]})[0] == together[0]));  // a used backend
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling::test
