// What the server asks of the program it lives in: to check flags, to train, to describe itself.
//
// The commands (trainer/commands/serve.cpp, pretrain, finetune) fill it in, tests fill it with a pretended
// trainer. So the server knows neither the command line nor the trainer, only runs.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "training/session.h"

namespace seedling::server {

struct TrainerHooks {
  /// Throws UsageError where the flags cannot be (unknown name, wrong type, out of range, contradictions).
  std::function<void(const std::string& command, const nlohmann::json& flags)> check;
  /// Trains a run from beginning to end (flags hold "out", perhaps "resume"), telling the session all the
  /// way. Blocks; throws Error when it fails. Absent: this server only looks.
  std::function<void(const std::string& command, const nlohmann::json& flags, Session& session)> train;
  /// Throws UsageError where a running run cannot take the command.
  std::function<void(const Command& command)> check_command;
  /// {"flags", "presets", "tasks", "datasets", "machine", "start"} of /api/defaults.
  std::function<nlohmann::json()> describe;
};

}  // namespace seedling::server
