// Pre-training as an objective: the next token of a text, or its hidden ones.
//
// Called by training/trainer.cpp through Objective; made by commands/pretrain.cpp and the autopilot.
#pragma once

#include "data/dataset.h"
#include "training/objective.h"

namespace seedling {

class TextObjective : public Objective {
 public:
  /// T: tokens in a window. `data` must outlive the objective.
  TextObjective(const PreparedData& data, bool masked, bool whole_words, int64_t T, uint64_t seed);
  Batch batch(int64_t index, int64_t B) override;
  int64_t examples() const override;
  /// val_loss (nats a token), bits_per_byte; masked: val_accuracy too.
  Evaluation evaluate(Model& model) override;
  /// Causal: a continuation of the prompt. Masked: the prompt with every third word hidden, and the model's
  /// guesses.
  nlohmann::json sample(Model& model, const std::string& prompt, uint64_t seed) override;

 private:
  const PreparedData& data_;
  bool masked_, whole_words_;
  int64_t T_;
  uint64_t seed_;
};

/// Hides every third word (the last one of a shorter text) behind as many [MASK]s as the word has tokens.
std::string hide_words(const std::string& text, const Tokenizer& tokenizer);

}  // namespace seedling
