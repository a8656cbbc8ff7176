// The training loop: one page from batch to checkpoint, the same for pre-training and every fine-tuning task.
//
//   commands -> batches -> Model::train -> clip -> optimizer -> metrics -> evaluate, sample, checkpoint ->
//   publish
//
// Repeatable: batches, dropout and initial values follow from the seed and counters; a resumed run does the
// same arithmetic on the same numbers as the one that was never stopped. Made by commands/pretrain.cpp and
// finetune.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "checkpoint/checkpoint.h"
#include "model/model.h"
#include "optimizer/optimizer.h"
#include "optimizer/weight_average.h"
#include "training/health.h"
#include "training/line_file.h"
#include "training/objective.h"
#include "training/progress.h"
#include "training/session.h"
#include "training/trainer_state.h"

namespace seedling {

struct TrainerOptions {
  std::string command = "pretrain";  // or "finetune"
  std::filesystem::path folder;      // the run directory; it exists
  TrainingFlags settings;            // complete (plan.h)
  OptimizerOptions optimizer;
  /// What is evaluated, sampled and saved is the mean of the weights over this share of the steps so far
  /// (0: the weights themselves).
  double average = 0.0;
  uint64_t seed = 1;
  double ceiling = 0.0;  // FLOP/s of matrix products in this precision on this machine, for mfu
  bool quiet = false;
  /// Nobody gave a dropout: without one, the first evaluation that is worse than an earlier one begins it.
  bool may_drop_out = false;
  /// How a checkpoint is written, and its parameters read, where it is no whole model (an adapter). Empty: as
  /// a model.
  std::function<void(const std::filesystem::path&, const nlohmann::json&, const std::vector<NamedTensor>&)>
      save;
  std::function<void(const std::filesystem::path&)> load;
};

/// How a run ended.
struct TrainingResult {
  std::string state;    // finished or stopped
  std::string message;  // why it stopped early, in words
  int64_t steps = 0, tokens = 0;
  double train_loss = 0.0;  // mean of the last (up to 50) steps
  double seconds = 0.0, tokens_per_second = 0.0;
  nlohmann::json evaluation;         // fields of the best evaluation: that of `checkpoint`
  std::filesystem::path checkpoint;  // the best one
};

class Trainer {
 public:
  /// All arguments must outlive the trainer.
  Trainer(TrainerOptions options, Model& model, Objective& objective, const Tokenizer& tokenizer,
          Session& session);

  /// Trains to the last step, or until told to stop. With `resume`, goes on from the latest checkpoint, if
  /// there is one, with `changes` made to its settings. Throws Error when the loss is no number or has
  /// diverged, naming the last good checkpoint, and when a file cannot be written.
  TrainingResult run(bool resume = false, const nlohmann::json& changes = nlohmann::json::object());

 private:
  // trainer.cpp: the loop
  TrainingResult train_to_the_end();
  void leave();
  void take_step();
  /// Micro-batches [first, first + passes) of B examples each.
  struct StepBatches {
    int64_t first = -1, B = 0, passes = 0;
    std::vector<Batch> batches;
  };
  StepBatches fetch_batches();
  LossSum forward_and_backward();
  void write_step(double loss, double norm, double rate, double step_seconds, int64_t step_tokens);
  void after_step();
  /// An evaluation ends this step; the layers are measured in it, too.
  bool is_evaluated(int64_t step) const { return step % *state_.settings.eval_every == 0 || step >= steps(); }
  double learning_rate() const;
  int64_t steps() const { return *state_.settings.steps; }
  double seconds() const;

  // trainer_steering.cpp: what happens between two steps
  void obey_commands();
  void obey(const Command& command);
  void replay_events();
  void change_settings(const nlohmann::json& arguments);
  void keep_to_the_clock();
  void follow_the_clock();
  void answer_learning_by_heart();
  void apply_settings();
  void rewind(int64_t step);
  nlohmann::json fork(const nlohmann::json& arguments);
  void write_event(const Command& command, const nlohmann::json& more);

  // trainer_records.cpp: what a run leaves behind
  void begin(bool resume, const nlohmann::json& asked);
  void load(const std::filesystem::path& checkpoint);
  void evaluate(nlohmann::json& line);
  Evaluation evaluate_weights();
  void write_health();
  void sample(const std::string& prompt);
  void save(const std::filesystem::path& run, TrainerState state);
  void save_here();
  void check_loss(double loss, double norm);
  void publish(const std::string& state, const std::string& message = "");
  void record(const nlohmann::json& facts);
  void record_begin();
  void record_end(const std::string& state, const std::string& message);
  void show_progress(bool important);
  /// Moments, and the weights' path where the model is a mean.
  std::vector<NamedTensor> optimizer_tensors() const;
  TrainingResult result(const std::string& state, const std::string& message);

  TrainerOptions options_;
  Model& model_;
  Objective& objective_;
  const Tokenizer& tokenizer_;
  Session& session_;
  std::unique_ptr<Optimizer> optimizer_;
  WeightAverage average_;
  TrainerState state_;
  LineFile metrics_, samples_, events_, health_;
  HealthMeter meter_;
  Progress progress_;

  StepBatches next_batches_;  // fetched ahead; used if nothing has changed until then
  nlohmann::json last_metrics_;
  std::vector<nlohmann::json> replay_;  // events to make again
  std::string stop_message_;            // not empty: leave after this step
  bool stopping_ = false, paused_ = false;
  int64_t single_steps_ = 0;                       // steps to take while paused
  double smooth_speed_ = 0.0;                      // tokens a second, for the progress line
  std::chrono::steady_clock::time_point started_;  // when this process's part of the run began
  double earlier_seconds_ = 0.0;                   // of the parts before
  double paused_seconds_ = 0.0;                    // of this part, not counted
  double clock_followed_ = 0.0;                    // seconds() when the steps were last set to fit
  double flops_per_token_ = 0.0;
};

}  // namespace seedling
