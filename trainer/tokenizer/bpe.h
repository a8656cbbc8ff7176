// Byte pair encoding (Sennrich, Haddow, Birch 2016, "Neural machine translation of rare words with subword
// units"): begin with single symbols and apply the best-ranked merge of two neighbours until none is left.
//
// Two things make it fast. Most words of a text are tokens themselves, so a piece is first looked up whole,
// in a table of those tokens that the merges do build out of their own symbols. Of the others, short ones are
// merged by scanning a small array of ranks, long ones with a heap (so that a megabyte without a space costs
// n log n). Called by the pipeline.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/string_table.h"
#include "tokenizer/word_model.h"

namespace seedling {

struct Merge {
  int32_t left, right, result;
};

/// Merge rules by pair of ids.
class MergeTable {
 public:
  explicit MergeTable(const std::vector<Merge>& merges);

  /// Rank of the merge of two neighbours (lower is applied earlier), or kNone.
  uint32_t rank(int32_t left, int32_t right) const {
    if (slots_.empty()) return kNone;
    const uint64_t key = key_of(left, right);
    for (size_t slot = mix64(key) & mask_;; slot = (slot + 1) & mask_) {
      if (slots_[slot].key == key) return slots_[slot].rank;
      if (slots_[slot].key == kFree) return kNone;
    }
  }
  int32_t result(uint32_t rank) const { return results_[rank]; }

  /// Merges symbols [first, end) of the vector in place: lowest rank first, leftmost first among equals.
  void apply(std::vector<Symbol>& symbols, size_t first) const;

  static constexpr uint32_t kNone = 0xFFFFFFFFu;

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};
  struct Slot {
    uint64_t key;
    uint32_t rank;
  };
  static uint64_t key_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  void apply_short(std::vector<Symbol>& symbols, size_t first) const;
  void apply_long(std::vector<Symbol>& symbols, size_t first) const;

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  std::vector<int32_t> results_;  // by rank
};

struct BpeSettings {
  bool byte_level = true;      // symbols are bytes spelt in GPT-2's alphabet; else characters
  bool ignore_merges = false;  // a piece that is a token is taken whole even if no merges lead to it
  bool fuse_unk = false;       // neighbouring unknown symbols become one
  int32_t unk = -1;            // for symbols without a token; -1: they are dropped
};

class Bpe : public WordModel {
 public:
  /// tokens[id] is the token's spelling in tokenizer.json, "" for an unused id.
  Bpe(const BpeSettings& settings, const std::vector<std::string>& tokens, const std::vector<Merge>& merges);

  void encode(std::string_view piece, std::vector<Symbol>& out) const override;

 private:
  void split(std::string_view piece, std::vector<Symbol>& out) const;

  BpeSettings settings_;
  MergeTable merges_;
  StringTable symbols_;                // bytes of every token
  std::vector<int32_t> symbol_ids_;    // by number in symbols_
  std::array<int32_t, 256> byte_ids_;  // tokens of one byte
  StringTable whole_;                  // bytes of the tokens that encode to themselves
  std::vector<int32_t> whole_ids_;
  size_t longest_whole_ = 0;
};

}  // namespace seedling
