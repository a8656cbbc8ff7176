// The values of an op's operands: see op_case.h.
#include "unit/backend/op_case.h"

#include "base/random.h"
#include "kernels/bf16.h"

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

}  // namespace seedling::test
