// seedling serve: the dashboard over a folder of runs, able to start and steer them.
//
// Runs started here train in this process, each on a thread of its own (web/server/README.md). Ends with
// Ctrl-C: runs that train are stopped and saved first.
#include <chrono>
#include <thread>

#include "commands/dashboard.h"
#include "training/interrupt.h"
#include "web/server/server.h"

namespace seedling {

namespace {

struct ServeFlags {
  std::string runs = "runs", host = "127.0.0.1";
  int port = 8080;
};

void run_serve(const ServeFlags& flags, CommandContext& context) {
  const InterruptGuard guard;
  server::ServerOptions options;
  options.runs = std::filesystem::absolute(flags.runs).lexically_normal();
  options.host = flags.host;
  options.port = flags.port;
  options.hooks = trainer_hooks(context);
  const server::Server dashboard(std::move(options));
  context.say(dashboard.link_line());
  while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace

void add_serve_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = add_command(app, context, "serve", "The dashboard over a folder of runs");
  command->add_option("--runs", flags->runs, "Folder of the runs (default runs)");
  command->add_option("--port", flags->port, "Port (default 8080; 0: any free one)")
      ->check(CLI::Range(0, 65535));
  command->add_option("--host", flags->host, "Address to listen on (default 127.0.0.1: this machine only)");
  command->callback([flags, &context] { run_serve(*flags, context); });
}

}  // namespace seedling
