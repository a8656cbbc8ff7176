// Pre-training as an objective: the next token of a text, or its hidden ones.
//
// Called by training/trainer.cpp through Objective; made by commands/pretrain.cpp and the autopilot.
#pragma once

#include <optional>

#include "data/dataset.h"
#include "training/objective.h"

namespace seedling {

/// What a masked model's training windows are like; a causal one has none of it.
struct MaskedWindows {
  bool whole_words = false;
  /// Batches in which windows grow from 32 tokens to the context: half of them stay at 32, the others double
  /// it by and by. A batch keeps its number of tokens. 0: always the whole context. A masked model guesses
  /// next to nothing until its attention has found the neighbours of a [MASK], and it finds them sooner among
  /// 32 tokens than among 512. BERT itself saw 128 for nine tenths of its training (Devlin et al. 2018,
  /// appendix A.2).
  int64_t warmup_batches = 0;
};

class TextObjective : public Objective {
 public:
  /// T: tokens in a window. `data` must outlive the objective. `masked` absent: the next token.
  TextObjective(const PreparedData& data, std::optional<MaskedWindows> masked, int64_t T, uint64_t seed);
  Batch batch(int64_t index, int64_t B) override;
  int64_t examples() const override;
  /// val_loss (nats a token), bits_per_byte; masked: val_accuracy too.
  Evaluation evaluate(Model& model) override;
  /// Causal: a continuation of the prompt. Masked: the prompt with every third word hidden, and the model's
  /// guesses.
  nlohmann::json sample(Model& model, const std::string& prompt, uint64_t seed) override;

 private:
  const PreparedData& data_;
  std::optional<MaskedWindows> masked_;
  std::optional<CausalLoader> causal_;  // where not masked
  int64_t T_;
  uint64_t seed_;
};

/// Tokens in the windows of batch `index` of a masked model with context T.
int64_t window_length(int64_t index, int64_t T, int64_t warmup_batches);

/// Hides every third word (the last one of a shorter text) behind as many [MASK]s as the word has tokens.
std::string hide_words(const std::string& text, const Tokenizer& tokenizer);

}  // namespace seedling
