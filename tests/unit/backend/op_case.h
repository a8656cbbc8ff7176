// One op on one set of sizes, described once: its operands, how to call it, and what it is the gradient of.
//
// From that description test_ops.cpp gets agreement with the double-precision reference, guards against
// writes outside the operands, repeatability, the gradient against central differences, and a timing. A new
// op is one more entry in op_table.cpp.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.h"

namespace seedling::test {

using Shape = std::vector<int64_t>;
constexpr int kAbsent = -1;

/// in: read. out: assigned, full of NaN before the call. sum: accumulated onto random values.
enum class Role { in, out, sum };
/// Which of the backend's element types an operand has.
enum class Kind { activation, parameter, index };

struct Operand {
  Shape shape;
  Role role;
  Kind kind;
  std::vector<double> values;  // before the call
};

/// The operands of a call, by number; kAbsent gives an absent tensor.
class Operands {
 public:
  explicit Operands(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}
  Tensor operator[](int i) const { return i == kAbsent ? Tensor() : tensors_[static_cast<size_t>(i)]; }

 private:
  std::vector<Tensor> tensors_;
};

using Call = std::function<void(Backend&, const Operands&)>;

/// d sum(y dy) / d `input` is what the op writes or adds to `gradient`.
struct GradientPair {
  int gradient, input;
};

class OpCase {
 public:
  OpCase(std::string op, uint64_t seed) : name(std::move(op)), seed_(seed) {}

  /// Random normal values of the given spread; the numbers of the operands count from 0.
  int activation(Shape shape, Role role = Role::in, double spread = 1.0);
  int parameter(Shape shape, Role role = Role::in, double spread = 1.0);
  int index(std::vector<int32_t> values);

  std::string name;
  std::vector<Operand> operands;
  Call prepare;  // makes what the op needs from a forward pass (statistics), before the call; may be empty
  Call call;     // the op
  double tolerance = 2e-5;  // largest error against the reference, relative to the largest element

  // The gradient check; absent when forward is empty.
  std::function<void(Backend&, const Operands&, Tensor y)> forward;
  Shape y_shape;
  int dy = kAbsent;
  std::vector<GradientPair> pairs;

 private:
  int add(Shape shape, Role role, Kind kind, double spread);
  uint64_t seed_;
};

/// Every op on every set of sizes.
std::vector<OpCase> op_table();

}  // namespace seedling::test
