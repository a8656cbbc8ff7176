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
#include "unit/backend/op_case.h"

namespace seedling::test {

int OpCase::add(Shape shape, Role role, Kind kind, double spread) {
  int64_t size = 1;
  for (int64_t n : shape) size *= n;
  Random random(derive_key(seed_, operands.size()));
  std::vector<double> values(static_cast<size_t>(size));
  // Rounded to bf16, so that every backend starts from the very same numbers.
  for (double& x : values) {
    x = kernels::float_of_bf16(kernels::bf16_of_float(static_cast<float>(random.normal() * spread)));
  }
  operands.push_back({std::move(shape), role, kind, std::move(values)});
  return static_cast<int>(operands.size()) - 1;
}

int OpCase::activation(Shape shape, Role role, double spread) {
  return add(std::move(shape), role, Kind::activation, spread);
}

int OpCase::parameter(Shape shape, Role role, double spread) {
  return add(std::move(shape), role, Kind::parameter, spread);
}

int OpCase::index(std::vector<int32_t> values) {
  operands.push_back({{static_cast<int64_t>(values.size())},
                      Role::in,
                      Kind::index,
                      std::vector<double>(values.begin(), values.end())});
  return static_cast<int>(operands.size()) - 1;
}

namespace {

constexpr size_t kGuard = 64;  // bytes on each side of an operand that nothing may touch

std::string describe(const OpCase& c) {
  std::string text = c.name;
  for (const Operand& operand : c.operands) {
    text += " (";
    for (size_t i = 0; i < operand.shape.size(); ++i)
      text += (i > 0 ? "," : "") + std::to_string(operand.shape[i]);
    text += ")";
  }
  return text;
}

/// The operands of a case in one backend's types, each between two guards.
class Memory {
 public:
  Memory(const OpCase& c, const Backend& backend) : case_(c) {
    for (const Operand& operand : c.operands) {
      const DType type = operand.kind == Kind::index       ? DType::i32
                         : operand.kind == Kind::parameter ? backend.parameter_type()
                                                           : backend.activation_type();
      const size_t bytes = operand.values.size() * size_of(type);
      // Not more aligned than an element needs, so that kernels cannot rely on more.
      blocks_.emplace_back(bytes + 2 * kGuard + size_of(type), std::byte{0xA5});
      const Shape& s = operand.shape;
      void* data = blocks_.back().data() + kGuard;
      tensors_.push_back(s.size() == 1   ? Tensor(data, type, {s[0]})
                         : s.size() == 2 ? Tensor(data, type, {s[0], s[1]})
                                         : Tensor(data, type, {s[0], s[1], s[2]}));
    }
    reset();
  }

  void reset() {
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const Operand& operand = case_.operands[i];
      for (size_t e = 0; e < operand.values.size(); ++e)
        write(i, e, operand.role == Role::out ? NAN : operand.values[e]);
    }
  }

  Operands operands() const { return Operands(tensors_); }

  double read(size_t operand, size_t e) const {
    const Tensor& t = tensors_[operand];
    switch (t.dtype()) {
      case DType::f32:
        return t.as<float>()[e];
      case DType::f64:
        return t.as<double>()[e];
      case DType::i32:
        return t.as<int32_t>()[e];
      default:
        return kernels::float_of_bf16(t.as<uint16_t>()[e]);
    }
  }

  void write(size_t operand, size_t e, double value) {
    const Tensor& t = tensors_[operand];
    switch (t.dtype()) {
      case DType::f32:
        t.as<float>()[e] = static_cast<float>(value);
        break;
      case DType::f64:
        t.as<double>()[e] = value;
        break;
      case DType::i32:
        t.as<int32_t>()[e] = static_cast<int32_t>(value);
        break;
      default:
        t.as<uint16_t>()[e] = kernels::bf16_of_float(static_cast<float>(value));
    }
  }

  bool guards_intact() const {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const std::vector<std::byte>& block = blocks_[i];
      const size_t end = kGuard + tensors_[i].bytes();
      for (size_t at = 0; at < block.size(); ++at) {
        if ((at < kGuard || at >= end) && block[at] != std::byte{0xA5}) return false;
      }
    }
    return true;
  }

  bool same_bits(const Memory& other) const { return blocks_ == other.blocks_; }

 private:
  const OpCase& case_;
  std::vector<std::vector<std::byte>> blocks_;
  std::vector<Tensor> tensors_;
};

void run(const OpCase& c, Backend& backend, Memory& memory) {
  backend.parameters_changed();  // other values at the same addresses as before
  if (c.prepare) c.prepare(backend, memory.operands());
  c.call(backend, memory.operands());
}

/// Largest |a - b| over the operand, relative to the largest |b|; NaN when any a is not finite.
double relative_error(const Memory& a, const Memory& b, const OpCase& c, size_t operand) {
  double error = 0.0, largest = 1e-30;
  for (size_t e = 0; e < c.operands[operand].values.size(); ++e) {
    const double x = a.read(operand, e), y = b.read(operand, e);
    if (!std::isfinite(x)) return NAN;
    error = std::max(error, std::abs(x - y));
    largest = std::max(largest, std::abs(y));
  }
  return error / largest;
}

/// sum(y dy) of the case's forward.
double objective(const OpCase& c, Backend& reference, Memory& memory) {
  std::vector<double> y(c.operands[static_cast<size_t>(c.dy)].values.size());
  c.forward(reference, memory.operands(), Tensor(y.data(), DType::f64, {c.y_shape[0], c.y_shape[1]}));
  double sum = 0.0;
  for (size_t e = 0; e < y.size(); ++e) sum += y[e] * c.operands[static_cast<size_t>(c.dy)].values[e];
  return sum;
}

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
