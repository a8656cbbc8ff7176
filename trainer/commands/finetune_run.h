// The parts of a fine-tuning run, in the order of its life: where it starts from, how it learns, what it
// reports; and the comparisons made of several runs.
//
// Called by commands/finetune.cpp, finetune_compare.cpp and finetune_all.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/options.h"
#include "commands/runs.h"
#include "tasks/example_set.h"
#include "tasks/task.h"
#include "training/flags.h"
#include "training/session.h"

namespace seedling {

/// One run: what the person asked for, and what a comparison adds.
struct FinetuneJob {
  FinetuneFlags given;
  std::filesystem::path folder;
  bool resume = false;
  bool random_weights = false;  // the shape and tokenizer of --from, but nothing it has learned
  bool brief = false;       // part of a comparison: few evaluations, no progress lines, no measured ceiling
  bool ask_before = true;   // score the model before it learns
  bool look_back = true;    // measure what was forgotten
  int64_t score_limit = 0;  // score so many test examples only (0: all)
  int64_t before_limit = 200;  // and so many before learning
  ShowRun show;                // for each run of it
};

/// Where the run starts: the base model's shape with the task's head, and its tokenizer with the task's
/// record.
struct FinetuneStart {
  std::filesystem::path base;  // empty: --from scratch
  ModelConfig config;
  std::unique_ptr<Tokenizer> tokenizer;
  TaskRecord record;
};
FinetuneStart find_start(const FinetuneFlags& flags, const TaskData& data, const CommandContext& context);

/// A tokenizer and a shape for --from scratch.
FinetuneStart make_start(const FinetuneFlags& flags, const TaskData& data, const CommandContext& context);

/// Trains, scores the best checkpoint on the test set (else on the validation set), writes RUN/report.json.
nlohmann::json train_task(const FinetuneJob& job, CommandContext& context, Session& session);

/// Loss of the base model's own text before and after: what fine-tuning has cost. Null where the base is not
/// a run of this program whose text is still there. `tuned` is the fine-tuned model.
nlohmann::json measure_forgetting(const std::filesystem::path& base, Model& tuned, Backend& backend,
                                  const CommandContext& context);

/// train_task as a part of a comparison: a run of its own, in its own folder. Throws Error where it was
/// interrupted.
nlohmann::json run_part(const FinetuneJob& run, CommandContext& context);

/// --compare scratch: 20, 200, 2000 and all examples, from the pre-trained and from random weights, with the
/// same time each. Writes RUN/compare.json and returns it.
nlohmann::json compare_with_scratch(const FinetuneJob& job, CommandContext& context, Session& session);

/// --task all: every embedded set that the model can learn; before and after, and with 200 examples from the
/// pre-trained and from random weights. Writes RUN/report.json and returns it.
nlohmann::json train_all_tasks(const FinetuneJob& job, CommandContext& context, Session& session);

/// A table's cells: text to the left, a number (null: a dash) to the right.
std::string left_cell(const std::string& text, size_t width);
std::string number_cell(const nlohmann::json& value);

/// The name and value of a task's first metric: {"accuracy", 0.97}.
std::pair<std::string, double> headline(const std::string& task, const nlohmann::json& scores);

}  // namespace seedling
