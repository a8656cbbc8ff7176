// Count models for the masked objective: see ngram.h.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "data/count_table.h"
#include "data/masking.h"
#include "data/ngram.h"
#include "data/ngram_ids.h"

namespace seedling {
namespace {

/// A context's counts, and the token seen most often in it.
struct MaskedContext {
  uint32_t total = 0, types = 0, best_count = 0;
  int32_t best = -1;
};

/// One level of the interpolation: contexts and what was seen in them.
class Level {
 public:
  explicit Level(size_t expected) : contexts_(expected), grams_(expected) {}
  void want(uint64_t context) { contexts_.at(context); }
  void count(uint64_t context, int32_t id) {
    MaskedContext* found = contexts_.find(context);
    if (found == nullptr) return;
    ++found->total;
    const uint32_t seen = ++grams_.at(mix64(context ^ static_cast<uint32_t>(id)));
    if (seen == 1) ++found->types;
    if (seen > found->best_count) {
      found->best_count = seen;
      found->best = id;
    }
  }
  /// (max(c - d, 0) + d N p) / total, and the best guess where this context was seen.
  void refine(uint64_t context, int32_t id, double discount, double& p, int32_t& guess) {
    const MaskedContext& found = *contexts_.find(context);
    if (found.total == 0) return;
    const uint32_t* seen = grams_.find(mix64(context ^ static_cast<uint32_t>(id)));
    p = ((seen == nullptr ? 0.0 : *seen - discount) + discount * found.types * p) / found.total;
    guess = found.best;
  }

 private:
  CountTable<MaskedContext> contexts_;
  CountTable<uint32_t> grams_;
};

uint64_t left_key(const std::vector<int32_t>& ids, size_t i) {
  return mix64(static_cast<uint32_t>(ids[i - 1]) + 7);
}
uint64_t both_key(const std::vector<int32_t>& ids, size_t i) {
  return mix64(left_key(ids, i) ^ static_cast<uint32_t>(ids[i + 1]));
}

/// 15 % of the positions that have a neighbour on each side.
std::vector<size_t> hidden_positions(const std::vector<int32_t>& ids, const Tokenizer& tokenizer) {
  constexpr int64_t kWindow = 128;
  std::vector<size_t> positions;
  for (size_t start = 0; start < ids.size(); start += kWindow) {
    const std::vector<int32_t> window(
        ids.begin() + static_cast<std::ptrdiff_t>(start),
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), start + kWindow)));
    for (const int64_t i : choose_masked(window, tokenizer, derive_key(0x0E7A1, start), false)) {
      const size_t at = start + static_cast<size_t>(i);
      if (at > 0 && at + 1 < ids.size()) positions.push_back(at);
    }
  }
  return positions;
}

}  // namespace

std::vector<MaskedScore> score_masked_counts(const TokenFile& train, const TokenFile& validation,
                                             const Tokenizer& tokenizer, const CountOptions& options) {
  const auto counted = ids_for_counting(train, options.limit, "training", options.say);
  const auto scored = ids_for_counting(validation, options.limit / 4, "validation", options.say);
  const std::vector<size_t> positions = hidden_positions(scored, tokenizer);
  if (positions.empty()) return {};
  Level unigram(1), left(positions.size()), both(positions.size());
  constexpr uint64_t kEmpty = 1;
  unigram.want(kEmpty);
  for (const size_t i : positions) {
    left.want(left_key(scored, i));
    both.want(both_key(scored, i));
  }
  for (size_t i = 0; i < counted.size(); ++i) {
    if (tokenizer.is_special(counted[i])) continue;  // never hidden, so never the answer
    unigram.count(kEmpty, counted[i]);
    if (i > 0) left.count(left_key(counted, i), counted[i]);
    if (i > 0 && i + 1 < counted.size()) both.count(both_key(counted, i), counted[i]);
  }
  MaskedScore one{"unigram", 0, 0}, three{"trigram", 0, 0};
  for (const size_t i : positions) {
    double p = 1.0 / static_cast<double>(tokenizer.vocab_size());
    int32_t guess = -1;
    unigram.refine(kEmpty, scored[i], discount_of(options, 1), p, guess);
    one.nats_per_token -= std::log(p);
    one.accuracy += guess == scored[i];
    left.refine(left_key(scored, i), scored[i], discount_of(options, 2), p, guess);
    both.refine(both_key(scored, i), scored[i], discount_of(options, 2), p, guess);
    three.nats_per_token -= std::log(p);
    three.accuracy += guess == scored[i];
  }
  for (MaskedScore* score : {&one, &three}) {
    score->nats_per_token /= static_cast<double>(positions.size());
    score->accuracy /= static_cast<double>(positions.size());
  }
  return {one, three};
}

}  // namespace seedling
