// One run's folder (see run_folder.h).
#include "web/server/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"

namespace seedling::server {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kMostLineBytes = int64_t{64} << 20;
constexpr size_t kMostLines = 20000;

constexpr char kSilentEnd[] =
    "It ended without saying why: the program was killed, or the computer went off. It can be continued from "
    "its last "
    "checkpoint.";

/// A trainer holds a lock on its metrics.jsonl as long as it lives (training/line_file.h), whatever process
/// it is in.
bool is_being_written(const fs::path& metrics) {
  const OpenFile file(metrics);
  return file.descriptor >= 0 && ::flock(file.descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// How many steps a run has: what run.json says, or the last change of it that the events tell.
int64_t steps_of(const fs::path& folder, const json& description) {
  const json planned = run_flag(description, "steps");
  int64_t steps = planned.is_number() ? planned.get<int64_t>() : 0;
  const OpenFile file(folder / "events.jsonl");
  if (file.descriptor < 0) return steps;
  const std::string tail =
      file.range(std::max<int64_t>(0, file.status.st_size - kTailBytes), file.status.st_size);
  for (size_t at = 0, end; (end = tail.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string_view text(tail.data() + at, end - at);
    if (text.find("\"steps\"") == std::string_view::npos) continue;
    const json event = parse_line(text);
    const json arguments = event.is_object() ? event.value("arguments", json(nullptr)) : json(nullptr);
    if (arguments.is_object() && arguments.contains("steps") && arguments["steps"].is_number() &&
        !event.contains("refused")) {
      steps = arguments["steps"].get<int64_t>();
    }
  }
  return steps;
}

/// "step-000500" -> 500; -1 for other names.
int64_t checkpoint_step(const std::string& name) {
  if (name.compare(0, 5, "step-") != 0 || name.size() == 5 || name.size() > 20) return -1;
  if (!std::all_of(name.begin() + 5, name.end(), [](char c) { return c >= '0' && c <= '9'; })) return -1;
  return std::stoll(name.substr(5));
}

std::string link_target(const fs::path& link) {
  std::error_code ignored;
  return fs::read_symlink(link, ignored).filename().string();
}

int64_t folder_bytes(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto size = entry.file_size(ignored);
    if (!ignored) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

}  // namespace

bool valid_run_id(const std::string& id) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !id.empty() && id.size() <= 64 && id != "." && id != ".." &&
         id.find_first_not_of(kAllowed) == std::string::npos;
}

json run_flag(const json& description, const std::string& flag) {
  for (const char* place : {"plan", "flags"}) {
    const auto found = description.find(place);
    if (found != description.end() && found->is_object() && found->contains(flag)) return (*found)[flag];
  }
  const auto top = description.find(flag);
  return top == description.end() ? json(nullptr) : *top;
}

void copy_for_fork(const fs::path& parent, const std::string& checkpoint, const fs::path& fork) {
  std::error_code error;
  fs::create_directories(fork / "checkpoints", error);
  fs::copy(parent / "checkpoints" / checkpoint, fork / "checkpoints" / checkpoint,
           fs::copy_options::recursive, error);
  if (!error) fs::create_symlink(checkpoint, fork / "checkpoints" / "latest", error);
  for (const char* name : {"metrics.jsonl", "samples.jsonl", "events.jsonl",
                           "health.jsonl"}) {  // cut to the checkpoint when it is resumed
    if (!error && fs::exists(parent / name)) fs::copy_file(parent / name, fork / name, error);
  }
  if (error) fail(fork.string(), ": the fork cannot be made: ", error.message());
  json run = read_json(parent / "run.json");
  run.erase("state");  // the parent's end is not the fork's
  run.erase("message");
  run["forked_from"] = {{"run", parent.filename().string()}, {"step", checkpoint_step(checkpoint)}};
  write_json_atomic(fork / "run.json", run);
}

RunFolder::RunFolder(std::string id, fs::path folder)
    : id_(std::move(id)), folder_(std::move(folder)), metrics_(folder_ / "metrics.jsonl") {}

json RunFolder::description() const {
  const OpenFile file(folder_ / "run.json");
  if (file.descriptor < 0) return json::object();
  json description =
      json::parse(file.range(0, std::min<int64_t>(file.status.st_size, 4 << 20)), nullptr, false);
  return description.is_object() ? description : json::object();
}

json RunFolder::summary() {
  const json run = description();
  const json metrics = last_line(folder_ / "metrics.jsonl");
  const auto integer = [](const json& value) {
    return value.is_number() ? value.get<int64_t>() : int64_t{0};
  };
  const int64_t step = metrics.is_object() && metrics.contains("step") ? integer(metrics["step"]) : 0;
  const int64_t steps = steps_of(folder_, run);
  const json command = run_flag(run, "command");
  std::string state = "stopped";
  const json told = run_flag(run, "state");
  if (steps > 0 && step >= steps) state = "finished";
  if (told.is_string() && (told == "finished" || told == "failed" || told == "stopped"))
    state = told.get<std::string>();
  if (state == "stopped" && is_being_written(folder_ / "metrics.jsonl")) state = "running";
  json summary = {
      {"id", id_},
      {"command", command.is_string() ? command : json(run.contains("task") ? "finetune" : "pretrain")},
      {"state", state},
      {"live", false},
      {"step", step},
      {"steps", steps},
      {"metrics", metrics}};
  const json message = run_flag(run, "message");
  if (state == "stopped" && told.is_null()) {
    summary["message"] = kSilentEnd;
  } else if (state != "running" && message.is_string()) {
    summary["message"] = message;
  }
  return summary;
}

json RunFolder::lines(const std::string& name) const {
  const OpenFile file(folder_ / name);
  json result = json::array();
  if (file.descriptor < 0) return result;
  const int64_t size = file.status.st_size;
  const int64_t begin = std::max<int64_t>(0, size - kMostLineBytes);
  const std::string text = file.range(begin, size);
  std::vector<std::string_view> whole;
  for (size_t at = begin > 0 ? std::min(text.find('\n'), text.size() - 1) + 1 : 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    whole.emplace_back(text.data() + at, end - at);
    at = end + 1;
  }
  for (size_t i = whole.size() > kMostLines ? whole.size() - kMostLines : 0; i < whole.size(); ++i) {
    json line = parse_line(whole[i]);
    if (line.is_object()) result.push_back(std::move(line));
  }
  return result;
}

json RunFolder::checkpoints() {
  std::error_code ignored;
  const fs::path folder = folder_ / "checkpoints";
  const std::string best = link_target(folder / "best"), latest = link_target(folder / "latest");
  std::vector<std::pair<int64_t, std::string>> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (checkpoint_step(name) >= 0 && entry.is_directory(ignored))
      found.emplace_back(checkpoint_step(name), name);
  }
  std::sort(found.begin(), found.end());
  json result = json::array();
  for (const auto& [step, name] : found) {
    json val_loss = nullptr;
    with_series([&, step = step](const SeriesIndex& index) {
      const auto answer = index.query("val_loss", step, step, 1);
      if (!answer.rows.empty()) val_loss = answer.rows.back().last;
    });
    struct stat status {};
    ::stat((folder / name).c_str(), &status);
    result.push_back({{"name", name},
                      {"step", step},
                      {"bytes", folder_bytes(folder / name)},
                      {"time", static_cast<int64_t>(status.st_mtime)},
                      {"best", name == best},
                      {"latest", name == latest},
                      {"val_loss", val_loss}});
  }
  return result;
}

void RunFolder::update_series() {
  for (;;) {
    bool restarted = false;
    const std::string text = metrics_.read(restarted);
    if (restarted) series_ = SeriesIndex();
    if (text.empty()) break;
    if (series_.lines() == 0) {
      const auto lines = std::count(text.begin(), text.end(), '\n');
      series_.expect(
          static_cast<size_t>(static_cast<double>(lines) * 1.02 * static_cast<double>(metrics_.size()) /
                              static_cast<double>(text.size())));
    }
    scan_metrics(series_, text);
  }
  series_bytes_ = series_.bytes();
}

void RunFolder::with_series(const std::function<void(const SeriesIndex&)>& look) {
  const std::lock_guard lock(mutex_);
  update_series();
  look(series_);
}

void RunFolder::drop_series() {
  const std::lock_guard lock(mutex_);
  series_ = SeriesIndex();
  series_bytes_ = 0;
  metrics_ = GrowingFile(folder_ / "metrics.jsonl");
}

}  // namespace seedling::server
