// A hash table from 64-bit keys to a small value, for counting (open addressing, linear probing).
//
// Keys are themselves good hashes of n-grams, so their low bits choose the slot; two n-grams with the same 64
// bits would be confused, which at ten million of them happens once in 370,000 texts. Called by ngram.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace seedling {

template <typename Value>
class CountTable {
 public:
  explicit CountTable(size_t expected) {
    size_t size = 64;
    while (size * 3 < expected * 4) size *= 2;
    slots_.resize(size);
  }

  /// The value of a key, or null.
  Value* find(uint64_t key) {
    key += key == 0;
    for (size_t at = key & mask();; at = (at + 1) & mask()) {
      if (slots_[at].key == key) return &slots_[at].value;
      if (slots_[at].key == 0) return nullptr;
    }
  }

  /// The value of a key, made if new.
  Value& at(uint64_t key) {
    key += key == 0;
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    for (size_t at = key & mask();; at = (at + 1) & mask()) {
      if (slots_[at].key == key) return slots_[at].value;
      if (slots_[at].key == 0) {
        slots_[at].key = key;
        ++used_;
        return slots_[at].value;
      }
    }
  }

  /// Asks the memory for a key's slot ahead of time.
  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[key & mask()]); }

 private:
  struct Slot {
    uint64_t key = 0;
    Value value{};
  };
  size_t mask() const { return slots_.size() - 1; }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key == 0) continue;
      size_t at = slot.key & mask();
      while (slots_[at].key != 0) at = (at + 1) & mask();
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace seedling
