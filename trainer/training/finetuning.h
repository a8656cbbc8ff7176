// Fine-tuning as an objective: the encoded examples of a task, shuffled into batches of similar length.
//
// Called by training/trainer.cpp through Objective; made by commands/finetune_train.cpp.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tasks/example_set.h"
#include "tasks/task.h"
#include "training/objective.h"

namespace seedling {

class TaskObjective : public Objective {
 public:
  /// Encodes the training examples. `task` and `data` must outlive the objective. Throws Error where nothing
  /// can be learned from any of them.
  TaskObjective(Task& task, const TaskData& data, const ModelConfig& config, uint64_t seed);

  /// Epochs are keyed permutations; within one, batches hold examples of similar length (pools of 32 batches
  /// are sorted), and come in random order. The last batch of an epoch may be smaller.
  Batch batch(int64_t index, int64_t B) override;
  int64_t examples() const override { return static_cast<int64_t>(features_.size()); }
  int64_t target_count(const Batch& batch) const override;
  /// Real tokens, not padding.
  int64_t token_count(const Batch& batch) const override;
  /// The task's scores on the validation examples; language models by their loss alone.
  Evaluation evaluate(Model& model) override;
  /// What the model answers to one of the validation examples: the seed chooses which.
  nlohmann::json sample(Model& model, const std::string& prompt, uint64_t seed) override;

  /// From now on this share of a training text's tokens is hidden from a classifier, others at every look:
  /// shown as the mask where the tokenizer has one, else left out. What the model learns must then not hang
  /// on single words (Iyyer et al. 2015, "Deep Unordered Composition", section 3.1).
  void hide_words(double share, const Tokenizer& tokenizer);

  /// From now on this share of a classifier's loss asks every position for the label (data/batch.h).
  void ask_every_position(double share) { every_position_ = share; }

  /// From now on evaluations take so many of the validation examples, evenly over the list.
  void evaluate_on(int64_t examples) { evaluated_ = static_cast<size_t>(examples); }

  /// The first `batches` of B examples teach a language model every token, what is given as well as what is
  /// to be written: a model that can read what it is given writes better, and short answers alone teach it
  /// little of that.
  void read_first(int64_t batches) { reading_ = batches; }

  /// Tokens of all training features.
  int64_t tokens() const;

 private:
  const std::vector<std::vector<size_t>>& batches_of(int64_t epoch, int64_t B);
  Feature with_hidden_words(const Feature& feature, uint64_t key) const;

  Task& task_;
  const TaskData& data_;
  HeadKind head_;
  int64_t longest_;
  uint64_t seed_;
  std::vector<Feature> features_;
  int64_t reading_ = 0;
  size_t evaluated_ = 1000;
  double hidden_share_ = 0.0, every_position_ = 0.0;
  const Tokenizer* tokenizer_ = nullptr;  // of hide_words
  int64_t epoch_ = -1, B_ = 0;            // what batches_ was made for
  std::vector<std::vector<size_t>> batches_;
};

}  // namespace seedling
