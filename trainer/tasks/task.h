// A task: how examples become what a model is trained on, and how its answers are scored. One small file
// each.
//
//   classification  classification.cpp   a label for a text                     head: classifier
//   qa              questions.h          the passage of a context that answers  head: span (masked models) or
//                                                                              language model (causal ones)
//   generation, summarization, translation
//                   completion.cpp       a text after a text                    head: language model
//   dialogue        dialogue.cpp         the assistant's next words             head: language model
//
// Every task does three things: encode (example -> features), score (a whole test set) and predict (one
// input). Called by training/finetuning.cpp (encode, score) and commands/ (score, predict).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/examples.h"
#include "model/model.h"
#include "tasks/feature.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// What a fine-tuned model has to remember of its task besides its weights. Stands in tokenizer_config.json
/// under "seedling_task", which transformers passes over.
struct TaskRecord {
  std::string task;            // "" : none was ever recorded
  bool no_answer = false;      // qa: training had questions without an answer
  int64_t longest_target = 0;  // tokens of the longest text the model learned to write
  int64_t usual_target = 0;    // 98 % of them are at most this long
};
TaskRecord read_task_record(const Tokenizer& tokenizer);
/// The same tokenizer with the record, and for dialogue its chat template, in its configuration.
std::unique_ptr<Tokenizer> with_task_record(const Tokenizer& tokenizer, const TaskRecord& record);

/// How thorough scoring is.
struct ScoreOptions {
  bool decode = true;  // false: language models are scored by their loss alone (while training)
  int64_t beams = 1;
};

/// The result of scoring.
struct Score {
  nlohmann::json fields;  // the task's metrics, and "examples"
  double value = 0.0;     // decides which checkpoint is best
  bool higher_is_better = true;
  std::vector<nlohmann::json> predictions;  // {"input", "prediction", "target"}, in the examples' order
};

class Task {
 public:
  /// `tokenizer` must outlive the task.
  Task(TaskRecord record, const Tokenizer& tokenizer, const ModelConfig& config)
      : record_(std::move(record)), tokenizer_(tokenizer), config_(config) {}
  virtual ~Task() = default;

  const TaskRecord& record() const { return record_; }
  const std::string& name() const { return record_.task; }
  /// Encoded for training: one feature, or several windows of one example, or none where nothing of it can be
  /// learned. `number` is the example's place in its list. Counts what had to be cut.
  virtual std::vector<Feature> encode(const Example& example, size_t number) = 0;
  /// A whole training set; tasks whose examples can share a feature override it.
  virtual std::vector<Feature> encode_to_learn(const std::vector<Example>& examples);
  virtual Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions& options) = 0;
  /// The JSON that `seedling predict` answers with.
  virtual nlohmann::json predict(Model& model, const Example& example) = 0;
  /// Throws Error naming the file and line of an example this model cannot be asked about (unknown label).
  virtual void check(const std::vector<Example>&, const std::string&) const {}

  /// Examples cut to fit the context since the task was made.
  int64_t cut() const { return cut_; }

 protected:
  std::vector<Feature> encode_all(const std::vector<Example>& examples);
  int64_t context() const { return config_.context_length; }
  /// Tokens in one pass of scoring.
  static constexpr int64_t kTokensInPass = 4096;

  TaskRecord record_;
  const Tokenizer& tokenizer_;
  ModelConfig config_;
  int64_t cut_ = 0;
};

/// Throws UsageError for an unknown task, naming the nearest.
void check_task_name(const std::string& task);

/// Whether a task can be learned by causal models alone, for it is all writing.
bool task_writes(const std::string& task);

/// The head that a model gets for a task. Throws UsageError for an unknown name.
HeadKind task_head(const std::string& task, bool causal);

/// Throws UsageError where a model cannot learn a task at all: writing with a model that only fills gaps.
void check_task_fits(const std::string& task, const ModelConfig& config, const std::string& model);

/// The task of a model that has been fine-tuned: what was recorded, else what its head says. Throws
/// UsageError where it has none, or another than `asked` ("" = whatever it is).
TaskRecord task_of_model(const std::string& asked, const ModelConfig& config, const Tokenizer& tokenizer,
                         const std::string& model);

/// The task itself. `config` has the head that the task needs.
std::unique_ptr<Task> make_task(const TaskRecord& record, const Tokenizer& tokenizer,
                                const ModelConfig& config);

/// What the record of a task trained on these examples says.
TaskRecord record_for(const std::string& task, const std::vector<Example>& train, const Tokenizer& tokenizer);

/// The context in which 98 % of these examples stand whole, with what is to be written: a multiple of 64.
int64_t context_for(const std::vector<Example>& train, const TaskRecord& record, const Tokenizer& tokenizer);

// --- the tasks, by file ---
std::unique_ptr<Task> make_classification(const TaskRecord&, const Tokenizer&, const ModelConfig&);
std::unique_ptr<Task> make_questions(const TaskRecord&, const Tokenizer&, const ModelConfig&);
std::unique_ptr<Task> make_completion(const TaskRecord&, const Tokenizer&, const ModelConfig&);
std::unique_ptr<Task> make_dialogue(const TaskRecord&, const Tokenizer&, const ModelConfig&);

}  // namespace seedling
