// All that a run must remember besides its tensors: trainer_state.json of every checkpoint.
//
// With the tensors of model and optimizer this is enough to continue bit for bit: batches and dropout masks
// are pure functions of (seed, counters). Called by training/trainer.cpp and training/interventions.cpp.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "training/flags.h"

namespace seedling {

struct TrainerState {
  int64_t step = 0;           // optimizer steps taken
  int64_t examples = 0;       // examples of the endless row of epochs taken: the loader's place
  int64_t tokens = 0;         // trained on
  double seconds = 0.0;       // since the run's beginning, evaluation and all, pauses left out
  double step_seconds = 0.0;  // of which in steps
  uint64_t seed = 1;
  TrainingFlags settings;  // complete; what "set" changes

  bool has_best = false;
  double best_score = 0.0;
  int64_t best_step = 0;
  nlohmann::json best_fields;                  // of the best evaluation
  int64_t evaluations_since_best = 0;          // for early stop
  int64_t evaluated_step = -1;                 // the last step that was evaluated
  double first_loss = 0.0, smooth_loss = 0.0;  // for divergence
  int64_t last_checkpoint = -1;                // step of the newest good checkpoint
  int64_t replayed = 0;                        // events of --replay already made

  // Bytes of the run's files of lines at this moment: what came later is cut on resume.
  int64_t metrics_size = 0, samples_size = 0, events_size = 0, health_size = 0;
};

nlohmann::json state_to_json(const TrainerState& state);
/// Throws Error naming `file` and the missing or wrong key.
TrainerState state_from_json(const nlohmann::json& json, const std::string& file);

/// The training flags alone, by name.
nlohmann::json settings_to_json(const TrainingFlags& settings);
/// Throws UsageError as pretrain_flags_from_json does.
TrainingFlags settings_from_json(const nlohmann::json& json);

}  // namespace seedling
