// Learning merges: see bpe_trainer.h.
#include "tokenizer/bpe_trainer.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace seedling {
namespace {

struct Pair {
  int32_t left, right;
  int64_t count = 0;
  std::vector<uint32_t> words;  // that hold it now or held it once
};

struct Candidate {
  int64_t count;
  int32_t left, right;
  uint32_t pair;
  bool operator<(const Candidate& o) const {  // the greatest comes first
    if (count != o.count) return count < o.count;
    return left != o.left ? left > o.left : right > o.right;
  }
};

class MergeLearner {
 public:
  explicit MergeLearner(CountedWords words) : words_(std::move(words)) {
    size_t begin = 0;
    for (uint32_t w = 0; w < words_.ends.size(); ++w) {
      lengths_.push_back(static_cast<uint32_t>(words_.ends[w] - begin));
      for (size_t i = begin; i + 1 < words_.ends[w]; ++i)
        change(words_.symbols[i], words_.symbols[i + 1], w, 1);
      begin = words_.ends[w];
    }
    offer_grown();
  }

  /// The most frequent pair, as it stands now; null if none occurs min_count times.
  const Pair* best(int64_t min_count) {
    while (!heap_.empty()) {
      const Candidate top = heap_.top();
      const Pair& pair = pairs_[top.pair];
      if (pair.count == top.count) return pair.count >= min_count ? &pair : nullptr;
      heap_.pop();  // counted before later merges changed it
      if (pair.count > 0) heap_.push({pair.count, pair.left, pair.right, top.pair});
    }
    return nullptr;
  }

  /// Writes `result` for the best pair in every word.
  void merge_best(int32_t result) {
    const uint32_t index = heap_.top().pair;
    heap_.pop();
    const int32_t left = pairs_[index].left, right = pairs_[index].right;
    const std::vector<uint32_t> holders = std::move(pairs_[index].words);
    pairs_[index].words.clear();
    for (const uint32_t w : holders) merge_in(w, left, right, result);
    offer_grown();
  }

 private:
  void merge_in(uint32_t w, int32_t left, int32_t right, int32_t result) {
    int32_t* s = words_.symbols.data() + (w == 0 ? 0 : words_.ends[w - 1]);
    const uint32_t n = lengths_[w];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; ++i) {
      if (i + 1 == n || s[i] != left || s[i + 1] != right) {
        s[kept++] = s[i];
        continue;
      }
      change(left, right, w, -1);
      if (kept > 0) change(s[kept - 1], left, w, -1), change(s[kept - 1], result, w, 1);
      if (i + 2 < n) change(right, s[i + 2], w, -1), change(result, s[i + 2], w, 1);
      s[kept++] = result;
      ++i;
    }
    lengths_[w] = kept;
  }

  void change(int32_t left, int32_t right, uint32_t w, int sign) {
    const uint64_t key =
        static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    const auto [found, fresh] = index_.try_emplace(key, static_cast<uint32_t>(pairs_.size()));
    if (fresh) pairs_.push_back({left, right, 0, {}});
    Pair& pair = pairs_[found->second];
    pair.count += sign * words_.counts[w];
    if (sign < 0) return;
    if (pair.words.empty() || pair.words.back() != w) pair.words.push_back(w);
    grown_.push_back(found->second);
  }

  /// Pairs whose counts grew go into the heap; those that shrank are put right when they come up.
  void offer_grown() {
    std::sort(grown_.begin(), grown_.end());
    grown_.erase(std::unique(grown_.begin(), grown_.end()), grown_.end());
    for (const uint32_t p : grown_)
      if (pairs_[p].count > 0) heap_.push({pairs_[p].count, pairs_[p].left, pairs_[p].right, p});
    grown_.clear();
  }

  CountedWords words_;
  std::vector<uint32_t> lengths_;  // of each word, in symbols, as merges shorten it
  std::vector<Pair> pairs_;
  std::unordered_map<uint64_t, uint32_t> index_;  // (left, right) -> place in pairs_
  std::priority_queue<Candidate> heap_;
  std::vector<uint32_t> grown_;
};

}  // namespace

std::vector<Merge> learn_merges(std::vector<std::string>& tokens, CountedWords words, int64_t vocab_size,
                                int64_t min_count, const std::string& continuing_prefix) {
  std::unordered_map<std::string, int32_t> ids;
  for (const std::string& token : tokens) ids.emplace(token, static_cast<int32_t>(ids.size()));
  std::vector<Merge> merges;
  MergeLearner learner(std::move(words));
  while (static_cast<int64_t>(tokens.size()) < vocab_size) {
    const Pair* pair = learner.best(min_count);
    if (pair == nullptr) break;
    std::string_view tail = tokens[static_cast<size_t>(pair->right)];
    if (tail.substr(0, continuing_prefix.size()) == continuing_prefix)
      tail.remove_prefix(continuing_prefix.size());
    const std::string token = tokens[static_cast<size_t>(pair->left)] + std::string(tail);
    // Two ways to build one token ("a" + "bc", "ab" + "c") share its id.
    const auto [found, fresh] = ids.emplace(token, static_cast<int32_t>(tokens.size()));
    if (fresh) tokens.push_back(token);
    merges.push_back({pair->left, pair->right, found->second});
    learner.merge_best(found->second);
  }
  return merges;
}

}  // namespace seedling
