// A checksum that notices a damaged file: XXH64 (Yann Collet, https://github.com/Cyan4973/xxHash,
// doc/xxhash_spec.md).
//
// It runs at memory speed, so every save and load can afford it. It guards against accidents (a flipped bit,
// a block of zeros), not against an attacker. Called by: safetensors.cpp (each file), folder.cpp (the small
// JSON files).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace seedling {

/// XXH64 with seed 0, fed piece by piece.
class Checksum {
 public:
  void add(const void* data, size_t bytes);
  /// 16 lowercase hex digits of everything added so far.
  std::string hex() const;

 private:
  void add_stripe(const unsigned char* stripe);

  uint64_t lanes_[4] = {0x60EA27EEADC0B5D6ull, 0xC2B2AE3D27D4EB4Full, 0, 0x61C8864E7A143579ull};
  unsigned char rest_[32] = {};  // bytes that do not fill a stripe yet
  uint64_t length_ = 0;
};

/// The checksum of one piece of bytes.
std::string checksum(std::string_view bytes);

}  // namespace seedling
