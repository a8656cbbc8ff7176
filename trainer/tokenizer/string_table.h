// A set of byte strings, each with a small number: the order in which it came.
//
// Looking up a word is what tokenizing spends its time on, so this is an open-addressing table over one
// arena instead of std::unordered_map<std::string, int>. Used for vocabularies and to count words.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace seedling {

class StringTable {
 public:
  /// Number of the string, -1 if it is not there. Any number of threads may ask at once.
  int32_t find(std::string_view key) const {
    if (slots_.empty()) return -1;
    return slots_[slot_of(key, hash(key))];
  }

  /// Number of the string, which is added if it is new.
  int32_t insert(std::string_view key) {
    if (slots_.size() < 2 * (ends_.size() + 1)) grow();
    const uint32_t code = hash(key);
    int32_t& slot = slots_[slot_of(key, code)];
    if (slot >= 0) return slot;
    slot = static_cast<int32_t>(ends_.size());
    bytes_.append(key);
    ends_.push_back(bytes_.size());
    hashes_.push_back(code);
    return slot;
  }

  /// The string with that number; valid until the next insert.
  std::string_view key(int32_t index) const {
    const size_t i = static_cast<size_t>(index), begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }

  size_t size() const { return ends_.size(); }

 private:
  static uint32_t hash(std::string_view key) {
    uint64_t code = key.size();
    size_t at = 0;
    for (uint64_t word; key.size() - at >= 8; at += 8) {
      std::memcpy(&word, key.data() + at, 8);
      code = mix64(code ^ word);
    }
    uint64_t tail = 0;
    if (at < key.size()) std::memcpy(&tail, key.data() + at, key.size() - at);
    return static_cast<uint32_t>(mix64(code ^ tail) >> 32);
  }

  /// Where the key is, or the free slot where it would go.
  size_t slot_of(std::string_view key, uint32_t code) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = code & mask;
    while (slots_[slot] >= 0) {
      const int32_t index = slots_[slot];
      if (hashes_[static_cast<size_t>(index)] == code && this->key(index) == key) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), -1);
    const size_t mask = slots_.size() - 1;
    for (size_t i = 0; i < hashes_.size(); ++i) {
      size_t slot = hashes_[i] & mask;
      while (slots_[slot] >= 0) slot = (slot + 1) & mask;
      slots_[slot] = static_cast<int32_t>(i);
    }
  }

  std::string bytes_;             // all strings, one after the other
  std::vector<size_t> ends_;      // where each ends in bytes_
  std::vector<uint32_t> hashes_;  // of each string
  std::vector<int32_t> slots_;    // a power of two of them; -1 is free
};

}  // namespace seedling
