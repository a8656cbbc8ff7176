// One run as its folder shows it: run.json, the growing files of lines, the checkpoints.
//
// Files are read as they grow and never locked: a line counts once its newline is there. Everything a page
// asks about a past run, or about one that another process trains, comes from here. Thread-safe.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "web/server/line_files.h"
#include "web/server/series.h"

namespace seedling::server {

class RunFolder {
 public:
  RunFolder(std::string id, std::filesystem::path folder);

  const std::string& id() const { return id_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// RUN of the contract, with "live": false, and "message" where there is one: why it ended, in words.
  nlohmann::json summary();
  /// run.json, or {} where it is missing or malformed.
  nlohmann::json description() const;
  /// Objects of a file of lines ("samples.jsonl"), the last 20,000 of them.
  nlohmann::json lines(const std::string& file) const;
  nlohmann::json checkpoints();
  /// Calls look(index) with the index up to date, under this run's lock.
  void with_series(const std::function<void(const SeriesIndex&)>& look);
  /// Forgets the index to save memory; it comes back when asked for.
  void drop_series();
  size_t series_bytes() const { return series_bytes_; }

 private:
  void update_series();  // mutex_ held

  const std::string id_;
  const std::filesystem::path folder_;
  std::mutex mutex_;
  GrowingFile metrics_;
  SeriesIndex series_;
  std::atomic<size_t> series_bytes_{0};
};

/// True for [A-Za-z0-9._-]{1,64} that is not "." or "..".
bool valid_run_id(const std::string& id);

/// Makes the folder `fork` a run that goes on from a checkpoint of `parent` ("step-000500"): what `--resume`
/// needs. run.json is written last. Throws Error.
void copy_for_fork(const std::filesystem::path& parent, const std::string& checkpoint,
                   const std::filesystem::path& fork);

/// run.json's flag, wherever this version or an older one keeps it; null where it is not.
nlohmann::json run_flag(const nlohmann::json& description, const std::string& flag);

}  // namespace seedling::server
