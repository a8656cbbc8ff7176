// A run's folder: run.json (everything needed to repeat it), the three line files, the checkpoints.
//
//   RUN/run.json  metrics.jsonl  samples.jsonl  events.jsonl  checkpoints/step-000500/  checkpoints/latest,
//   best
//
// Called by training/trainer.cpp and commands/.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seedling {

/// "step-000500".
std::string checkpoint_name(int64_t step);

/// Throws Error when the folder already holds a run.
void refuse_existing_run(const std::filesystem::path& folder);

/// The same, and throws where the folder could not be made or written: asked before minutes of work go into a
/// run that nobody could keep.
void check_new_run(const std::filesystem::path& folder);

/// Makes the folder (and its parents) for a new run. Throws Error when it already holds one, or cannot be
/// written.
void create_run_directory(const std::filesystem::path& folder);

/// runs/NAME-1, runs/NAME-2, ...: the first that does not exist.
std::filesystem::path free_run_directory(const std::filesystem::path& runs, const std::string& name);

/// The checkpoint that --resume continues from: what `latest` points at, else the highest step; empty if
/// there is none.
std::filesystem::path latest_checkpoint(const std::filesystem::path& run);

/// The newest checkpoint at or before `step`; empty if there is none.
std::filesystem::path checkpoint_at_or_before(const std::filesystem::path& run, int64_t step);

/// Removes all but the newest `keep` checkpoints; latest and best stay in any case.
void prune_checkpoints(const std::filesystem::path& run, int64_t keep);

/// What made this run: program version and commit, machine, operating system.
nlohmann::json describe_machine(const std::string& backend, const std::string& precision, int threads);
std::string code_version();

}  // namespace seedling
