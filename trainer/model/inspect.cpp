// Looking into a model and generating with it, one forward pass at a time: see model.h.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "model/heads.h"
#include "model/model.h"
#include "model/transformer.h"

namespace seedling {
namespace {

Batch one_sequence(const std::vector<int32_t>& tokens, const std::vector<int32_t>& types = {}) {
  Batch batch;
  batch.B = 1, batch.T = static_cast<int64_t>(tokens.size());
  batch.tokens = tokens, batch.types = types;
  return batch;
}

/// Copies what goes by to the host.
class Onlooker : public Recorder {
 public:
  Onlooker(Pass& pass, Inspection& result) : pass_(pass), result_(result) {}
  void hidden(int64_t, const Tensor& x) override { result_.hidden.push_back(read_floats(pass_.backend, x)); }
  void attention(int64_t, const Tensor& qkv, const AttentionShape& shape) override {
    const Arena::Scope scope(pass_.arena);
    const Tensor p = pass_.arena.take(pass_.backend.parameter_type(), {shape.NH, shape.T, shape.T});
    pass_.backend.attention_probabilities(p, qkv, 0, shape);
    result_.attention.push_back(read_floats(pass_.backend, p));
  }

 private:
  Pass& pass_;
  Inspection& result_;
};

/// Keeps the root mean squares alone.
class LoudnessMeter : public Recorder {
 public:
  LoudnessMeter(Pass& pass, std::vector<double>& scales) : pass_(pass), scales_(scales) {}
  void hidden(int64_t, const Tensor& x) override {
    double sum = 0.0;
    for (const float value : read_floats(pass_.backend, x)) sum += static_cast<double>(value) * value;
    scales_.push_back(std::sqrt(sum / static_cast<double>(x.size())));
  }
  void attention(int64_t, const Tensor&, const AttentionShape&) override {}

 private:
  Pass& pass_;
  std::vector<double>& scales_;
};

}  // namespace

std::vector<float> Model::logits(const Batch& batch) {
  Pass pass = begin(batch, false);
  return head_->logits(pass, transformer_->forward(pass), batch);
}

std::vector<float> Model::hidden(const Batch& batch) {
  Pass pass = begin(batch, false);
  return read_floats(backend_, transformer_->forward(pass));
}

Inspection Model::inspect(const std::vector<int32_t>& tokens, const std::vector<int32_t>& types,
                          const std::vector<float>& head_scale) {
  const Batch batch = one_sequence(tokens, types);
  Pass pass = begin(batch, false);
  if (!head_scale.empty()) {
    if (static_cast<int64_t>(head_scale.size()) != config_.layers * config_.heads) {
      fail("head_scale has ", head_scale.size(), " numbers; this model has ", config_.layers, " layers of ",
           config_.heads, " heads");
    }
    pass.head_scale = pass.take_stats(config_.layers, config_.heads);
    write_floats(backend_, pass.head_scale, head_scale);
  }
  Inspection result;
  result.T = batch.T;
  Onlooker onlooker(pass, result);
  pass.recorder = &onlooker;
  const Tensor hidden = transformer_->forward(pass);
  result.logits = head_->logits(pass, hidden, batch);
  return result;
}

std::vector<double> Model::activation_scales(const Batch& batch) {
  const int64_t T = batch.lengths.empty() ? batch.T : batch.lengths.front();
  const auto first = [T](const std::vector<int32_t>& all) {
    return std::vector<int32_t>(all.begin(),
                                all.begin() + std::min<int64_t>(T, static_cast<int64_t>(all.size())));
  };
  Pass pass = begin(one_sequence(first(batch.tokens), first(batch.types)), false);
  std::vector<double> scales;
  LoudnessMeter meter(pass, scales);
  pass.recorder = &meter;
  transformer_->forward(pass);
  return scales;
}

KvCache::~KvCache() {
  for (const CachedKeys& layer : layers_) {
    allocator_.release(layer.keys.raw(), layer.keys.bytes());
    allocator_.release(layer.values.raw(), layer.values.bytes());
  }
}

void KvCache::truncate(int64_t length) {
  tokens_.resize(static_cast<size_t>(std::clamp<int64_t>(length, 0, this->length())));
}

std::unique_ptr<KvCache> Model::make_cache(int64_t capacity) {
  if (!config_.causal) fail("this model reads both sides of a text; it cannot generate word after word");
  if (capacity < 1) fail("a cache holds at least one position, not ", capacity);
  std::unique_ptr<KvCache> cache(new KvCache(backend_, capacity));
  // A token's shifted input and its trigram need the tokens before it, which keys and values do not hold.
  if (config_.token_shift || config_.ngram_table > 0) return cache;
  const int64_t width = config_.kv_heads * config_.head_size;
  const size_t bytes = static_cast<size_t>(capacity * width) * size_of(backend_.activation_type());
  auto rows = [&] { return Tensor(backend_.allocate(bytes), backend_.activation_type(), {capacity, width}); };
  for (int64_t layer = 0; layer < config_.layers; ++layer) cache->layers_.push_back({rows(), rows()});
  return cache;
}

std::vector<float> Model::next_logits(const std::vector<int32_t>& tokens, KvCache& cache) {
  const int64_t past = cache.length(), count = static_cast<int64_t>(tokens.size());
  if (count < 1) fail("there is no token to continue from");
  if (past + count > cache.capacity()) {
    fail(past + count, " positions do not fit the cache of ", cache.capacity(),
         "; start it anew with a shorter text");
  }
  const bool cached = !cache.layers_.empty();
  std::vector<int32_t> run = tokens;
  if (!cached) run.insert(run.begin(), cache.tokens_.begin(), cache.tokens_.end());
  const Batch batch = one_sequence(run);
  Pass pass = begin(batch, false, cached ? past : 0);
  if (cached) pass.cache = &cache.layers_;
  const Tensor hidden = transformer_->forward(pass);
  Pass last{backend_, *arena_};
  last.B = 1, last.T = 1;
  std::vector<float> logits = head_->logits(last, hidden.row_range(batch.T - 1, batch.T), Batch{});
  cache.tokens_.insert(cache.tokens_.end(), tokens.begin(), tokens.end());
  return logits;
}

std::vector<float> Model::next_logits(const std::vector<int32_t>& tokens,
                                      const std::vector<KvCache*>& caches) {
  require(!tokens.empty() && tokens.size() == caches.size(), "a new token for each sequence");
  if (caches.front()->layers_.empty()) {  // a model that must see all tokens again: one sequence at a time
    std::vector<float> all;
    for (size_t b = 0; b < tokens.size(); ++b) {
      const std::vector<float> row = next_logits({tokens[b]}, *caches[b]);
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  }
  Batch batch;
  batch.B = static_cast<int64_t>(tokens.size()), batch.T = 1;
  batch.tokens = tokens;
  std::vector<int32_t> positions;
  int64_t longest = 0;
  for (const KvCache* cache : caches) {
    if (cache->length() >= cache->capacity())
      fail("a sequence has filled its cache of ", cache->capacity(), " positions");
    longest = std::max(longest, cache->length());
    positions.push_back(static_cast<int32_t>(cache->length()));
  }
  Pass pass = begin(batch, false, longest);
  pass.positions = pass.take_indices(positions);
  for (const KvCache* cache : caches) pass.caches.push_back({&cache->layers_, cache->length()});
  const Tensor hidden = transformer_->forward(pass);
  std::vector<float> logits = head_->logits(pass, hidden, batch);
  for (size_t b = 0; b < tokens.size(); ++b) caches[b]->tokens_.push_back(tokens[b]);
  return logits;
}

}  // namespace seedling
