// The folder of a run (see run_directory.h).
#include "training/run_directory.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "backend/cpu/machine.h"
#include "base/error.h"

namespace seedling {

namespace fs = std::filesystem;

namespace {

/// The step of "step-000500"; -1 for any other name.
int64_t step_of(const std::string& name) {
  if (name.rfind("step-", 0) != 0) return -1;
  int64_t step = -1;
  const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), step);
  return error == std::errc() && end == name.data() + name.size() ? step : -1;
}

/// (step, folder) of all checkpoints, oldest first.
std::vector<std::pair<int64_t, fs::path>> checkpoints_of(const fs::path& run) {
  std::vector<std::pair<int64_t, fs::path>> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(run / "checkpoints", error)) {
    const int64_t step = step_of(entry.path().filename().string());
    if (step >= 0 && entry.is_directory() && !entry.is_symlink()) found.emplace_back(step, entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string link_target(const fs::path& link) {
  std::error_code error;
  return fs::read_symlink(link, error).filename().string();
}

}  // namespace

std::string checkpoint_name(int64_t step) {
  const std::string digits = std::to_string(step);
  return "step-" + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

void refuse_existing_run(const fs::path& folder) {
  if (fs::exists(folder / "run.json")) {
    fail(folder.string(), ": already holds a run; add --resume to go on with it, or choose another --out");
  }
}

void check_new_run(const fs::path& folder) {
  refuse_existing_run(folder);
  fs::path parent = fs::absolute(folder);
  while (!fs::exists(parent) && parent.has_relative_path()) parent = parent.parent_path();
  std::string probe = (parent / ".seedling-XXXXXX").string();
  if (::mkdtemp(probe.data()) == nullptr) {
    fail(folder.string(), ": no run can be written here (", parent.string(), ": ", std::strerror(errno),
         "); choose another --out");
  }
  std::error_code ignored;
  fs::remove(probe, ignored);
}

void create_run_directory(const fs::path& folder) {
  refuse_existing_run(folder);
  std::error_code error;
  fs::create_directories(folder / "checkpoints", error);
  if (error)
    fail(folder.string(), ": the run directory cannot be made: ", error.message(), "; choose another --out");
}

fs::path free_run_directory(const fs::path& runs, const std::string& name) {
  for (int number = 1;; ++number) {
    const fs::path folder = runs / concat(name, "-", number);
    if (!fs::exists(folder)) return folder;
  }
}

fs::path latest_checkpoint(const fs::path& run) {
  const fs::path linked = run / "checkpoints" / link_target(run / "checkpoints" / "latest");
  if (step_of(linked.filename().string()) >= 0 && fs::is_directory(linked)) return linked;
  const auto all = checkpoints_of(run);
  return all.empty() ? fs::path() : all.back().second;
}

fs::path checkpoint_at_or_before(const fs::path& run, int64_t step) {
  fs::path found;
  for (const auto& [at, folder] : checkpoints_of(run)) {
    if (at <= step) found = folder;
  }
  return found;
}

void prune_checkpoints(const fs::path& run, int64_t keep) {
  const std::string latest = link_target(run / "checkpoints" / "latest");
  const std::string best = link_target(run / "checkpoints" / "best");
  auto all = checkpoints_of(run);
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const auto& each) {
                             const std::string name = each.second.filename().string();
                             return name == latest || name == best;
                           }),
            all.end());
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) {
    std::error_code error;
    fs::remove_all(all[i].second, error);  // an old checkpoint that cannot go is no reason to stop
  }
}

std::string code_version() { return SEEDLING_CODE_VERSION; }

nlohmann::json describe_machine(const std::string& backend, const std::string& precision, int threads) {
  struct utsname system {};
  ::uname(&system);
  const CpuInfo& cpu = cpu_info();
  return {{"cpu", cpu.model},
          {"cores", cpu.cores},
          {"system", concat(system.sysname, " ", system.release)},
          {"architecture", system.machine},
          {"device", backend},
          {"precision", precision},
          {"threads", threads}};
}

}  // namespace seedling
