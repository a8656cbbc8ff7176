#include "checkpoint/folder.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"

namespace seedling {
namespace fs = std::filesystem;

namespace {

constexpr char kNew[] = ".tmp-", kOld[] = ".old-";

fs::path aside(const fs::path& target, const char* mark) {
  return target.parent_path() / concat(mark, target.filename().string(), '.', getpid());
}

/// "dir/name/" and "name" -> a path with a parent and a last part.
fs::path normal(const fs::path& target) {
  fs::path path = fs::absolute(target).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path;
}

/// Only folders made of a checkpoint's files may be replaced.
void check_replaceable(const fs::path& target) {
  static const std::vector<std::string> known = {"config.json",
                                                 "model.safetensors",
                                                 "tokenizer.json",
                                                 "tokenizer_config.json",
                                                 "generation_config.json",
                                                 "trainer_state.json",
                                                 "optimizer.safetensors",
                                                 "adapter_config.json",
                                                 "adapter_model.safetensors",
                                                 "model.safetensors.index.json"};
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) fail(target.string(), ": exists and is not a folder. Choose another name.");
  for (const auto& entry : fs::directory_iterator(target, error))
    if (std::find(known.begin(), known.end(), entry.path().filename().string()) == known.end())
      fail(target.string(), ": this folder already holds '", entry.path().filename().string(),
           "', which is no part of a checkpoint and would be lost. Choose another folder.");
  if (error) fail(target.string(), ": cannot be looked into (", error.message(), ").");
}

/// The process id at the end of ".tmp-step-000500.1234"; 0 when there is none.
long process_of(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot + 1 == name.size() || name.size() - dot > 10) return 0;
  if (!std::all_of(name.begin() + dot + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; })) return 0;
  return std::strtol(name.c_str() + dot + 1, nullptr, 10);
}

bool is_running(long process) {
  return process != getpid() && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

}  // namespace

FolderWriter::FolderWriter(const fs::path& target)
    : target_(normal(target)), temporary_(aside(target_, kNew)) {
  check_replaceable(target_);
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  if (!error) fs::remove_all(temporary_, error);
  if (!error) fs::create_directory(temporary_, error);
  if (error)
    fail(target_.string(), ": cannot be made (", error.message(),
         "). Check the folder, its permissions and the free space.");
}

FolderWriter::~FolderWriter() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void FolderWriter::commit() {
  sync_to_disk(temporary_);
  std::error_code error;
  const fs::path old = aside(target_, kOld);
  const bool replaces = fs::exists(fs::symlink_status(target_));
  if (replaces) fs::rename(target_, old, error);
  if (!error) {
    fs::rename(temporary_, target_, error);
    std::error_code ignored;
    if (error && replaces) fs::rename(old, target_, ignored);
  }
  if (error)
    fail(target_.string(), ": cannot be put in place (", error.message(), "). What was there is untouched.");
  temporary_.clear();
  sync_to_disk(target_.parent_path());
  if (replaces) fs::remove_all(old, error);
}

void clean_checkpoints(const fs::path& checkpoints) {
  std::error_code error;
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(checkpoints, error)) left.push_back(entry.path());
  for (const fs::path& path : left) {
    const std::string name = path.filename().string();
    const bool fresh = name.rfind(kNew, 0) == 0, old = name.rfind(kOld, 0) == 0;
    const long process = process_of(name);
    if ((!fresh && !old) || process == 0 || is_running(process)) continue;
    const size_t begin = sizeof kOld - 1;
    const fs::path target = checkpoints / name.substr(begin, name.rfind('.') - begin);
    if (old && !fs::exists(fs::symlink_status(target))) {
      fs::rename(path, target, error);
    } else {
      fs::remove_all(path, error);
    }
  }
}

void link_checkpoint(const fs::path& checkpoints, const std::string& name, const std::string& target) {
  const fs::path temporary = aside(checkpoints / name, kNew);
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, checkpoints / name, error);
  if (error) {
    const std::string reason = error.message();
    fs::remove(temporary, error);
    fail((checkpoints / name).string(), ": the link cannot be set (", reason, ").");
  }
  sync_to_disk(checkpoints);
}

fs::path resolve_model_dir(const fs::path& path) {
  const auto is_model = [](const fs::path& folder) {
    return fs::exists(folder / "config.json") || fs::exists(folder / "adapter_config.json");
  };
  std::error_code error;
  if (!fs::exists(path, error))
    fail(path.string(),
         ": there is no such folder. Give a checkpoint, a run, or a Hugging Face model's folder.");
  if (!fs::is_directory(path, error))
    fail(path.string(), ": is a file. Give the folder that holds config.json and model.safetensors.");
  if (is_model(path)) return fs::canonical(path);  // links are followed once: `latest` may move on meanwhile
  for (const char* name : {"checkpoints/best", "checkpoints/latest", "best", "latest"})
    if (is_model(path / name)) return fs::canonical(path / name);
  if (fs::exists(path / "run.json") || fs::exists(path / "checkpoints"))
    fail(path.string(), ": this run has no checkpoint yet. Wait for its first one, or train it longer.");
  fail(path.string(),
       ": there is no config.json here, and no checkpoints/ of a run. "
       "Give a checkpoint, a run, or a Hugging Face model's folder.");
}

}  // namespace seedling
