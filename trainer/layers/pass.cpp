// Moving numbers between the host and the device: see pass.h.
#include "layers/pass.h"

#include "base/error.h"
#include "kernels/bf16.h"

namespace seedling {
namespace {

template <typename Host>
std::vector<Host> read(Backend& backend, const Tensor& tensor) {
  std::vector<Host> values(static_cast<size_t>(tensor.size()));
  if (tensor.dtype() == dtype_of<Host>::value) {
    backend.copy_to_host(values.data(), tensor.raw(), tensor.bytes());
    return values;
  }
  std::vector<std::byte> bytes(tensor.bytes());
  backend.copy_to_host(bytes.data(), tensor.raw(), tensor.bytes());
  const Tensor host(bytes.data(), tensor.dtype(), {tensor.size()});
  for (size_t i = 0; i < values.size(); ++i) {
    switch (tensor.dtype()) {
      case DType::f32:
        values[i] = static_cast<Host>(host.as<float>()[i]);
        break;
      case DType::f64:
        values[i] = static_cast<Host>(host.as<double>()[i]);
        break;
      case DType::bf16:
        values[i] = static_cast<Host>(kernels::float_of_bf16(host.as<uint16_t>()[i]));
        break;
      case DType::i32:
        values[i] = static_cast<Host>(host.as<int32_t>()[i]);
        break;
    }
  }
  return values;
}

template <typename Host>
void write(Backend& backend, const Tensor& tensor, const std::vector<Host>& values) {
  require(static_cast<int64_t>(values.size()) == tensor.size(), "as many values as elements");
  if (tensor.dtype() == dtype_of<Host>::value) {
    backend.copy_to_device(tensor.raw(), values.data(), tensor.bytes());
    return;
  }
  std::vector<std::byte> bytes(tensor.bytes());
  const Tensor host(bytes.data(), tensor.dtype(), {tensor.size()});
  for (size_t i = 0; i < values.size(); ++i) {
    switch (tensor.dtype()) {
      case DType::f32:
        host.as<float>()[i] = static_cast<float>(values[i]);
        break;
      case DType::f64:
        host.as<double>()[i] = static_cast<double>(values[i]);
        break;
      case DType::bf16:
        host.as<uint16_t>()[i] = kernels::bf16_of_float(static_cast<float>(values[i]));
        break;
      case DType::i32:
        host.as<int32_t>()[i] = static_cast<int32_t>(values[i]);
        break;
    }
  }
  backend.copy_to_device(tensor.raw(), bytes.data(), tensor.bytes());
}

}  // namespace

Tensor Pass::take_indices(const std::vector<int32_t>& indices) const {
  const Tensor tensor = arena.take(DType::i32, {static_cast<int64_t>(indices.size())});
  backend.copy_to_device(tensor.raw(), indices.data(), tensor.bytes());
  return tensor;
}

std::vector<float> read_floats(Backend& backend, const Tensor& tensor) {
  return read<float>(backend, tensor);
}

std::vector<double> read_doubles(Backend& backend, const Tensor& tensor) {
  return read<double>(backend, tensor);
}

void write_floats(Backend& backend, const Tensor& tensor, const std::vector<float>& values) {
  write(backend, tensor, values);
}

void write_doubles(Backend& backend, const Tensor& tensor, const std::vector<double>& values) {
  write(backend, tensor, values);
}

}  // namespace seedling
