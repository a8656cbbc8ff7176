// All runs of one folder: finding them, and watching those that another process trains.
//
// Called by: run_manager (where new runs go), routes, model_store (where checkpoints lie).
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "web/server/event_hub.h"
#include "web/server/run_folder.h"

namespace seedling::server {

class RunStore {
 public:
  /// `runs` is made if it is missing. Throws Error when that cannot be.
  explicit RunStore(std::filesystem::path runs);

  const std::filesystem::path& folder() const { return runs_; }
  /// Ids of the folders that are runs (they hold run.json or metrics.jsonl), newest first. The runs that a
  /// comparison is made of lie in its folder: their ids are COMPARISON.RUN.
  std::vector<std::string> ids() const;
  /// Null where there is no such run (or the id is not an id).
  std::shared_ptr<RunFolder> find(const std::string& id);
  /// Where a model lies: "ID" (its best checkpoint, else its latest), "ID/latest", "ID/best",
  /// "ID/step-000500". Empty where there is none.
  std::filesystem::path checkpoint(const std::string& name);
  /// The id of a run's folder; empty where its name cannot be one.
  std::string id_of(const std::filesystem::path& folder) const;
  /// A run that need not lie under runs(): the process's own, with --serve.
  void adopt(const std::string& id, const std::filesystem::path& folder);
  /// An id of the form NAME-2 that no folder has yet; makes its folder, so that it is taken.
  std::string new_id(const std::string& name);
  /// The same without making the folder.
  std::string free_id(const std::string& name) const;

 private:
  std::filesystem::path folder_of(const std::string& id) const;
  void limit_memory(const std::string& used);  // mutex_ held

  std::filesystem::path runs_;
  mutable std::mutex mutex_;
  std::map<std::string, std::filesystem::path> adopted_;
  std::map<std::string, std::shared_ptr<RunFolder>> known_;
  std::vector<std::string> recent_;  // most recently used last
};

/// Turns what grows in the folders of runs that this process does not train into events, five times a second.
class RunWatcher {
 public:
  RunWatcher(RunStore& store, EventHub& hub, std::function<bool(const std::string&)> is_live);
  ~RunWatcher();

 private:
  struct Watched;
  void watch();
  void look(const std::string& id, bool first_round);

  RunStore& store_;
  EventHub& hub_;
  std::function<bool(const std::string&)> is_live_;
  std::map<std::string, std::unique_ptr<Watched>> watched_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace seedling::server
