// XXH64: four lanes multiply and rotate 32-byte stripes; the lanes are then folded together and mixed.
#include "checkpoint/checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace seedling {
namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87ull;
constexpr uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Full;
constexpr uint64_t kPrime3 = 0x165667B19E3779F9ull;
constexpr uint64_t kPrime4 = 0x85EBCA77C2B2AE63ull;
constexpr uint64_t kPrime5 = 0x27D4EB2F165667C5ull;

template <typename T>
T load(const unsigned char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

uint64_t mix(uint64_t lane, uint64_t input) { return std::rotl(lane + input * kPrime2, 31) * kPrime1; }

uint64_t fold(uint64_t hash, uint64_t lane) { return (hash ^ mix(0, lane)) * kPrime1 + kPrime4; }

}  // namespace

void Checksum::add_stripe(const unsigned char* stripe) {
  for (int i = 0; i < 4; ++i) lanes_[i] = mix(lanes_[i], load<uint64_t>(stripe + 8 * i));
}

void Checksum::add(const void* data, size_t bytes) {
  const auto* next = static_cast<const unsigned char*>(data);
  const size_t held = length_ % 32;
  length_ += bytes;
  if (held > 0) {
    const size_t taken = std::min(bytes, 32 - held);
    std::memcpy(rest_ + held, next, taken);
    if (held + taken < 32) return;
    add_stripe(rest_);
    next += taken, bytes -= taken;
  }
  for (; bytes >= 32; next += 32, bytes -= 32) add_stripe(next);
  if (bytes > 0) std::memcpy(rest_, next, bytes);
}

std::string Checksum::hex() const {
  uint64_t hash = kPrime5;
  if (length_ >= 32) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (uint64_t lane : lanes_) hash = fold(hash, lane);
  }
  hash += length_;
  const unsigned char* next = rest_;
  size_t left = length_ % 32;
  for (; left >= 8; next += 8, left -= 8)
    hash = std::rotl(hash ^ mix(0, load<uint64_t>(next)), 27) * kPrime1 + kPrime4;
  if (left >= 4) {
    hash = std::rotl(hash ^ load<uint32_t>(next) * kPrime1, 23) * kPrime2 + kPrime3;
    next += 4, left -= 4;
  }
  for (; left > 0; ++next, --left) hash = std::rotl(hash ^ *next * kPrime5, 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  hash ^= hash >> 32;
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) text[i] = "0123456789abcdef"[hash & 15];
  return text;
}

std::string checksum(std::string_view bytes) {
  Checksum sum;
  sum.add(bytes.data(), bytes.size());
  return sum.hex();
}

}  // namespace seedling
