// Counter-based random numbers: the n-th number of a stream is a pure function of (key, n).
//
// Nothing has to be replayed to resume a run: a stream is saved as two integers, and dropout needs no
// stored mask because backward asks for the same numbers again. The mixer is SplitMix64's finalizer
// (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
#pragma once

#include <cmath>
#include <cstdint>

namespace seedling {

/// SplitMix64's finalizer: a bijection of 64-bit integers that behaves like a random function.
constexpr uint64_t mix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// Derives the key of an independent stream, e.g. derive_key(seed, step).
constexpr uint64_t derive_key(uint64_t key, uint64_t stream) {
  return mix64(key ^ mix64(stream + 0xD1B54A32D192ED03ull));
}

/// A 32-bit hash of (key, index) that compilers vectorise; used for dropout masks.
/// Two rounds of the "lowbias32" multiply-xorshift mixer.
constexpr uint32_t hash32(uint64_t key, uint32_t index) {
  uint32_t x = index * 0x9E3779B9u + static_cast<uint32_t>(key);
  x = (x ^ (x >> 16)) * 0x21F0AAADu;
  x = (x ^ (x >> 15)) * 0x735A2D97u;
  x ^= (x >> 15) ^ static_cast<uint32_t>(key >> 32);
  x = (x ^ (x >> 16)) * 0x21F0AAADu;
  x = (x ^ (x >> 15)) * 0x735A2D97u;
  return x ^ (x >> 15);
}

/// A stream of random numbers: draw n is mix64 of the key and n.
class Random {
 public:
  explicit Random(uint64_t key, uint64_t counter = 0) : key_(key), counter_(counter) {}

  uint64_t next() { return mix64(key_ + 0x9E3779B97F4A7C15ull * counter_++); }
  /// Uniform in [0, 1) with 53 random bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Uniform integer in [0, n); the bias of the multiply-shift is below n / 2^64.
  uint64_t below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  /// Standard normal (Box-Muller, one of the pair).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

  uint64_t key() const { return key_; }
  uint64_t counter() const { return counter_; }

 private:
  uint64_t key_;
  uint64_t counter_;
};

}  // namespace seedling
