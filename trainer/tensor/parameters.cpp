// The two slabs: see parameters.h.
#include "tensor/parameters.h"

#include "base/error.h"

namespace seedling {
namespace {

constexpr int64_t kSlabAlignment = 16;  // elements: 64 bytes of f32

int64_t padded(int64_t count) { return (count + kSlabAlignment - 1) / kSlabAlignment * kSlabAlignment; }

Tensor shaped(const Tensor& slab, int64_t offset, const std::vector<int64_t>& shape) {
  char* memory = static_cast<char*>(slab.raw()) + static_cast<size_t>(offset) * size_of(slab.dtype());
  require(shape.size() == 1 || shape.size() == 2, "a parameter is a vector or a matrix");
  return shape.size() == 1 ? Tensor(memory, slab.dtype(), {shape[0]})
                           : Tensor(memory, slab.dtype(), {shape[0], shape[1]});
}

}  // namespace

int64_t Parameter::size() const {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

Parameters::~Parameters() {
  if (values_) allocator_->release(values_.raw(), values_.bytes());
  if (gradients_) allocator_->release(gradients_.raw(), gradients_.bytes());
}

Parameter* Parameters::add(std::string name, ParameterKind kind, std::vector<int64_t> shape,
                           std::vector<int64_t> row_blocks) {
  require(!allocator_, "parameters are declared before they are allocated");
  require(find(name) == nullptr, "two parameters of one name");
  Parameter& parameter = parameters_.emplace_back();
  parameter.name = std::move(name);
  parameter.kind = kind;
  parameter.shape = std::move(shape);
  parameter.row_blocks = std::move(row_blocks);
  return &parameter;
}

void Parameters::allocate(Allocator& allocator, DType dtype, bool with_gradients) {
  require(!allocator_, "parameters are allocated once");
  allocator_ = &allocator;
  int64_t total = 0;
  for (const Parameter& parameter : parameters_) total += padded(parameter.size());
  const size_t bytes = static_cast<size_t>(total) * size_of(dtype);
  values_ = Tensor(allocator.allocate(bytes), dtype, {total});
  if (with_gradients) gradients_ = Tensor(allocator.allocate(bytes), dtype, {total});
  int64_t offset = 0;
  for (Parameter& parameter : parameters_) {
    parameter.value = shaped(values_, offset, parameter.shape);
    if (with_gradients) parameter.gradient = shaped(gradients_, offset, parameter.shape);
    offset += padded(parameter.size());
  }
}

Parameter* Parameters::find(std::string_view name) {
  for (Parameter& parameter : parameters_) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

int64_t Parameters::count(bool trainable_only) const {
  int64_t total = 0;
  for (const Parameter& parameter : parameters_) {
    if (parameter.trainable || !trainable_only) total += parameter.size();
  }
  return total;
}

}  // namespace seedling
