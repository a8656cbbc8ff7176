// The parts of a pretraining run, in the order of its life: understand, prepare, decide, build, record,
// report.
//
// Called by commands/pretrain.cpp alone.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands/options.h"
#include "data/dataset.h"
#include "model/config.h"
#include "training/flags.h"
#include "training/pretraining.h"
#include "training/trainer.h"

namespace seedling {

/// What is known before the first step.
struct PretrainRun {
  std::filesystem::path folder;
  bool resume = false;
  uint64_t seed = 1;
  PretrainFlags given, flags;  // by hand; complete
  nlohmann::json stored;       // run.json of the run that is resumed
  nlohmann::json changes =
      nlohmann::json::object();  // settings given by hand on --resume that differ from the run's
};

/// The run's folder and flags: completed, or on --resume read from run.json. Throws UsageError where they
/// contradict.
PretrainRun understand(const PretrainFlags& given, CommandContext& context);

/// How a masked model's windows are cut and hidden; absent for a causal one.
std::optional<MaskedWindows> masked_windows(const PretrainFlags& flags);

/// Text, tokenizer and token files. Throws Error where a resumed run's text has changed.
PreparedData prepare(const PretrainRun& run, const CommandContext& context);

/// Steps from --steps, --epochs, --minutes or the preset, and what follows from them. Returns the autopilot's
/// report.
nlohmann::json decide_steps(PretrainRun& run, const PreparedData& data, Backend& backend,
                            const CommandContext& context);

/// The new model's shape, or with --from that of the model it starts from.
ModelConfig decide_model(const PretrainRun& run, const PreparedData& data);

/// Random values, or those of --from.
void fill_model(Model& model, const PretrainRun& run);

/// run.json: everything needed to repeat the run.
void write_run_json(const PretrainRun& run, const PreparedData& data, const nlohmann::json& autopilot,
                    Backend& backend, const CommandContext& context, double ceiling);

/// The command's result; says how the loss stands against the models that only count.
nlohmann::json report_run(const PretrainRun& run, const PreparedData& data, const TrainingResult& result,
                          int64_t parameters, const CommandContext& context);

}  // namespace seedling
