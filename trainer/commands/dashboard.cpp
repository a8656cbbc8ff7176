// --serve, and what the server asks of the program (see dashboard.h).
#include "commands/dashboard.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "backend/cpu/machine.h"
#include "commands/runs.h"
#include "data/describe.h"
#include "training/interventions.h"
#include "training/plan.h"
#include "training/run_directory.h"
#include "web/server/server.h"

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

std::shared_ptr<void> start_dashboard(Session& session, const std::filesystem::path& run, int port,
                                      const CommandContext& context) {
  Snapshot snapshot;
  snapshot.run = run.filename().string();
  snapshot.folder = run;
  session.publish(snapshot);
  server::ServerOptions options;
  options.runs = run.parent_path();
  options.port = port;
  options.hooks = trainer_hooks(context);
  auto dashboard = std::make_shared<server::Server>(std::move(options));
  dashboard->attach(run, session);
  context.say(dashboard->link_line());
  return dashboard;
}

}  // namespace seedling
