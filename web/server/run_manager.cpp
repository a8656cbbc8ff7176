// The runs that this process trains (see run_manager.h).
#include "web/server/run_manager.h"

#include <algorithm>
#include <random>

#include "base/error.h"
#include "base/files.h"
#include "web/server/fields.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

struct RunManager::Run {
  std::string id, command;
  json flags;
  std::shared_ptr<Session> session;
  std::thread thread;  // of runs started here
  bool ended = false;  // guarded by mutex_
};

std::string random_hex(int n) {
  std::random_device device;
  std::string text;
  for (int i = 0; i < n; ++i) {
    const unsigned byte = device() & 255u;
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15u];
  }
  return text;
}

RunManager::RunManager(RunStore& store, EventHub& hub, TrainerHooks hooks)
    : store_(store), hub_(hub), hooks_(std::move(hooks)), command_prefix_(random_hex(4)) {}

void RunManager::end() {
  std::map<std::string, std::shared_ptr<Run>> runs;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    runs = runs_;
  }
  free_place_.notify_all();
  for (auto& [id, run] : runs) {
    if (!run->thread.joinable()) continue;
    run->session->post({command_prefix_ + "-end", "stop", json::object()});
    run->thread.join();
  }
}

void RunManager::attach(const std::string& id, std::shared_ptr<Session> session) {
  auto run = std::make_shared<Run>();
  run->id = id;
  run->session = std::move(session);
  listen(run);
  const std::lock_guard lock(mutex_);
  runs_[id] = run;
  ++training_;
}

void RunManager::detach(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    if (runs_.erase(id) == 0) return;
    --training_;
  }
  free_place_.notify_all();
  if (store_.find(id)) hub_.publish("state", describe(id));  // from here on as its files tell it
}

/// Everything the trainer says becomes an event. Runs on the trainer's thread: copies and returns.
void RunManager::listen(const std::shared_ptr<Run>& run) {
  run->session->add_listener(
      [this, weak = std::weak_ptr<Run>(run)](const std::string& kind, const json& line) {
        const auto run = weak.lock();
        if (!run) return;
        if (kind == "metrics") return hub_.add_point(run->id, line);
        if (kind == "state") {
          json state = describe_live(*run);
          if (line.is_object() && line.contains("state")) state["state"] = line["state"];
          return hub_.publish("state", state);
        }
        json named = line.is_object() ? line : json{{"value", line}};
        named["run"] = run->id;
        hub_.publish(kind, named);
        if (kind == "intervention" && line.is_object() && line.value("command", "") == "fork")
          finish_fork(line);
      });
}

std::shared_ptr<Session> RunManager::live(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->ended) return nullptr;
  const std::string state = found->second->session->snapshot()->state;
  if (!found->second->thread.joinable() && (state == "finished" || state == "failed" || state == "stopped"))
    return nullptr;
  return found->second->session;
}

bool RunManager::is_training() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(runs_.begin(), runs_.end(), [](const auto& entry) {
    return entry.second->thread.joinable() && !entry.second->ended;
  });
}

json RunManager::describe_live(const Run& run) const {
  const auto snapshot = run.session->snapshot();
  json description = {{"id", run.id},
                      {"command", snapshot->command.empty() ? run.command : snapshot->command},
                      {"state", snapshot->state},
                      {"live", true},
                      {"step", snapshot->step},
                      {"steps", snapshot->steps},
                      {"metrics", snapshot->metrics}};
  if (!snapshot->message.empty()) description["message"] = snapshot->message;
  return description;
}

json RunManager::describe(const std::string& id) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(id);
    if (found != runs_.end()) run = found->second;
  }
  if (run && live(id)) return describe_live(*run);
  const auto folder = store_.find(id);
  if (folder) {
    json summary = folder->summary();
    if (run) {  // trained here and over: its own last words are surer than what the files suggest
      const std::string state = run->session->snapshot()->state;
      if (state != "running" && state != "paused" && state != "starting") {
        summary["state"] = state;
        summary.erase("message");
        const std::string message = run->session->snapshot()->message;
        if (!message.empty()) summary["message"] = message;
      }
    }
    return summary;
  }
  if (run) {  // it ended before it had written anything
    json summary = describe_live(*run);
    summary["live"] = false;
    return summary;
  }
  refuse_not_found("there is no run \"" + id + "\"");
}

json RunManager::describe_all() {
  std::vector<std::string> ids = store_.ids();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, run] : runs_) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.insert(ids.begin(), id);
    }
  }
  json runs = json::array();
  for (const std::string& id : ids) {
    try {
      runs.push_back(describe(id));
    } catch (const HttpError&) {  // removed in between
    }
  }
  return {{"runs", runs}};
}

void RunManager::launch(const std::string& id, const std::string& command, const json& flags) {
  auto run = std::make_shared<Run>();
  run->id = id, run->command = command, run->flags = flags;
  run->session = std::make_shared<Session>();
  Snapshot snapshot;
  snapshot.run = id, snapshot.command = command, snapshot.folder = flags["out"].get<std::string>();
  run->session->publish(snapshot);
  listen(run);
  std::shared_ptr<Run> earlier;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw HttpError(503, "stopping", "the server is ending");
    auto& place = runs_[id];
    earlier = std::move(place);
    place = run;
    waiting_.push_back(id);
    run->thread = std::thread([this, run] { train(run); });
  }
  if (earlier && earlier->thread.joinable())
    earlier->thread.join();  // it has ended: runs are continued only then
  hub_.publish("state", describe_live(*run));
}

/// A run that failed before it had a run.json would be forgotten with this process: its end is written down
/// for it.
void RunManager::keep_failure(const Run& run, const std::string& message) {
  const std::filesystem::path path = std::filesystem::path(run.flags["out"].get<std::string>()) / "run.json";
  if (std::filesystem::exists(path)) return;
  try {
    write_json_atomic(
        path, {{"command", run.command}, {"flags", run.flags}, {"state", "failed"}, {"message", message}});
  } catch (const Error&) {  // a disk that is full or gone: the page has been told, at least
  }
}

/// The thread of one run: waits for a place, trains, says how it ended.
void RunManager::train(const std::shared_ptr<Run>& run) {
  bool stopped = false;
  {
    std::unique_lock lock(mutex_);
    while (!stopping_ && !stopped && (training_ >= kTrainingAtOnce || waiting_.front() != run->id)) {
      free_place_.wait_for(lock, std::chrono::milliseconds(100));
      for (const Command& command : run->session->take_commands(false))
        stopped = stopped || command.name == "stop";
    }
    stopped = stopped || stopping_;
    if (!stopped) ++training_;
    std::erase(waiting_, run->id);
  }
  free_place_.notify_all();
  std::string message;
  if (!stopped) {
    try {
      hooks_.train(run->command, run->flags, *run->session);
    } catch (const std::exception& error) {
      message = error.what();
    } catch (...) {
      message = "it ended for an unknown reason";
    }
  }
  run->session->close();
  if (!message.empty()) keep_failure(*run, message);
  Snapshot last = *run->session->snapshot();
  const bool ended = last.state == "finished" || last.state == "stopped" || last.state == "failed";
  if (!message.empty())
    last.state = "failed", last.message = message;
  else if (!ended)
    last.state = "stopped";
  run->session->publish(last);
  json state = describe_live(*run);
  state["live"] = false;
  {
    const std::lock_guard lock(mutex_);
    run->ended = true;
    if (!stopped) --training_;
  }
  free_place_.notify_all();
  hub_.publish("state", state);
}

}  // namespace seedling::server
