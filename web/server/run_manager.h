// The runs that this process trains: starting, queueing, steering, ending them.
//
// One thread a run; at most kTrainingAtOnce of them train, the others wait as "starting". What a trainer
// tells its session goes to the event hub at once. Called by: routes (start, command), server (attach, end).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "web/server/event_hub.h"
#include "web/server/run_store.h"
#include "web/server/trainer_hooks.h"

namespace seedling::server {

constexpr int kTrainingAtOnce =
    2;  // a fork and its parent grow side by side; more would only slow each other

class RunManager {
 public:
  RunManager(RunStore& store, EventHub& hub, TrainerHooks hooks);
  ~RunManager() { end(); }
  /// Asks every run started here to stop and save, and waits for them.
  void end();

  /// A run that somebody else's thread trains in this process (pretrain --serve), until it is detached.
  void attach(const std::string& id, std::shared_ptr<Session> session);
  void detach(const std::string& id);
  /// Starts a run as POST /api/runs says. Returns its id. Throws HttpError.
  std::string start(nlohmann::json body);
  /// Queues a command of POST /api/runs/ID/commands. Returns the reply. Throws HttpError (404, 409 not_live,
  /// 400).
  nlohmann::json command(const std::string& id, nlohmann::json body);

  /// Null where this process does not train the run now.
  std::shared_ptr<Session> live(const std::string& id) const;
  bool is_live(const std::string& id) const { return live(id) != nullptr; }
  /// Of the runs started here, one trains or waits for its turn.
  bool is_training() const;
  /// RUN of the contract; throws HttpError 404.
  nlohmann::json describe(const std::string& id);
  /// {"runs": [RUN...]}.
  nlohmann::json describe_all();
  bool can_start() const { return static_cast<bool>(hooks_.train); }
  const TrainerHooks& hooks() const { return hooks_; }

 private:
  struct Run;
  std::string start_fork(const std::string& command, nlohmann::json fork, const nlohmann::json& changes);
  void check_changes(const nlohmann::json& changes) const;
  void unpack_lesson_texts(nlohmann::json& flags, const char* name) const;
  void listen(const std::shared_ptr<Run>& run);
  void launch(const std::string& id, const std::string& command, const nlohmann::json& flags);
  void train(const std::shared_ptr<Run>& run);
  static void keep_failure(const Run& run, const std::string& message);
  void finish_fork(const nlohmann::json& line);
  nlohmann::json describe_live(const Run& run) const;

  RunStore& store_;
  EventHub& hub_;
  TrainerHooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable free_place_;
  std::map<std::string, std::shared_ptr<Run>> runs_;
  std::map<std::string, std::pair<std::string, nlohmann::json>> forks_;  // command id -> new run, its command
  std::deque<std::string> waiting_;                                      // ids, first come first
  int training_ = 0;
  bool stopping_ = false;
  std::atomic<uint64_t> commands_{0};
  std::string command_prefix_;
};

/// 2 n random lowercase hex digits from the system.
std::string random_hex(int n);

}  // namespace seedling::server
