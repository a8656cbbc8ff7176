// Views of memory: see tensor.h.
#include "tensor/tensor.h"

#include "base/error.h"

namespace seedling {

Tensor::Tensor(void* data, DType dtype, std::initializer_list<int64_t> shape)
    : data_(data), dtype_(dtype), rank_(static_cast<int>(shape.size())) {
  require(shape.size() <= shape_.size(), "a tensor has at most four dimensions");
  int axis = 0;
  for (const int64_t extent : shape) shape_[axis++] = extent;
}

int64_t Tensor::size() const {
  if (rank_ == 0) return 0;
  int64_t count = 1;
  for (int axis = 0; axis < rank_; ++axis) count *= shape_[axis];
  return count;
}

Tensor Tensor::view(std::initializer_list<int64_t> shape) const {
  const Tensor result(data_, dtype_, shape);
  require(result.size() == size(), "a view must have as many elements as its tensor");
  return result;
}

Tensor Tensor::row_range(int64_t begin, int64_t end) const {
  require(begin >= 0 && begin <= end && end <= rows(), "row range out of the tensor");
  char* first = static_cast<char*>(data_) + static_cast<size_t>(begin * columns()) * size_of(dtype_);
  return Tensor(first, dtype_, {end - begin, columns()});
}

std::string Tensor::describe() const {
  static constexpr const char* kNames[] = {"f32", "bf16", "f64", "i32"};
  std::string text = concat(kNames[static_cast<int>(dtype_)], " (");
  for (int axis = 0; axis < rank_; ++axis) text += concat(axis > 0 ? ", " : "", shape_[axis]);
  return text + ")";
}

void Tensor::check_type(DType wanted) const {
  require(dtype_ == wanted, "a tensor was read as another element type than its own");
}

}  // namespace seedling
