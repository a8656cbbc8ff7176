// --serve [PORT]: the dashboard beside a training run. Called by pretrain.cpp and finetune.cpp.
#pragma once

#include <filesystem>
#include <memory>

#include "commands/options.h"
#include "training/session.h"
#include "web/server/server.h"

namespace seedling {

/// Adds --serve [PORT] (default 8080) to a command; `port` stays -1 where the flag is not given.
void add_serve_flag(CLI::App* command, int& port);

/// The dashboard beside the runs that this command trains; it serves as long as it lives.
class Dashboard {
 public:
  explicit Dashboard(std::unique_ptr<server::Server> server) : server_(std::move(server)) {}
  /// A run that this process trains in `folder`: it can be steered as long as what this returns lives.
  std::shared_ptr<void> show(const std::filesystem::path& folder, std::shared_ptr<Session> session) const;
  /// The command's own runs are over. Returns at once, unless somebody still needs the page: runs that were
  /// started from it go on to their end, and on a terminal a page in use stays until Enter, Ctrl-C or two
  /// minutes of rest.
  void stay_for_readers(const CommandContext& context) const;

 private:
  std::unique_ptr<server::Server> server_;
};

/// Serves the runs of a folder, and prints the link. Throws Error where the port is taken.
std::shared_ptr<Dashboard> start_dashboard(const std::filesystem::path& runs, int port,
                                           const CommandContext& context);

/// What the server asks of this program: flags checked, runs trained, the machine described.
server::TrainerHooks trainer_hooks(const CommandContext& context);

}  // namespace seedling
