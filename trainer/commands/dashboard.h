// --serve [PORT]: the dashboard beside a training run. Called by pretrain.cpp and finetune.cpp.
#pragma once

#include <filesystem>
#include <memory>

#include "commands/options.h"
#include "training/session.h"
#include "web/server/trainer_hooks.h"

namespace seedling {

/// Adds --serve [PORT] (default 8080) to a command; `port` stays -1 where the flag is not given.
void add_serve_flag(CLI::App* command, int& port);

/// Serves the run, and the others of its folder, until the returned handle goes. Throws Error where the port is taken.
std::shared_ptr<void> start_dashboard(Session& session, const std::filesystem::path& run, int port,
                                      const CommandContext& context);

/// What the server asks of this program: flags checked, runs trained, the machine described.
server::TrainerHooks trainer_hooks(const CommandContext& context);

}  // namespace seedling
