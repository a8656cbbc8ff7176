// The model: embedding -> blocks -> final norm -> head -> loss, and back.
//
// One class for every architecture (ModelConfig says which). It owns the parameters and the arena; training
// calls train(), everything that only looks calls the others. All results are on the host, in plain vectors.
//
// Called by: training/ (train, evaluate), generation/ (next_logits), tasks/, web (inspect).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "data/batch.h"
#include "layers/pass.h"
#include "model/config.h"
#include "model/loss.h"
#include "tensor/arena.h"
#include "tensor/parameters.h"

namespace seedling {

class Transformer;  // model/transformer.h
class Head;         // model/heads.h

/// What generation remembers of the positions seen so far, one sequence: keys and values of each layer; rows
/// [0, length) are valid. It must not outlive its model's backend.
class KvCache {
 public:
  ~KvCache();
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  int64_t length() const { return static_cast<int64_t>(tokens_.size()); }
  int64_t capacity() const { return capacity_; }
  /// Forgets everything past the first `length` positions.
  void truncate(int64_t length);

 private:
  friend class Model;
  KvCache(Allocator& allocator, int64_t capacity) : allocator_(allocator), capacity_(capacity) {}

  Allocator& allocator_;
  int64_t capacity_;
  std::vector<CachedKeys>
      layers_;                   // (capacity, NK HS) each; empty where the model has to see all tokens again
  std::vector<int32_t> tokens_;  // seen so far
};

/// What to record during a forward pass for the reader's eyes; filled by Model::inspect.
struct Inspection {
  int64_t T = 0;
  std::vector<std::vector<float>> attention;  // per layer (NH, T, T)
  std::vector<std::vector<float>> hidden;     // embedding output, then after each block: (T, C)
  std::vector<float> logits;                  // (T, V)
};

class Model {
 public:
  /// Declares and allocates the parameters (with gradients only when `training`); values are zero until
  /// initialize() or a checkpoint fills them.
  /// `low_rank`: linear layers (and the token table) by name that get a low-rank update beside their weight.
  Model(const ModelConfig& config, Backend& backend, bool training,
        const std::map<std::string, LowRank>& low_rank = {});
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelConfig& config() const { return config_; }
  /// Dropout may be changed between two steps.
  void set_dropout(float embedding, float residual, float attention);
  /// Whether train() keeps only what enters each block and computes the rest again on the way back: memory
  /// for one block's activations instead of all, for one more forward pass. The numbers are the same.
  void set_recompute(bool recompute) { recompute_ = recompute; }
  /// Whether train() and evaluate() let a causal model see what follows each position. Then it learns to read
  /// the answer off instead of guessing it: there to be tried (lessons/05-the-loss).
  void set_see_ahead(bool see_ahead) { see_ahead_ = see_ahead; }
  Backend& backend() { return backend_; }
  Arena& arena() { return *arena_; }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }

  /// Random initial values from the seed: normal(0, 0.02), residual projections scaled by 1 / sqrt(2 L)
  /// (GPT-2), gains one, biases zero.
  void initialize(uint64_t seed);

  /// Forward, loss and backward of one micro-batch. Each target's gradient is multiplied by `gradient_scale`
  /// (1 / targets of the whole step), and gradients are added to the slab: accumulation and several ranks
  /// need nothing else. Dropout masks come from `dropout_key`.
  LossSum train(const Batch& batch, float gradient_scale, uint64_t dropout_key);
  /// How many targets train() and evaluate() count in this batch: tokens, or sequences for classifiers and
  /// spans.
  int64_t target_count(const Batch& batch) const;
  /// Forward and loss alone, no dropout. `losses` (B * T), when given, receives the loss at each target (0
  /// elsewhere); of classifiers and spans it receives one loss for each sequence (B).
  LossSum evaluate(const Batch& batch, std::vector<float>* losses = nullptr);

  /// Logits at every position: (B * T, V) for language models, (B, labels) for a classifier, (B * T, 2) for
  /// spans.
  std::vector<float> logits(const Batch& batch);
  /// Final hidden states (B * T, C).
  std::vector<float> hidden(const Batch& batch);
  /// Everything about one sequence; head_scale (L x NH, empty = all 1) switches heads off.
  Inspection inspect(const std::vector<int32_t>& tokens, const std::vector<int32_t>& types,
                     const std::vector<float>& head_scale);
  /// Root mean squares of the embedding's output and of each block's, over the batch's first sequence.
  std::vector<double> activation_scales(const Batch& batch);

  /// A cache for up to `capacity` positions.
  std::unique_ptr<KvCache> make_cache(int64_t capacity);
  /// Runs the new tokens after those in the cache, appends them to it, and returns the logits (V) after the
  /// last. Throws Error when they do not fit the cache, or the table of a model with learned positions.
  std::vector<float> next_logits(const std::vector<int32_t>& tokens, KvCache& cache);
  /// One new token for each of several sequences, run through the model together: logits (B, V), a row after
  /// each sequence's token. The caches grow by one position each. The same numbers as one call a sequence.
  std::vector<float> next_logits(const std::vector<int32_t>& tokens, const std::vector<KvCache*>& caches);

 private:
  /// A pass over the batch's tokens, on an empty arena. Throws Error for a token, a segment or a length out
  /// of range.
  Pass begin(const Batch& batch, bool training, int64_t past = 0);
  void check(const Batch& batch, int64_t past) const;
  std::vector<int32_t> trigram_rows(const Batch& batch) const;
  /// work(), by Backend::repeat() once it has come often enough. Work of the same shape (B, T, targets,
  /// lengths given, recomputed) and gradient_scale starts the same ops on the same memory: the arena gives
  /// the same places to the same sequence of requests, and nothing else changes while dropout is off.
  void do_again(const std::array<int64_t, 5>& shape, float gradient_scale, const std::function<void()>& work);

  ModelConfig config_;
  bool recompute_ = false, see_ahead_ = false;
  Backend& backend_;
  Parameters parameters_;
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<Transformer> transformer_;
  std::unique_ptr<Head> head_;
  struct Repeated {
    std::array<int64_t, 5> shape{};
    float gradient_scale = 0.0f;
    int times = 0;
    std::unique_ptr<Recording> recording;
  };
  Repeated repeated_;  // the last work that train() did
};

}  // namespace seedling
