// A tensor of a file as floats: see safetensors.h.
#include <bit>
#include <cstring>

#include "base/error.h"
#include "checkpoint/safetensors.h"

namespace seedling {
namespace {

/// IEEE half precision to single: normal numbers are re-biased, subnormals scaled, infinities and NaN kept.
float half_to_float(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000u} << 16;
  const uint32_t exponent = (half >> 10) & 31u;
  const uint32_t fraction = half & 0x3FFu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1.0p-24f;
    return sign ? -magnitude : magnitude;
  }
  const uint32_t biased = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | biased << 23 | fraction << 13);
}

}  // namespace

int64_t StoredTensor::size() const {
  int64_t count = 1;
  for (int64_t dimension : shape) count *= dimension;
  return count;
}

std::string describe_shape(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::vector<float> StoredTensor::floats() const {
  std::vector<float> values(static_cast<size_t>(size()));
  if (dtype == "F32") {
    if (bytes > 0) std::memcpy(values.data(), data, bytes);
    return values;
  }
  if (dtype != "F16" && dtype != "BF16")
    fail(file, ": tensor '", name, "' has the type ", dtype,
         "; weights can be F32, F16 or BF16. Convert the model to one of these.");
  const bool half = dtype == "F16";
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, data + 2 * i, 2);
    values[i] = half ? half_to_float(bits) : std::bit_cast<float>(uint32_t{bits} << 16);
  }
  return values;
}

}  // namespace seedling
