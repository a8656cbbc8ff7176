// Runs: listing, series, files of lines, starting and steering.
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "web/server/app.h"
#include "web/server/diagnosis.h"
#include "web/server/fields.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostPoints = 20000;

std::shared_ptr<RunFolder> folder_of(const Call& call) {
  auto run = call.app.store.find(call.path[2]);
  if (!run) refuse_not_found("there is no run \"" + call.path[2] + "\"");
  return run;
}

/// The same, but null for a run of this process that is getting ready: it has no files yet, and that is no
/// error.
std::shared_ptr<RunFolder> folder_if_begun(const Call& call) {
  auto run = call.app.store.find(call.path[2]);
  if (!run) call.app.manager.describe(call.path[2]);  // 404 where nobody knows it
  return run;
}

void get_series(const Call& call) {
  const auto run = folder_of(call);
  const std::string key = call.request.get_param_value("key");
  if (key.empty()) refuse_malformed("key is missing: the name of a number in metrics.jsonl");
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max() / 4;
  const int64_t from = call.integer_parameter("from", -kFar, -kFar, kFar);
  const int64_t to = call.integer_parameter("to", kFar, -kFar, kFar);
  const int64_t points = call.integer_parameter("points", 1000, 1, kMostPoints);
  SeriesIndex::Answer series;
  run->with_series([&](const SeriesIndex& index) {
    if (!index.has(key)) refuse_not_found("the run \"" + run->id() + "\" has no series \"" + key + "\"");
    series = index.query(key, from, to, points);
  });
  json rows = json::array();
  for (const auto& row : series.rows) rows.push_back({row.step, row.min, row.max, row.last});
  call.reply({{"run", run->id()},
              {"key", key},
              {"bucket", series.bucket},
              {"count", series.count},
              {"columns", {"step", "min", "max", "last"}},
              {"points", rows}});
}

void get_diagnosis(const Call& call) {
  const auto run = folder_if_begun(call);
  if (!run) return call.reply({{"findings", json::array()}});
  const json description = run->description();
  const json summary = call.app.manager.describe(call.path[2]), checkpoints = run->checkpoints();
  json findings;
  run->with_series(
      [&](const SeriesIndex& index) { findings = diagnose(index, description, summary, checkpoints); });
  call.reply({{"findings", findings}});
}

}  // namespace

void get_defaults(const Call& call) {
  json reply = json::object();
  const TrainerHooks& hooks = call.app.manager.hooks();
  if (hooks.describe) reply = hooks.describe();
  reply["boot"] = call.app.boot;
  reply["can_start"] = call.app.manager.can_start();
  reply["why_not"] = call.app.manager.can_start()
                         ? ""
                         : "this process only trains its own run; seedling serve starts others";
  reply["token_for_all"] = call.app.token_for_all;
  reply["training_limit"] = kTrainingAtOnce;
  reply["runs_folder"] = call.app.store.folder().string();
  call.reply(reply);
}

void get_runs(const Call& call) { call.reply(call.app.manager.describe_all()); }

void get_run(const Call& call) {
  const std::string& id = call.path[2];
  if (!valid_run_id(id)) refuse_not_found("that is not the id of a run");
  const std::string what = call.path.size() > 3 ? call.path[3] : "";
  if (what == "series") return get_series(call);
  if (what == "diagnosis") return get_diagnosis(call);
  if (what == "checkpoints") {
    const auto run = folder_if_begun(call);
    return call.reply({{"checkpoints", run ? run->checkpoints() : json::array()}});
  }
  for (const char* file : {"samples", "events", "health"}) {
    if (what != file) continue;
    const auto run = folder_if_begun(call);
    return call.reply({{file, run ? run->lines(what + ".jsonl") : json::array()}});
  }
  if (what == "commands") throw HttpError(405, "method_not_allowed", "commands are sent with POST");
  if (!what.empty()) refuse_not_found("a run has no \"" + what + "\"");
  json reply = call.app.manager.describe(id);
  if (!reply.contains("message")) reply["message"] = "";
  reply["run"] = json::object();
  if (const auto run = call.app.store.find(id)) {
    reply["run"] = run->description();
    run->with_series([&](const SeriesIndex& index) {
      reply["keys"] = index.keys();
      reply["latest"] = index.latest();
      reply["lines"] = index.lines();
    });
    const std::filesystem::path report = run->folder() / "report.json";  // of a fine-tuning run that is done
    if (std::filesystem::exists(report)) reply["report"] = read_json(report);
    reply["has_health"] = std::filesystem::exists(run->folder() / "health.jsonl");
  }
  call.reply(reply);
}

void post_runs(const Call& call) {
  const std::string id = call.app.manager.start(parse_body(call.request.body, false));
  call.reply({{"id", id}}, 201);
}

void post_command(const Call& call) {
  if (!valid_run_id(call.path[2])) refuse_not_found("that is not the id of a run");
  call.reply(call.app.manager.command(call.path[2], parse_body(call.request.body, false)), 202);
}

}  // namespace seedling::server
