// run.json as --resume reads it, the same for pre-training and fine-tuning.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "commands/options.h"

namespace seedling {

/// The record of a run of `command` in `folder`. Throws Error where it is none.
nlohmann::json read_run_record(const std::filesystem::path& folder, const std::string& command);

/// Seed, threads and precision as the run began with, where the machine allows. Throws UsageError where
/// another seed was given.
void go_on_as(const nlohmann::json& record, const std::filesystem::path& folder, CommandContext& context);

}  // namespace seedling
