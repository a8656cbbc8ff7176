// --serve, and what the server asks of the program (see dashboard.h).
#include "commands/dashboard.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "backend/cpu/machine.h"
#include "base/files.h"
#include "commands/runs.h"
#include "data/describe.h"
#include "training/interrupt.h"
#include "training/interventions.h"
#include "training/plan.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

using nlohmann::json;

/// The flags that every command takes, out of a JSON body and into the run's own context.
CommandContext take_common_flags(json& flags, CommandContext context) {
  const auto take = [&](const char* name, auto& target) {
    if (!flags.contains(name)) return;
    try {
      target = flags[name].get<std::decay_t<decltype(target)>>();
    } catch (const json::exception&) {
      fail_usage("\"", name, "\" has the wrong type");
    }
    flags.erase(name);
  };
  context.common.json = false;
  context.common.seed_given = flags.contains("seed");
  take("seed", context.common.seed);
  take("threads", context.common.device.threads);
  take("device", context.common.device.device);
  take("precision", context.common.device.precision);
  const DeviceOptions& device = context.common.device;
  if (device.device != "auto" && device.device != "cpu" && device.device != "cuda") {
    fail_usage("\"device\" must be auto, cpu or cuda");
  }
  if (device.precision != "auto" && device.precision != "fp32" && device.precision != "bf16") {
    fail_usage("\"precision\" must be auto, fp32 or bf16");
  }
  if (device.threads < 0 || device.threads > 4096) fail_usage("\"threads\" must be between 0 and 4096");
  return context;
}

const char* type_name(const std::optional<int64_t>&) { return "integer"; }
const char* type_name(const std::optional<double>&) { return "number"; }
const char* type_name(const std::optional<bool>&) { return "boolean"; }
const char* type_name(const std::optional<std::string>&) { return "string"; }

json describe_flags() {
  json flags = json::object();
  PretrainFlags none;
  const std::vector<std::string>& live = changeable_flags();
  visit_pretrain_flags(none, [&](const FlagInfo& info, const auto& value) {
    const std::string name = info.name;
    if (name == "out" || name == "resume" || name == "replay") return;
    json flag = {{"type", type_name(value)}, {"help", info.help}};
    flag["live"] = std::find(live.begin(), live.end(), name) != live.end();
    if (info.low != info.high) flag["min"] = info.low, flag["max"] = info.high;
    if (info.choices != nullptr) {
      flag["choices"] = json::array();
      std::istringstream words(info.choices);
      for (std::string word; std::getline(words, word, '|');) flag["choices"].push_back(word);
    }
    flags[name] = flag;
  });
  return flags;
}

json describe_program() {
  const CpuInfo& cpu = cpu_info();
  const json flags = describe_flags();
  return {{"version", code_version()},
          {"flags", flags},
          {"presets", flags["preset"]["choices"]},
          {"tasks", json::array()},
          {"datasets", list_data()["data_sets"]},
          {"machine", {{"cpu", cpu.model}, {"cores", cpu.cores}}},
          {"start", {{"command", "pretrain"}, {"minutes", 3}}}};
}

constexpr double kPatience = 120.0;  // seconds that a page may rest before its program leaves

/// Somebody pressed Enter in the terminal. Takes what was typed.
bool enter_pressed() {
  struct pollfd input {
    STDIN_FILENO, POLLIN, 0
  };
  if (::poll(&input, 1, 0) <= 0) return false;
  char typed[256];
  return ::read(STDIN_FILENO, typed, sizeof typed) >= 0;
}

}  // namespace

void add_serve_flag(CLI::App* command, int& port) {
  command
      ->add_option_function<std::vector<int>>(
          "--serve", [&port](const std::vector<int>& given) { port = given.empty() ? 8080 : given.front(); },
          "Dashboard at http://127.0.0.1:PORT while it trains (default port 8080)")
      ->expected(0, 1)
      ->check(CLI::Range(0, 65535));
}

server::TrainerHooks trainer_hooks(const CommandContext& context) {
  server::TrainerHooks hooks;
  hooks.check = [context](const std::string& command, const json& given) {
    json flags = given;
    take_common_flags(flags, context);
    if (command == "finetune") {
      const FinetuneFlags wanted = finetune_flags_from_json(flags);
      if (!wanted.task || !wanted.training.from) fail_usage("finetune needs \"task\" and \"from\"");
      return;
    }
    if (command != "pretrain") fail_usage("this build cannot start ", command);
    complete_flags(pretrain_flags_from_json(flags));
  };
  hooks.train = [context](const std::string& command, const json& given, Session& session) {
    json flags = given;
    CommandContext own = take_common_flags(flags, context);
    if (command == "finetune") {
      run_finetune(finetune_flags_from_json(flags), own, session);
      return;
    }
    if (command != "pretrain") fail_usage("this build cannot start ", command);
    run_pretrain(pretrain_flags_from_json(flags), own, session);
  };
  hooks.check_command = [](const Command& command) { check_command(command); };
  hooks.describe = describe_program;
  return hooks;
}

std::shared_ptr<Dashboard> start_dashboard(const std::filesystem::path& runs, int port,
                                           const CommandContext& context) {
  server::ServerOptions options;
  options.runs = runs;
  options.port = port;
  options.hooks = trainer_hooks(context);
  auto server = std::make_unique<server::Server>(std::move(options));
  context.say(server->link_line());
  return std::make_shared<Dashboard>(std::move(server));
}

std::shared_ptr<void> Dashboard::show(const std::filesystem::path& folder,
                                      std::shared_ptr<Session> session) const {
  Snapshot snapshot;
  snapshot.run = folder.filename().string();
  snapshot.folder = folder;
  session->publish(snapshot);
  server_->attach(folder, std::move(session));
  return std::shared_ptr<void>(nullptr, [this, folder](void*) { server_->detach(folder); });
}

void Dashboard::stay_for_readers(const CommandContext& context) const {
  const bool terminal = ::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO);
  const auto in_use = [&] {
    return terminal && server_->is_watched() && server_->idle_seconds() < kPatience;
  };
  if (interrupted() || (!in_use() && !server_->is_training())) return;
  context.say(server_->is_training()
                  ? "the runs that were started from the page go on; Ctrl-C saves and ends them"
                  : "the page is in use, so the dashboard stays; Enter ends it, as do two minutes of rest");
  while (!interrupted() && (server_->is_training() || in_use())) {
    if (terminal && enter_pressed() && !server_->is_training()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace seedling
