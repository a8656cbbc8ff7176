// Runs held against each other: did pre-training help? (see finetune_run.h)
#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/finetune_run.h"
#include "training/interrupt.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kCounts[] = {20, 200, 2000, 0};  // 0: all
constexpr double kDefaultFinetuneMinutes = 4.0;
/// Shares of a set's time in `--task all`: with all examples (each start), with 200.
constexpr double kAllShare = 0.30, kFewShare = 0.08;
constexpr int64_t kFew = 200, kScored = 300;

std::string cell(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%12.4g", value);
  return text;
}

std::string left(const std::string& text, size_t width) {
  return text.size() >= width ? text + " " : text + std::string(width - text.size(), ' ');
}

/// One run of a comparison, in a folder of its own.
json one_run(const FinetuneJob& job, const std::string& name, const std::string& task,
             const std::string& data, int64_t examples, bool random, std::optional<double> minutes,
             bool brief, int64_t scored, CommandContext& context) {
  if (interrupted()) fail("interrupted; the runs that were finished stand in ", job.folder.string());
  FinetuneJob run = job;
  run.folder = job.folder / name;
  run.given.task = task;
  run.given.data = data;
  run.given.examples = examples;
  run.given.compare.reset();
  run.given.training.out = run.folder.string();
  if (minutes) run.given.training.minutes = minutes;
  run.random_weights = random;
  run.brief = brief;
  run.score_limit = scored;
  const auto session = std::make_shared<Session>();  // the parts of a comparison are runs of their own
  const auto shown = job.show ? job.show(run.folder, session) : nullptr;
  return train_task(run, context, *session);
}

}  // namespace

json compare_with_scratch(const FinetuneJob& job, CommandContext& context, Session&) {
  if (*job.given.training.from == "scratch")
    fail_usage("--compare scratch needs a pre-trained model in --from");
  if (job.resume) fail_usage("a comparison cannot be resumed; begin it anew in another --out");
  const std::string task = *job.given.task, data = *job.given.data;
  TaskDataOptions options;
  options.task = task, options.data = data;
  options.validation = job.given.validation.value_or(""), options.test = job.given.test.value_or("");
  options.seed = context.common.seed;
  const auto available = static_cast<int64_t>(load_task_data(options).train.size());
  std::vector<int64_t> counts;
  for (const int64_t count : kCounts)
    if (count < available) counts.push_back(count);
  std::optional<double> minutes = job.given.training.minutes;
  if (!minutes && !job.given.training.steps && !job.given.training.epochs) minutes = kDefaultFinetuneMinutes;
  if (minutes) minutes = std::max(0.02, *minutes / static_cast<double>(2 * counts.size()));

  json rows = json::array();
  std::string table, metric;
  for (const int64_t count : counts) {
    const std::string label = count == 0 ? "all" : std::to_string(count);
    json row = {{"examples", count == 0 ? available : count}};
    for (const bool random : {false, true}) {
      const char* name = random ? "scratch" : "pretrained";
      const json report =
          one_run(job, concat(name, "-", label), task, data, count, random, minutes, true, 0, context);
      row[name] = report["scores"];
      metric = headline(task, report["scores"]).first;
    }
    table += left(label, 10) + cell(headline(task, row["pretrained"]).second) +
             cell(headline(task, row["scratch"]).second) + "\n";
    rows.push_back(row);
  }
  table = left("examples", 10) + "  pretrained     scratch   (" + metric + ")\n" + table;
  const json result = {
      {"run", job.folder.string()}, {"task", task}, {"metric", metric}, {"rows", rows}, {"table", table}};
  write_json_atomic(job.folder / "compare.json", result);
  return result;
}

json train_all_tasks(const FinetuneJob& job, CommandContext& context, Session&) {
  if (*job.given.training.from == "scratch") fail_usage("--task all needs a pre-trained model in --from");
  if (job.resume) fail_usage("--task all cannot be resumed; begin it anew in another --out");
  if (*job.given.data != "storyworld")
    fail_usage("--task all is for the embedded data; give a --task for ", *job.given.data);
  const ModelConfig config = load_config(resolve_model_dir(*job.given.training.from));
  std::vector<std::pair<std::string, std::string>> sets;
  for (const auto& [name, kind] : embedded_sets())
    if (config.causal || task_head(kind) != HeadKind::language_model) sets.emplace_back(name, kind);
  if (!config.causal)
    context.say("a masked model cannot write: only classification and question answering are learned");
  const double minutes =
      job.given.training.minutes.value_or(kDefaultFinetuneMinutes) / static_cast<double>(sets.size());

  json rows = json::array();
  std::string table =
      left("set", 13) + left("metric", 12) + "      before       after     scratch   after@200 scratch@200\n";
  for (const auto& [set, kind] : sets) {
    const std::string data = "storyworld/" + set;
    const auto run = [&](const std::string& name, int64_t examples, bool random, double share, bool brief) {
      return one_run(job, set + name, kind, data, examples, random, std::max(0.02, minutes * share), brief,
                     kScored, context);
    };
    const json tuned = run("", 0, false, kAllShare, false);
    const json scratch = run("-scratch", 0, true, kAllShare, true);
    const json few = run("-200", kFew, false, kFewShare, true);
    const json few_scratch = run("-200-scratch", kFew, true, kFewShare, true);
    json row = {{"set", set},
                {"task", kind},
                {"before", tuned["before"]},
                {"after", tuned["scores"]},
                {"scratch", scratch["scores"]},
                {"after_200", few["scores"]},
                {"scratch_200", few_scratch["scores"]}};
    if (tuned.contains("forgetting")) row["forgetting"] = tuned["forgetting"];
    if (tuned.contains("majority_accuracy")) row["majority_accuracy"] = tuned["majority_accuracy"];
    table += left(set, 13) + left(headline(kind, tuned["scores"]).first, 12);
    for (const char* column : {"before", "after", "scratch", "after_200", "scratch_200"})
      table += cell(headline(kind, row[column]).second);
    table += "\n";
    rows.push_back(row);
    context.say(table);
  }
  const json result = {{"run", job.folder.string()}, {"rows", rows}, {"table", table}};
  write_json_atomic(job.folder / "compare.json", result);
  return result;
}

}  // namespace seedling
