// What a run learns: the trainer's only view of data. Pre-training and each fine-tuning task supply one.
//
// Implemented by training/pretraining.cpp (causal and masked text) and by the fine-tuning command for its
// tasks.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "data/batch.h"
#include "model/model.h"

namespace seedling {

/// The result of one evaluation on the validation split.
struct Evaluation {
  double score = 0.0;             // decides which checkpoint is best
  bool higher_is_better = false;  // false: score is a loss
  nlohmann::json fields;  // what the line of metrics.jsonl gets: val_loss, bits_per_byte, accuracy ...

  bool beats(double other) const { return higher_is_better ? score > other : score < other; }
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// Micro-batch number `index` of B examples: a pure function of its arguments.
  virtual Batch batch(int64_t index, int64_t B) = 0;
  /// Examples in one epoch.
  virtual int64_t examples() const = 0;
  /// How many targets the mean loss of a batch is taken over.
  virtual int64_t target_count(const Batch& batch) const { return batch.target_count(); }
  /// Tokens that count as trained on.
  virtual int64_t token_count(const Batch& batch) const { return batch.B * batch.T; }
  /// The whole validation split, without dropout.
  virtual Evaluation evaluate(Model& model) = 0;
  /// A live sample: {"prompt", "text", "seed"}; the same prompt and seed each time.
  virtual nlohmann::json sample(Model& model, const std::string& prompt, uint64_t seed) = 0;
};

}  // namespace seedling
