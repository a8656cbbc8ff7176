// The model: embedding -> blocks -> final norm -> head -> loss, and back.
//
// One class for every architecture (ModelConfig says which). It owns the parameters and the arena; training
// calls train(), everything that only looks calls the others. All results are on the host, in plain vectors.
//
// Called by: training/ (train, evaluate), generation/ (next_logits), tasks/, web (inspect).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "backend/backend.h"
#include "data/batch.h"
#include "model/config.h"
#include "tensor/arena.h"
#include "tensor/parameters.h"

namespace seedling {

class Transformer;  // model/transformer.h

/// Sum of the losses (nats) over `count` targets, and how many targets were the most probable token.
struct LossSum {
  double sum = 0.0;
  int64_t count = 0;
  int64_t correct = 0;
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0.0; }
};

/// Keys and values of the positions seen so far, one sequence; rows [0, length) are valid.
class KvCache {
 public:
  int64_t length() const { return length_; }
  int64_t capacity() const { return capacity_; }
  /// Forgets everything past the first `length` positions.
  void truncate(int64_t length);

 private:
  friend class Model;
  friend class Transformer;
  std::vector<Tensor> keys_, values_;  // per layer (capacity, NK HS), owned by the model
  int64_t length_ = 0, capacity_ = 0;
};

/// What to record during a forward pass for the reader's eyes; filled by Model::inspect.
struct Inspection {
  int64_t T = 0;
  std::vector<std::vector<float>> attention;      // per layer (NH, T, T)
  std::vector<std::vector<float>> hidden;         // embedding output, then after each block: (T, C)
  std::vector<float> logits;                      // (T, V)
};

class Model {
 public:
  /// Declares and allocates the parameters (with gradients only when `training`); values are zero until
  /// initialize() or a checkpoint fills them.
  Model(const ModelConfig& config, Backend& backend, bool training);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelConfig& config() const { return config_; }
  /// Dropout may be changed between two steps.
  void set_dropout(float embedding, float residual, float attention);
  Backend& backend() { return backend_; }
  Arena& arena() { return *arena_; }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }

  /// Random initial values from the seed: normal(0, 0.02), residual projections scaled by 1 / sqrt(2 L) (GPT-2),
  /// gains one, biases zero.
  void initialize(uint64_t seed);

  /// Forward, loss and backward of one micro-batch. Each target's gradient is multiplied by `gradient_scale`
  /// (1 / targets of the whole step), and gradients are added to the slab: accumulation and several ranks need
  /// nothing else. Dropout masks come from `dropout_key`.
  LossSum train(const Batch& batch, float gradient_scale, uint64_t dropout_key);
  /// Forward and loss alone, no dropout. `losses` (B * T), when given, receives the loss at each target (0 elsewhere).
  LossSum evaluate(const Batch& batch, std::vector<float>* losses = nullptr);

  /// Logits at every position: (B * T, V) for language models, (B, labels) for a classifier, (B * T, 2) for spans.
  std::vector<float> logits(const Batch& batch);
  /// Final hidden states (B * T, C).
  std::vector<float> hidden(const Batch& batch);
  /// Everything about one sequence; head_scale (L x NH, empty = all 1) switches heads off.
  Inspection inspect(const std::vector<int32_t>& tokens, const std::vector<int32_t>& types,
                     const std::vector<float>& head_scale);

  /// A cache for up to `capacity` positions.
  std::unique_ptr<KvCache> make_cache(int64_t capacity);
  /// Runs the new tokens after those in the cache, appends them to it, and returns the logits (V) after the last.
  std::vector<float> next_logits(const std::vector<int32_t>& tokens, KvCache& cache);

 private:
  ModelConfig config_;
  Backend& backend_;
  Parameters parameters_;
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<Transformer> transformer_;
};

}  // namespace seedling
