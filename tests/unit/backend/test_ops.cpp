// Runs the table of ops: agreement with the reference, nothing written outside the operands, the same bits
// each time, gradients against central differences. On every instruction set this CPU has, at 1, 2 and 5
// threads.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "backend/cpu/isa/isa.h"
#include "base/error.h"
#include "base/random.h"
#include "kernels/bf16.h"
#include "support/reference_backend.h"
#include "unit/backend/op_check.h"

namespace seedling::test {
namespace {

struct Machine {
  const char* isa;  // null: this CPU's best, tiles included
  int threads;
  const char* precision = "fp32";
};

std::string describe(const Machine& machine) {
  return concat(machine.isa == nullptr ? "best" : machine.isa, ", ", machine.precision, ", ", machine.threads,
                " threads");
}

std::unique_ptr<Backend> make(const Machine& machine) {
  if (machine.isa != nullptr) setenv("SEEDLING_ISA", machine.isa, 1);
  DeviceOptions options;
  options.device = "cpu", options.precision = machine.precision, options.threads = machine.threads;
  std::unique_ptr<Backend> backend = make_backend(options);
  unsetenv("SEEDLING_ISA");
  return backend;
}

std::vector<Machine> machines() {
  std::vector<Machine> found = {{nullptr, 1, "bf16"}, {nullptr, 2, "bf16"}, {nullptr, 5, "bf16"}};
  for (const char* isa : {"avx512bf16", "avx512", "avx2", "baseline"}) {
    if (find_kernels(isa) == nullptr) continue;
    for (int threads : {1, 2, 5}) found.push_back({isa, threads});
    found.push_back({isa, 2, "bf16"});
  }
  return found;
}

/// What an op may be off by. bf16 has 8 bits of mantissa: an element written is rounded by up to 2^-9 of
/// itself, and statistics and products read elements rounded so.
double tolerance(const OpCase& c, const Machine& machine) {
  return std::string(machine.precision) == "bf16" ? std::max(1.2e-2, c.tolerance) : c.tolerance;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ops)

BOOST_AUTO_TEST_CASE(agree_with_the_reference) {
  const std::vector<OpCase> table = op_table();
  std::vector<std::unique_ptr<Memory>> wanted;
  ReferenceBackend reference;
  for (const OpCase& c : table) {
    wanted.push_back(std::make_unique<Memory>(c, reference));
    run(c, reference, *wanted.back());
  }
  for (const Machine& machine : machines()) {
    const std::unique_ptr<Backend> backend = make(machine);
    for (size_t i = 0; i < table.size(); ++i) {
      const OpCase& c = table[i];
      Memory got(c, *backend), again(c, *backend);
      const auto begin = std::chrono::steady_clock::now();
      run(c, *backend, got);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      double worst = 0.0;
      for (size_t operand = 0; operand < c.operands.size(); ++operand) {
        const double error = relative_error(got, *wanted[i], c, operand);
        BOOST_CHECK_MESSAGE(error <= tolerance(c, machine), describe(c)
                                                                << ": operand " << operand << " is off by "
                                                                << error << " (" << describe(machine) << ")");
        worst = std::max(worst, error);
      }
      BOOST_CHECK_MESSAGE(got.guards_intact(),
                          describe(c) << " writes outside its operands (" << describe(machine) << ")");
      run(c, *backend, again);
      BOOST_CHECK_MESSAGE(got.same_bits(again),
                          describe(c) << " differs from run to run (" << describe(machine) << ")");
      BOOST_TEST_MESSAGE(describe(machine)
                         << " " << describe(c) << ": error " << worst << ", " << seconds * 1e6 << " us");
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_match_central_differences) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> backend = make({nullptr, 2});
  constexpr double kStep = 1e-5;
  for (const OpCase& c : op_table()) {
    if (!c.forward) continue;
    Memory got(c, *backend), moved(c, reference);
    run(c, *backend, got);
    for (const GradientPair& pair : c.pairs) {
      const size_t gradient = static_cast<size_t>(pair.gradient), input = static_cast<size_t>(pair.input);
      const Operand& operand = c.operands[gradient];
      const size_t size = operand.values.size(), stride = std::max<size_t>(1, size / 23);
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

BOOST_AUTO_TEST_CASE(a_norm_is_the_same_at_any_number_of_threads) {
  std::vector<float> x(100003);
  Random random(1);
  for (float& value : x) value = static_cast<float>(random.normal());
  const Tensor t(x.data(), DType::f32, {static_cast<int64_t>(x.size())});
  const double one = make({"baseline", 1})->squared_norm(t);
  for (int threads : {2, 3, 7}) BOOST_CHECK_EQUAL(make({"baseline", threads})->squared_norm(t), one);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling::test
