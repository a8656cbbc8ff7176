// Applying merges to a row of symbols: see bpe.h.
#include <queue>

#include "tokenizer/bpe.h"

namespace seedling {
namespace {

constexpr size_t kShort = 48;  // symbols; above it the heap is faster than scanning

}  // namespace

MergeTable::MergeTable(const std::vector<Merge>& merges) {
  if (merges.empty()) return;
  size_t size = 16;
  while (size < 2 * merges.size() + 1) size *= 2;
  slots_.assign(size, {kFree, kNone});
  mask_ = size - 1;
  results_.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const uint64_t key = key_of(merges[rank].left, merges[rank].right);
    size_t slot = mix64(key) & mask_;
    while (slots_[slot].key != kFree && slots_[slot].key != key) slot = (slot + 1) & mask_;
    slots_[slot] = {key, static_cast<uint32_t>(rank)};  // of a pair written twice the later rank counts
    results_.push_back(merges[rank].result);
  }
}

void MergeTable::apply(std::vector<Symbol>& symbols, size_t first) const {
  if (results_.empty() || symbols.size() - first < 2) return;
  if (symbols.size() - first <= kShort)
    apply_short(symbols, first);
  else
    apply_long(symbols, first);
}

void MergeTable::apply_short(std::vector<Symbol>& symbols, size_t first) const {
  Symbol* s = symbols.data() + first;
  size_t n = symbols.size() - first;
  uint32_t ranks[kShort];  // of the pair (i, i + 1)
  for (size_t i = 0; i + 1 < n; ++i) ranks[i] = rank(s[i].id, s[i + 1].id);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i)
      if (ranks[i] < ranks[best]) best = i;
    if (ranks[best] == kNone) break;
    s[best] = {result(ranks[best]), s[best].begin, s[best + 1].end};
    --n;
    for (size_t i = best + 1; i < n; ++i) s[i] = s[i + 1];
    for (size_t i = best + 1; i + 1 < n; ++i) ranks[i] = ranks[i + 1];
    if (best + 1 < n) ranks[best] = rank(s[best].id, s[best + 1].id);
    if (best > 0) ranks[best - 1] = rank(s[best - 1].id, s[best].id);
  }
  symbols.resize(first + n);
}

void MergeTable::apply_long(std::vector<Symbol>& symbols, size_t first) const {
  struct Candidate {
    uint32_t rank, left;
    bool operator>(const Candidate& o) const { return rank != o.rank ? rank > o.rank : left > o.left; }
  };
  constexpr uint32_t kEnd = 0xFFFFFFFFu;
  Symbol* s = symbols.data() + first;
  const auto n = static_cast<uint32_t>(symbols.size() - first);
  std::vector<uint32_t> next(n),
      previous(n);  // a linked list; a symbol merged into its left neighbour has id -1
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> heap;
  const auto offer = [&](uint32_t left) {
    if (left == kEnd || next[left] == kEnd) return;
    const uint32_t r = rank(s[left].id, s[next[left]].id);
    if (r != kNone) heap.push({r, left});
  };
  for (uint32_t i = 0; i < n; ++i) {
    next[i] = i + 1 < n ? i + 1 : kEnd;
    previous[i] = i == 0 ? kEnd : i - 1;
  }
  for (uint32_t i = 0; i < n; ++i) offer(i);

  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    const uint32_t left = best.left, right = next[left];
    if (s[left].id < 0 || right == kEnd || rank(s[left].id, s[right].id) != best.rank)
      continue;  // out of date
    s[left] = {result(best.rank), s[left].begin, s[right].end};
    s[right].id = -1;
    next[left] = next[right];
    if (next[right] != kEnd) previous[next[right]] = left;
    offer(left);
    offer(previous[left]);
  }
  size_t kept = first;
  for (uint32_t i = 0; i < n; ++i)
    if (s[i].id >= 0) symbols[kept++] = s[i];
  symbols.resize(kept);
}

}  // namespace seedling
