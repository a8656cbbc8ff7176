// Interpolated n-gram models, one order after the other: see ngram.h.
//
// Only contexts that occur in the validation text are counted, which keeps the tables small.
#include "data/ngram.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "data/count_table.h"
#include "data/ngram_ids.h"

namespace seedling {
namespace {

struct Context {
  uint32_t total = 0, types = 0;  // c(h), N(h)
};

/// 64-bit hash of the `length` ids that end in front of `position`.
uint64_t hash_context(const std::vector<int32_t>& ids, int64_t position, int length) {
  uint64_t hash = 0x9E3779B97F4A7C15ull;
  for (int64_t i = position - length; i < position; ++i) {
    hash = mix64(hash ^ static_cast<uint32_t>(ids[static_cast<size_t>(i)]));
  }
  return hash;
}

uint64_t extend(uint64_t context, int32_t id) { return mix64(context ^ static_cast<uint32_t>(id)); }

/// Turns p_(k-1) of every validation token into p_k.
void add_order(const std::vector<int32_t>& train, const std::vector<int32_t>& validation, int order,
               double discount, std::vector<double>& p) {
  const int length = order - 1;
  const int64_t first = std::max(1, length);  // the text's first token is nobody's target
  CountTable<Context> contexts(length == 0 ? 1 : validation.size());
  for (int64_t i = first; i < static_cast<int64_t>(validation.size()); ++i) {
    contexts.at(hash_context(validation, i, length));
  }
  CountTable<uint32_t> grams(validation.size());
  // In blocks: hash, ask the memory for the slots, then count.
  constexpr int64_t kBlock = 64;
  std::array<uint64_t, kBlock> keys;
  std::array<Context*, kBlock> found;
  const int64_t size = static_cast<int64_t>(train.size());
  for (int64_t begin = length; begin < size; begin += kBlock) {
    const int64_t count = std::min(kBlock, size - begin);
    for (int64_t i = 0; i < count; ++i) {
      keys[static_cast<size_t>(i)] = hash_context(train, begin + i, length);
      contexts.prefetch(keys[static_cast<size_t>(i)]);
    }
    for (int64_t i = 0; i < count; ++i) {
      const size_t at = static_cast<size_t>(i);
      found[at] = contexts.find(keys[at]);
      if (found[at] == nullptr) continue;
      keys[at] = extend(keys[at], train[static_cast<size_t>(begin + i)]);
      grams.prefetch(keys[at]);
    }
    for (size_t at = 0; at < static_cast<size_t>(count); ++at) {
      if (found[at] == nullptr) continue;
      ++found[at]->total;
      if (grams.at(keys[at])++ == 0) ++found[at]->types;
    }
  }
  for (int64_t i = first; i < static_cast<int64_t>(validation.size()); ++i) {
    const uint64_t key = hash_context(validation, i, length);
    const Context context = *contexts.find(key);
    if (context.total == 0) continue;
    const uint32_t* seen = grams.find(extend(key, validation[static_cast<size_t>(i)]));
    const double own = seen == nullptr ? 0.0 : *seen - discount;
    double& value = p[static_cast<size_t>(i)];
    value = (own + discount * context.types * value) / context.total;
  }
}

}  // namespace

std::vector<int32_t> ids_for_counting(const TokenFile& tokens, int64_t limit, const char* what,
                                      const std::function<void(const std::string&)>& say) {
  const int64_t size = tokens.size();
  if (size <= limit) {
    std::vector<int32_t> ids(static_cast<size_t>(size));
    tokens.read(0, size, ids.data());
    return ids;
  }
  if (say)
    say(concat("the count models see ", limit, " of ", size, " ", what, " tokens, in blocks spread evenly"));
  constexpr int64_t kBlock = 1 << 16;
  const int64_t blocks = std::max<int64_t>(1, limit / kBlock);
  const int64_t length = std::min(limit, kBlock);
  std::vector<int32_t> ids(static_cast<size_t>(blocks * length));
  for (int64_t i = 0; i < blocks; ++i) {
    const auto start =
        static_cast<int64_t>(static_cast<__int128>(size - length) * i / std::max<int64_t>(1, blocks - 1));
    tokens.read(start, length, ids.data() + i * length);
  }
  return ids;
}

double discount_of(const CountOptions& options, int order) {
  return options.discount > 0 ? options.discount : order <= 2 ? 0.75 : 0.9;
}

std::vector<CountScore> score_ngrams(const TokenFile& train, const TokenFile& validation, int64_t vocab_size,
                                     const CountOptions& options) {
  require(vocab_size > 0 && options.discount >= 0 && options.discount < 1,
          "score_ngrams: impossible options");
  const auto counted = ids_for_counting(train, options.limit, "training", options.say);
  const auto scored = ids_for_counting(validation, options.limit / 4, "validation", options.say);
  std::vector<CountScore> scores;
  if (scored.size() < 2) return scores;
  std::vector<double> p(scored.size(), 1.0 / static_cast<double>(vocab_size));
  const double tokens_per_byte = static_cast<double>(validation.size() - 1) /
                                 static_cast<double>(std::max<int64_t>(1, validation.text_bytes()));
  for (int order = 1; order <= options.max_order; ++order) {
    add_order(counted, scored, order, discount_of(options, order), p);
    double nats = 0;
    for (size_t i = 1; i < p.size(); ++i) nats -= std::log(p[i]);
    nats /= static_cast<double>(p.size() - 1);
    scores.push_back({order, nats, nats / std::log(2.0) * tokens_per_byte});
  }
  return scores;
}

}  // namespace seedling
