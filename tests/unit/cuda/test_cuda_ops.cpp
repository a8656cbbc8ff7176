// The table of ops on the GPU, real or emulated: agreement with the double-precision reference, nothing
// written outside the operands, the same bits each time, in fp32 and bf16; gradients against central
// differences.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "backend/devices.h"
#include "base/error.h"
#include "base/random.h"
#include "support/reference_backend.h"
#include "unit/backend/op_check.h"

namespace seedling::test {
namespace {

std::unique_ptr<Backend> make(const char* precision) {
  DeviceOptions options;
  options.device = "cuda", options.precision = precision;
  return make_cuda_backend(options);
}

/// bf16 has 8 bits of mantissa: an element written is rounded by up to 2^-9 of itself, and products read
/// elements rounded so. On tensor cores probabilities are rounded too.
double tolerance(const OpCase& c, const char* precision) {
  return std::max(c.tolerance, std::string(precision) == "bf16" ? 1.2e-2 : 1e-4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cuda_ops)

BOOST_AUTO_TEST_CASE(agree_with_the_reference) {
  const std::vector<OpCase> table = op_table();
  ReferenceBackend reference;
  std::vector<std::unique_ptr<Memory>> wanted;
  for (const OpCase& c : table) {
    wanted.push_back(std::make_unique<Memory>(c, reference));
    run(c, reference, *wanted.back());
  }
  for (const char* precision : {"fp32", "bf16"}) {
    const std::unique_ptr<Backend> backend = make(precision);
    for (size_t i = 0; i < table.size(); ++i) {
      const OpCase& c = table[i];
      Memory got(c, *backend), again(c, *backend);
      const auto begin = std::chrono::steady_clock::now();
      run(c, *backend, got);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      double worst = 0.0;
      for (size_t operand = 0; operand < c.operands.size(); ++operand) {
        const double error = relative_error(got, *wanted[i], c, operand);
        BOOST_CHECK_MESSAGE(error <= tolerance(c, precision), describe(c)
                                                                  << ": operand " << operand << " is off by "
                                                                  << error << " (" << precision << ")");
        worst = std::max(worst, error);
      }
      BOOST_CHECK_MESSAGE(got.guards_intact(), describe(c)
                                                   << " writes outside its operands (" << precision << ")");
      run(c, *backend, again);
      BOOST_CHECK_MESSAGE(got.same_bits(again), describe(c)
                                                    << " differs from run to run (" << precision << ")");
      BOOST_TEST_MESSAGE(precision << " " << describe(c) << ": error " << worst << ", " << seconds * 1e6
                                   << " us");
    }
  }
}

/// Hopper's kernels pass the test above; those for older tensor cores, and those without, must on the same
/// machine.
BOOST_AUTO_TEST_CASE(attention_agrees_on_every_kind_of_unit) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> backend = make("bf16");
  for (const char* unit : {"mma", "plain"}) {
    setenv("SEEDLING_CUDA_ATTENTION", unit, 1);
    for (const OpCase& c : op_table()) {
      if (c.name.rfind("attention_", 0) != 0) continue;
      Memory wanted(c, reference), got(c, *backend);
      run(c, reference, wanted);
      run(c, *backend, got);
      for (size_t operand = 0; operand < c.operands.size(); ++operand) {
        const double error = relative_error(got, wanted, c, operand);
        BOOST_CHECK_MESSAGE(error <= tolerance(c, "bf16"), describe(c)
                                                               << ": operand " << operand << " is off by "
                                                               << error << " (" << unit << ")");
      }
      BOOST_CHECK_MESSAGE(got.guards_intact(), describe(c)
                                                   << " writes outside its operands (" << unit << ")");
    }
  }
  unsetenv("SEEDLING_CUDA_ATTENTION");
}

BOOST_AUTO_TEST_CASE(gradients_match_central_differences) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> backend = make("fp32");
  constexpr double kStep = 1e-5;
  for (const OpCase& c : op_table()) {
    if (!c.forward) continue;
    Memory got(c, *backend), moved(c, reference);
    run(c, *backend, got);
    for (const GradientPair& pair : c.pairs) {
      const size_t gradient = static_cast<size_t>(pair.gradient), input = static_cast<size_t>(pair.input);
      const Operand& operand = c.operands[gradient];
      const size_t size = operand.values.size(), stride = std::max<size_t>(1, size / 11);
      double error = 0.0, largest = 1e-6;
      for (size_t e = size % 2; e < size; e += stride) {
        const double x = c.operands[input].values[e];
        moved.write(input, e, x + kStep);
        const double above = objective(c, reference, moved);
        moved.write(input, e, x - kStep);
        const double below = objective(c, reference, moved);
        moved.write(input, e, x);
        const double wanted = (above - below) / (2.0 * kStep);
        const double before = operand.role == Role::sum ? operand.values[e] : 0.0;
        error = std::max(error, std::abs(got.read(gradient, e) - before - wanted));
        largest = std::max(largest, std::abs(wanted));
      }
      BOOST_CHECK_MESSAGE(error / largest < 1e-4, describe(c) << ": gradient of operand " << input
                                                              << " is off by " << error / largest);
    }
  }
}

BOOST_AUTO_TEST_CASE(argmax_takes_the_first_of_equals) {
  for (const char* precision : {"fp32", "bf16"}) {
    const std::unique_ptr<Backend> backend = make(precision);
    constexpr int64_t kRows = 5, kColumns = 700;
    std::vector<float> values(kRows * kColumns);
    Random random(3);
    for (float& x : values) x = static_cast<float>(random.below(200));  // many equals
    OpCase c("argmax_rows", 40);
    c.activation({kRows, kColumns});
    c.index(std::vector<int32_t>(kRows, -1));
    Memory memory(c, *backend);
    for (size_t i = 0; i < values.size(); ++i) memory.write(0, i, values[i]);
    memory.upload();
    backend->argmax_rows(memory.operands()[1], memory.operands()[0]);
    memory.download();
    for (int64_t n = 0; n < kRows; ++n) {
      const auto row = values.begin() + n * kColumns;
      BOOST_CHECK_EQUAL(memory.read(1, static_cast<size_t>(n)), std::max_element(row, row + kColumns) - row);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling::test
