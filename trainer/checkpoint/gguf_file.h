// The container of GGUF version 3: keys, tensor descriptions, aligned data (internal to checkpoint/).
//
//   "GGUF" | u32 3 | u64 tensors | u64 keys | keys | descriptions | padding | data, each tensor padded to 32
//   bytes
//
// Integers are little-endian, strings are a u64 length and bytes, dimensions stand fastest first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace seedling {

/// Element types of tensors, by their numbers in the format.
enum class GgmlType : uint32_t { f32 = 0, f16 = 1, q8_0 = 8 };

/// Rounds to the nearest half-precision number, ties to even; what is too large becomes infinity.
uint16_t float_to_half(float value);
/// `count` floats as the bytes of that type. q8_0: blocks of 32 with d = max|x| / 127 in half precision
/// (count % 32 == 0).
std::string pack(const float* values, size_t count, GgmlType type);

struct GgufTensor {
  std::string name;
  std::vector<int64_t> shape;  // slowest first, as everywhere else
  GgmlType type;
  std::function<std::vector<float>()> values;
};

class GgufFile {
 public:
  void set_u32(const std::string& key, uint64_t value);
  void set_f32(const std::string& key, float value);
  void set_bool(const std::string& key, bool value);
  void set_string(const std::string& key, const std::string& value);
  void set_strings(const std::string& key, const std::vector<std::string>& values);
  void set_i32s(const std::string& key, const std::vector<int32_t>& values);
  void add(GgufTensor tensor) { tensors_.push_back(std::move(tensor)); }
  /// Writes everything, atomically; tensor values are asked for one after the other.
  void write(const std::filesystem::path& path) const;

 private:
  void begin_key(const std::string& key, uint32_t type);

  std::string keys_;
  uint64_t key_count_ = 0;
  std::vector<GgufTensor> tensors_;
};

}  // namespace seedling
