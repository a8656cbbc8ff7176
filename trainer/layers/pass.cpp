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
  const auto convert = [&](const auto* from, auto number) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Host>(number(from[i]));
  };
  switch (tensor.dtype()) {
    case DType::f32:
      convert(host.as<float>(), [](float x) { return x; });
      break;
    case DType::f64:
      convert(host.as<double>(), [](double x) { return x; });
      break;
    case DType::bf16:
      convert(host.as<uint16_t>(), [](uint16_t x) { return kernels::float_of_bf16(x); });
      break;
    case DType::i32:
      convert(host.as<int32_t>(), [](int32_t x) { return x; });
      break;
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
  const auto convert = [&](auto* to, auto number) {
    for (size_t i = 0; i < values.size(); ++i) to[i] = number(values[i]);
  };
  switch (tensor.dtype()) {
    case DType::f32:
      convert(host.as<float>(), [](Host x) { return static_cast<float>(x); });
      break;
    case DType::f64:
      convert(host.as<double>(), [](Host x) { return static_cast<double>(x); });
      break;
    case DType::bf16:
      convert(host.as<uint16_t>(), [](Host x) { return kernels::bf16_of_float(static_cast<float>(x)); });
      break;
    case DType::i32:
      convert(host.as<int32_t>(), [](Host x) { return static_cast<int32_t>(x); });
      break;
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
