// Tensors are non-owning views: a pointer, an element type and a shape. Memory is owned in one place only
// (backend/buffer.h through tensor/arena.h and tensor/parameters.h).
//
// All tensors are contiguous, row-major, slowest dimension first. Shapes use the field's names: B batch,
// T time, C channels, V vocabulary, L layers, NH heads, HS head size, N = B * T rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace seedling {

/// Element types. f64 exists for the reference backend of the tests, i32 for token ids and indices.
enum class DType : uint8_t { f32, bf16, f64, i32 };

/// Bytes of one element.
constexpr size_t size_of(DType type) { return type == DType::bf16 ? 2 : type == DType::f64 ? 8 : 4; }

/// Maps a C++ type to its DType (bf16 is stored as uint16_t, the upper half of a float).
template <typename T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<uint16_t> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct dtype_of<int32_t> {
  static constexpr DType value = DType::i32;
};

/// A view of up to four dimensions. A default-made tensor is "absent": optional operands are passed so.
class Tensor {
 public:
  Tensor() = default;
  Tensor(void* data, DType dtype, std::initializer_list<int64_t> shape);

  explicit operator bool() const { return data_ != nullptr; }
  DType dtype() const { return dtype_; }
  int rank() const { return rank_; }
  int64_t dim(int axis) const { return shape_[axis]; }
  /// Number of elements.
  int64_t size() const;
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype_); }
  /// The last dimension, and the product of all the others: every tensor is also a matrix.
  int64_t columns() const { return rank_ == 0 ? 0 : shape_[rank_ - 1]; }
  int64_t rows() const { return columns() == 0 ? 0 : size() / columns(); }

  void* raw() const { return data_; }
  /// The elements as T. Throws std::logic_error if the element type differs.
  template <typename T>
  T* as() const {
    check_type(dtype_of<T>::value);
    return static_cast<T*>(data_);
  }
  /// The same elements under another shape of the same size.
  Tensor view(std::initializer_list<int64_t> shape) const;
  /// Rows [begin, end) of the matrix view: (end - begin, columns).
  Tensor row_range(int64_t begin, int64_t end) const;
  /// "f32 (12, 64, 128)", for messages.
  std::string describe() const;

 private:
  void check_type(DType wanted) const;

  void* data_ = nullptr;
  DType dtype_ = DType::f32;
  int rank_ = 0;
  std::array<int64_t, 4> shape_{};
};

}  // namespace seedling
