// A pretended trainer for the server's tests: writes the files of a run and obeys commands, but learns
// nothing.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "training/session.h"
#include "web/server/trainer_hooks.h"

namespace fake {

using nlohmann::json;
namespace fs = std::filesystem;

/// A folder that goes away with its test.
struct Folder {
  Folder() {
    char name[] = "/tmp/seedling-server-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

inline void append(const fs::path& file, const json& line) {
  std::ofstream(file, std::ios::app) << line.dump() << "\n";
}

/// Steps every `microseconds` until told to stop.
inline void train(const json& flags, seedling::Session& session, int microseconds = 1000) {
  const fs::path folder = flags["out"].get<std::string>();
  fs::create_directories(folder / "checkpoints");
  const int64_t steps = flags.value("steps", 100000);
  append(folder / "run.json", {{"command", "pretrain"}, {"plan", {{"steps", steps}}}});
  seedling::Snapshot now;
  now.run = folder.filename().string(), now.folder = folder, now.command = "pretrain", now.steps = steps;
  bool paused = false, stop = false;
  int64_t allowed = 0;
  const auto say = [&](const std::string& state) {
    now.state = state;
    session.publish(now);
    session.notify("state", {{"state", state}});
  };
  say("running");
  if (flags.value("fail", false)) seedling::fail("the pretended trainer was told to fail");
  while (now.step < steps && !stop) {
    session.serve_looks();
    for (const seedling::Command& command : session.take_commands(paused && allowed == 0)) {
      if (command.name == "pause") paused = true, say("paused");
      if (command.name == "resume") paused = false, say("running");
      if (command.name == "step") paused = true, ++allowed;
      if (command.name == "stop") stop = true;
      json line = {{"id", command.id},
                   {"command", command.name},
                   {"step", now.step},
                   {"arguments", command.arguments}};
      if (command.name == "fork") {
        const fs::path fork = folder.parent_path() / command.arguments["name"].get<std::string>();
        fs::create_directories(fork);
        append(fork / "run.json", {{"command", "pretrain"}, {"plan", {{"steps", steps}}}});
        line["run"] = fork.filename().string();
      }
      append(folder / "events.jsonl", line);
      session.notify("intervention", line);
    }
    if (stop) break;
    if (paused && allowed == 0) continue;
    if (paused) --allowed;
    ++now.step;
    now.metrics = {{"step", now.step}, {"loss", 1.0 / static_cast<double>(now.step)}};
    append(folder / "metrics.jsonl", now.metrics);
    session.publish(now);
    session.notify("metrics", now.metrics);
    if (microseconds > 0) std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  }
  say(stop ? "stopped" : "finished");
}

inline seedling::server::TrainerHooks hooks(int microseconds = 1000) {
  seedling::server::TrainerHooks hooks;
  hooks.check = [](const std::string&, const json& flags) {
    for (const auto& [name, value] : flags.items()) {
      if (name != "steps" && name != "fail") seedling::fail_usage("unknown flag ", name);
      if (name == "steps" && (!value.is_number_integer() || value < 1))
        seedling::fail_usage("steps must be above 0");
    }
  };
  hooks.train = [microseconds](const std::string&, const json& flags, seedling::Session& session) {
    train(flags, session, microseconds);
  };
  hooks.check_command = [](const seedling::Command& command) {
    if (command.name == "dance") seedling::fail_usage("unknown command");
  };
  return hooks;
}

/// Waits up to ten seconds for something to become true.
template <typename Condition>
bool eventually(Condition&& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

}  // namespace fake
