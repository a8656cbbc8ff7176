#include "checkpoint/gguf_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "checkpoint/output_file.h"

namespace seedling {
namespace {

constexpr uint64_t kAlignment = 32;
constexpr size_t kBlock = 32;  // of q8_0
/// Numbers of the format's value types.
enum ValueType : uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9 };

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& bytes, const std::string& text) {
  put<uint64_t>(bytes, text.size());
  bytes += text;
}

uint64_t padded(uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t packed_bytes(const GgufTensor& tensor) {
  uint64_t count = 1;
  for (int64_t dimension : tensor.shape) count *= static_cast<uint64_t>(dimension);
  if (tensor.type == GgmlType::q8_0) return count / kBlock * (kBlock + 2);
  return count * (tensor.type == GgmlType::f16 ? 2 : 4);
}

}  // namespace

uint16_t float_to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return sign | 0x7E00u;
  if (magnitude >= 65520.0f) return sign | 0x7C00u;
  // Below 2^-14 halves are multiples of 2^-24; above, of 2^-10 of their own power of two.
  if (magnitude < 0x1p-14f) return sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f));
  const int exponent = std::ilogb(magnitude);
  const auto steps =
      static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));  // 1024 to 2048
  return sign | static_cast<uint16_t>((static_cast<uint32_t>(exponent + 14) << 10) + steps);
}

std::string pack(const float* values, size_t count, GgmlType type) {
  std::string bytes;
  if (type == GgmlType::f32) bytes.assign(reinterpret_cast<const char*>(values), 4 * count);
  if (type == GgmlType::f16)
    for (size_t i = 0; i < count; ++i) put(bytes, float_to_half(values[i]));
  if (type == GgmlType::q8_0) {
    require(count % kBlock == 0, "q8_0 stores blocks of 32");
    for (size_t begin = 0; begin < count; begin += kBlock) {
      float largest = 0;
      for (size_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::fabs(values[begin + i]));
      const float d = largest / 127.0f, inverse = d > 0 ? 1.0f / d : 0.0f;
      put(bytes, float_to_half(d));
      for (size_t i = 0; i < kBlock; ++i)
        put(bytes, static_cast<int8_t>(std::round(values[begin + i] * inverse)));
    }
  }
  return bytes;
}

void GgufFile::begin_key(const std::string& key, uint32_t type) {
  put_string(keys_, key);
  put(keys_, type);
  ++key_count_;
}

void GgufFile::set_u32(const std::string& key, uint64_t value) {
  require(value <= std::numeric_limits<uint32_t>::max(), "a GGUF number has 32 bits");
  begin_key(key, kU32), put(keys_, static_cast<uint32_t>(value));
}
void GgufFile::set_f32(const std::string& key, float value) { begin_key(key, kF32), put(keys_, value); }
void GgufFile::set_bool(const std::string& key, bool value) {
  begin_key(key, kBool), put<uint8_t>(keys_, value);
}
void GgufFile::set_string(const std::string& key, const std::string& value) {
  begin_key(key, kString), put_string(keys_, value);
}
void GgufFile::set_strings(const std::string& key, const std::vector<std::string>& values) {
  begin_key(key, kArray), put<uint32_t>(keys_, kString), put<uint64_t>(keys_, values.size());
  for (const std::string& value : values) put_string(keys_, value);
}
void GgufFile::set_i32s(const std::string& key, const std::vector<int32_t>& values) {
  begin_key(key, kArray), put<uint32_t>(keys_, kI32), put<uint64_t>(keys_, values.size());
  for (int32_t value : values) put(keys_, value);
}

void GgufFile::write(const std::filesystem::path& path) const {
  std::string header = "GGUF";
  put<uint32_t>(header, 3);
  put<uint64_t>(header, tensors_.size());
  put<uint64_t>(header, key_count_);
  header += keys_;
  uint64_t offset = 0;
  for (const GgufTensor& tensor : tensors_) {
    require(tensor.name.size() < 64, "a GGUF tensor name has fewer than 64 bytes");
    put_string(header, tensor.name);
    put<uint32_t>(header, static_cast<uint32_t>(tensor.shape.size()));
    for (auto dimension = tensor.shape.rbegin(); dimension != tensor.shape.rend(); ++dimension)
      put<uint64_t>(header, static_cast<uint64_t>(*dimension));
    put(header, static_cast<uint32_t>(tensor.type));
    put(header, offset);
    offset += padded(packed_bytes(tensor));
  }
  header.resize(padded(header.size()), '\0');

  OutputFile file(path);
  file.write(header.data(), header.size());
  for (const GgufTensor& tensor : tensors_) {
    const std::vector<float> values = tensor.values();
    std::string bytes = pack(values.data(), values.size(), tensor.type);
    require(bytes.size() == packed_bytes(tensor), "a tensor has as many values as its shape says");
    bytes.resize(padded(bytes.size()), '\0');
    file.write(bytes.data(), bytes.size());
  }
  file.finish();
}

}  // namespace seedling
