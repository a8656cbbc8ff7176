// All runs of one folder (see run_store.h).
#include "web/server/run_store.h"

#include <algorithm>

#include "base/error.h"

namespace seedling::server {

namespace fs = std::filesystem;

namespace {
constexpr int kReadAhead = 8;  // the newest runs whose series are indexed at the start
constexpr size_t kMostSeriesBytes = size_t{512} << 20;  // indexes kept in memory, all runs together

bool is_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "run.json", ignored) || fs::exists(folder / "metrics.jsonl", ignored);
}
}  // namespace

RunStore::RunStore(fs::path runs) : runs_(fs::absolute(runs).lexically_normal()) {
  if (!runs_.has_filename()) runs_ = runs_.parent_path();  // "runs/"
  std::error_code error;
  fs::create_directories(runs_, error);
  if (!fs::is_directory(runs_)) {
    fail(runs_.string(), ": cannot be used as the folder of runs (", error.message(),
         "); name another with --runs");
  }
}

std::vector<std::string> RunStore::ids() const {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code ignored;
  const auto add = [&](const std::string& id, const fs::path& folder) {
    fs::file_time_type time = fs::last_write_time(folder / "run.json", ignored);
    if (ignored) time = fs::last_write_time(folder, ignored);
    found.emplace_back(time, id);
  };
  const auto for_each = [&](const fs::path& parent, const auto& use) {
    for (const auto& entry :
         fs::directory_iterator(parent, fs::directory_options::skip_permission_denied, ignored)) {
      const std::string id = id_of(entry.path());
      if (!id.empty() && entry.is_directory(ignored)) use(id, entry.path());
    }
  };
  for_each(runs_, [&](const std::string& id, const fs::path& folder) {
    if (is_run(folder)) return add(id, folder);
    for_each(folder, [&](const std::string& part, const fs::path& inner) {
      if (is_run(inner)) add(part, inner);
    });
  });
  const std::lock_guard lock(mutex_);
  for (const auto& [id, folder] : adopted_) {
    if (std::none_of(found.begin(), found.end(), [&, id = &id](const auto& f) { return f.second == *id; }))
      add(id, folder);
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<std::string> ids;
  for (auto& [time, id] : found) ids.push_back(std::move(id));
  return ids;
}

std::string RunStore::id_of(const fs::path& folder) const {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  const std::string name = whole.filename().string();
  const fs::path parent = whole.parent_path();
  const bool part = parent != runs_ && parent.parent_path() == runs_;
  const std::string id = part ? parent.filename().string() + "." + name : name;
  return valid_run_id(name) && valid_run_id(id) ? id : "";
}

/// The folder of an id: a run, or a run of a comparison; empty where there is none.
fs::path RunStore::folder_of(const std::string& id) const {
  if (is_run(runs_ / id)) return runs_ / id;
  for (size_t dot = id.find('.'); dot != std::string::npos; dot = id.find('.', dot + 1)) {
    const std::string comparison = id.substr(0, dot), part = id.substr(dot + 1);
    if (!valid_run_id(comparison) || !valid_run_id(part)) continue;
    if (is_run(runs_ / comparison / part)) return runs_ / comparison / part;
  }
  return {};
}

std::shared_ptr<RunFolder> RunStore::find(const std::string& id) {
  if (!valid_run_id(id)) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto adopted = adopted_.find(id);
  const fs::path folder = adopted == adopted_.end() ? folder_of(id) : adopted->second;
  if (folder.empty()) return nullptr;
  auto& run = known_[id];
  if (!run) run = std::make_shared<RunFolder>(id, folder);
  limit_memory(id);
  return run;
}

/// Drops the indexes of the runs that were not asked about for longest.
void RunStore::limit_memory(const std::string& used) {
  if (recent_.empty() || recent_.back() != used) {
    std::erase(recent_, used);
    recent_.push_back(used);
  }
  if (recent_.size() < 2) return;
  size_t total = 0;
  for (auto id = recent_.rbegin(); id != recent_.rend(); ++id) {
    RunFolder& run = *known_[*id];
    total += run.series_bytes();
    if (total > kMostSeriesBytes && *id != used) run.drop_series();
  }
}

fs::path RunStore::checkpoint(const std::string& name) {
  const size_t slash = name.find('/');
  const std::string which = slash == std::string::npos ? "" : name.substr(slash + 1);
  const auto run = find(name.substr(0, slash));
  if (!run) return {};
  const fs::path checkpoints = run->folder() / "checkpoints";
  std::error_code error;
  for (const std::string& candidate : which.empty() || which == "live"
                                          ? std::vector<std::string>{"best", "latest"}
                                          : std::vector<std::string>{which}) {
    if (!valid_run_id(candidate)) return {};
    const fs::path folder = fs::canonical(checkpoints / candidate, error);
    if (!error && fs::is_directory(folder, error) &&
        folder.parent_path() == fs::canonical(checkpoints, error)) {
      return folder;
    }
  }
  return {};
}

void RunStore::adopt(const std::string& id, const fs::path& folder) {
  const std::lock_guard lock(mutex_);
  adopted_[id] = folder;
  known_.erase(id);
}

std::string RunStore::new_id(const std::string& name) {
  for (int number = 1; number < 100000; ++number) {
    const std::string id = name.substr(0, 56) + "-" + std::to_string(number);
    std::error_code error;
    if (fs::create_directory(runs_ / id, error)) return id;
    if (error) fail((runs_ / id).string(), ": cannot be made: ", error.message());
  }
  fail(runs_.string(), ": there are too many runs named ", name);
}

std::string RunStore::free_id(const std::string& name) const {
  for (int number = 1;; ++number) {
    const std::string id = name.substr(0, 56) + "-" + std::to_string(number);
    if (!fs::exists(runs_ / id)) return id;
  }
}

/// What has been seen of one run so far.
struct RunWatcher::Watched {
  explicit Watched(const fs::path& folder)
      : metrics(folder / "metrics.jsonl"),
        samples(folder / "samples.jsonl"),
        events(folder / "events.jsonl") {}
  GrowingFile metrics, samples, events;
  bool was_live = false;  // trained by this process when last looked at
  std::string state;
  std::string latest;  // name of the newest checkpoint
  fs::file_time_type checkpoints_time{};
};

RunWatcher::RunWatcher(RunStore& store, EventHub& hub, std::function<bool(const std::string&)> is_live)
    : store_(store), hub_(hub), is_live_(std::move(is_live)), thread_([this] { watch(); }) {}

RunWatcher::~RunWatcher() {
  stopping_ = true;
  thread_.join();
}

void RunWatcher::watch() {
  std::vector<std::string> ids;
  for (int round = 0; !stopping_; ++round) {
    try {
      if (round % 5 == 0) ids = store_.ids();
      for (const std::string& id : ids) look(id, round == 0);
      if (round < kReadAhead &&
          ids.size() > static_cast<size_t>(round)) {  // before anybody asks, the newest at once
        const auto run = store_.find(ids[static_cast<size_t>(round)]);
        if (run) run->with_series([](const SeriesIndex&) {});
      }
    } catch (const std::exception&) {
      // A folder that vanished while it was read: the next round sees it as it is.
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

void RunWatcher::look(const std::string& id, bool first_round) {
  const auto run = store_.find(id);
  if (!run) return;
  auto& watched = watched_[id];
  const bool fresh = !watched;
  if (fresh) watched = std::make_unique<Watched>(run->folder());
  // What its own session tells, up to its very last line, is not told again; nor is old news at the start.
  const bool live = is_live_(id), just_ended = !live && watched->was_live;
  watched->was_live = live;
  if (live || just_ended || (fresh && first_round)) {
    watched->metrics.skip_to_end(), watched->samples.skip_to_end(), watched->events.skip_to_end();
    if (!live) watched->state = run->summary()["state"];
    return;
  }
  const auto each = [&](GrowingFile& file, const auto& use) {
    bool restarted = false;
    std::string text = file.read(restarted);
    for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      nlohmann::json line = parse_line(std::string_view(text).substr(at, end - at));
      if (line.is_object()) use(std::move(line));
    }
    return !text.empty();
  };
  const auto named = [&](nlohmann::json line) { return line["run"] = id, line; };
  bool news = each(watched->metrics, [&](nlohmann::json line) { hub_.add_point(id, line); });
  news |=
      each(watched->samples, [&](nlohmann::json line) { hub_.publish("sample", named(std::move(line))); });
  news |= each(watched->events,
               [&](nlohmann::json line) { hub_.publish("intervention", named(std::move(line))); });
  std::error_code ignored;
  const auto time = fs::last_write_time(run->folder() / "checkpoints", ignored);
  if (!ignored && time != watched->checkpoints_time) {
    watched->checkpoints_time = time;
    const nlohmann::json all = run->checkpoints();
    if (!all.empty() && all.back()["name"] != watched->latest) {
      watched->latest = all.back()["name"];
      if (!fresh) hub_.publish("checkpoint", named(all.back()));
    }
  }
  if (fresh || news || watched->state == "running") {
    const nlohmann::json summary = run->summary();
    if (summary["state"] != watched->state) {
      watched->state = summary["state"];
      hub_.publish("state", summary);
    }
  }
}

}  // namespace seedling::server
