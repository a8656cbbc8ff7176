// Runs a case of the table of ops on a backend: its operands in that backend's memory and types, between
// guards that nothing may touch, and how far two backends are apart.
//
// Called by: test_ops.cpp (the CPU) and tests/unit/cuda (a GPU, real or emulated).
#pragma once

#include <cmath>
#include <memory>

#include "kernels/bf16.h"
#include "unit/backend/op_case.h"

namespace seedling::test {

inline constexpr size_t kGuard = 64;  // bytes on each side of an operand that nothing may touch

inline std::string describe(const OpCase& c) {
  std::string text = c.name;
  for (const Operand& operand : c.operands) {
    text += " (";
    for (size_t i = 0; i < operand.shape.size(); ++i)
      text += (i > 0 ? "," : "") + std::to_string(operand.shape[i]);
    text += ")";
  }
  return text;
}

/// The operands of a case in one backend's types, each between two guards. They lie on the host, and on a
/// device that has memory of its own also there: upload() and download() go between the two.
class Memory {
 public:
  Memory(const OpCase& c, Backend& backend)
      : case_(c), backend_(backend), on_device_(backend.name() == "cuda") {
    for (const Operand& operand : c.operands) {
      const DType type = operand.kind == Kind::index       ? DType::i32
                         : operand.kind == Kind::parameter ? backend.parameter_type()
                                                           : backend.activation_type();
      const size_t bytes = operand.values.size() * size_of(type);
      // Not more aligned than an element needs, so that kernels cannot rely on more.
      blocks_.emplace_back(bytes + 2 * kGuard + size_of(type), std::byte{0xA5});
      const Shape& s = operand.shape;
      const auto shaped = [&](void* data) {
        return s.size() == 1   ? Tensor(data, type, {s[0]})
               : s.size() == 2 ? Tensor(data, type, {s[0], s[1]})
                               : Tensor(data, type, {s[0], s[1], s[2]});
      };
      tensors_.push_back(shaped(blocks_.back().data() + kGuard));
      if (!on_device_) continue;
      device_.push_back(static_cast<std::byte*>(backend.allocate(blocks_.back().size())));
      device_tensors_.push_back(shaped(device_.back() + kGuard));
    }
    reset();
  }
  ~Memory() {
    for (size_t i = 0; i < device_.size(); ++i) backend_.release(device_[i], blocks_[i].size());
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void reset() {
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const Operand& operand = case_.operands[i];
      for (size_t e = 0; e < operand.values.size(); ++e)
        write(i, e, operand.role == Role::out ? NAN : operand.values[e]);
    }
  }

  void upload() {
    for (size_t i = 0; i < device_.size(); ++i)
      backend_.copy_to_device(device_[i], blocks_[i].data(), blocks_[i].size());
  }
  void download() {
    for (size_t i = 0; i < device_.size(); ++i)
      backend_.copy_to_host(blocks_[i].data(), device_[i], blocks_[i].size());
  }

  /// As the backend sees them.
  Operands operands() const { return Operands(on_device_ ? device_tensors_ : tensors_); }

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
  Backend& backend_;
  bool on_device_;
  std::vector<std::vector<std::byte>> blocks_;
  std::vector<Tensor> tensors_;
  std::vector<std::byte*> device_;
  std::vector<Tensor> device_tensors_;
};

inline void run(const OpCase& c, Backend& backend, Memory& memory) {
  memory.upload();
  backend.parameters_changed();  // other values at the same addresses as before
  if (c.prepare) c.prepare(backend, memory.operands());
  c.call(backend, memory.operands());
  memory.download();
}

/// Largest |a - b| over the operand, relative to the largest |b|; NaN when any a is not finite.
inline double relative_error(const Memory& a, const Memory& b, const OpCase& c, size_t operand) {
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
inline double objective(const OpCase& c, Backend& reference, Memory& memory) {
  std::vector<double> y(c.operands[static_cast<size_t>(c.dy)].values.size());
  c.forward(reference, memory.operands(), Tensor(y.data(), DType::f64, {c.y_shape[0], c.y_shape[1]}));
  double sum = 0.0;
  for (size_t e = 0; e < y.size(); ++e) sum += y[e] * c.operands[static_cast<size_t>(c.dy)].values[e];
  return sum;
}

}  // namespace seedling::test
