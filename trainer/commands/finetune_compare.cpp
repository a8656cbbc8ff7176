// Did pre-training help? The same task from the pre-trained and from random weights (see finetune_run.h).
#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "commands/finetune_run.h"
#include "training/interrupt.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kCounts[] = {20, 200, 2000, 0};  // 0: all
constexpr double kDefaultCompareMinutes = 4.0;

}  // namespace

std::string left_cell(const std::string& text, size_t width) {
  return text.size() >= width ? text + " " : text + std::string(width - text.size(), ' ');
}

std::string number_cell(const json& value) {
  char text[32];
  std::snprintf(text, sizeof text, "%12s", "-");
  if (value.is_number()) std::snprintf(text, sizeof text, "%12.4g", value.get<double>());
  return text;
}

json compare_with_scratch(const FinetuneJob& job, CommandContext& context, Session&) {
  if (*job.given.training.from == "scratch")
    fail_usage("--compare scratch needs a pre-trained model in --from");
  if (job.resume) fail_usage("a comparison cannot be resumed; begin it anew in another --out");
  const std::string task = *job.given.task;
  TaskDataOptions options;
  options.task = task, options.data = *job.given.data;
  options.validation = job.given.validation.value_or(""), options.test = job.given.test.value_or("");
  options.seed = context.common.seed;
  const auto available = static_cast<int64_t>(load_task_data(options).train.size());
  std::vector<int64_t> counts;
  for (const int64_t count : kCounts)
    if (count < available) counts.push_back(count);
  std::optional<double> minutes = job.given.training.minutes;
  if (!minutes && !job.given.training.steps && !job.given.training.epochs) minutes = kDefaultCompareMinutes;
  if (minutes) minutes = std::max(0.02, *minutes / static_cast<double>(2 * counts.size()));

  json rows = json::array(), majority, before;
  std::string table, metric;
  for (const int64_t count : counts) {
    const std::string label = count == 0 ? "all" : std::to_string(count);
    json row = {{"examples", count == 0 ? available : count}};
    for (const bool random : {false, true}) {
      const char* name = random ? "scratch" : "pretrained";
      FinetuneJob run = job;
      run.folder = job.folder / concat(name, "-", label);
      run.given.examples = count;
      run.given.compare.reset();
      run.given.training.out = run.folder.string();
      if (minutes) run.given.training.minutes = minutes;
      run.random_weights = random;
      run.brief = true;
      run.ask_before = !random && rows.empty();
      run.look_back = !random;
      const json report = run_part(run, context);
      row[name] = report["scores"];
      metric = headline(task, report["scores"]).first;
      if (report.contains("before")) before = report["before"];
      if (report.contains("majority")) majority = report["majority"];
      if (report.contains("forgetting")) row["forgetting"] = report["forgetting"];
    }
    table += left_cell(label, 10) + number_cell(headline(task, row["pretrained"]).second) +
             number_cell(headline(task, row["scratch"]).second);
    for (const char* side : {"val_loss_before", "val_loss_after"})
      table += number_cell(row.contains("forgetting") ? row["forgetting"][side] : json());
    table += "\n";
    rows.push_back(row);
  }
  table = left_cell("examples", 10) + "  pretrained     scratch  own text's loss before, after   (" + metric +
          ")\n" + left_cell("0", 10) + number_cell(headline(task, before).second) + "\n" + table;
  if (!majority.is_null())
    table += "always the most frequent answer: " + number_cell(majority[metric]) + "\n";
  const json result = {{"run", job.folder.string()}, {"task", task}, {"metric", metric}, {"before", before},
                       {"majority", majority},       {"rows", rows}, {"table", table}};
  write_json_atomic(job.folder / "compare.json", result);
  return result;
}

json run_part(const FinetuneJob& run, CommandContext& context) {
  if (interrupted())
    fail("interrupted; the runs that were finished stand in ", run.folder.parent_path().string());
  const auto session = std::make_shared<Session>();  // the parts of a comparison are runs of their own
  const auto shown = run.show ? run.show(run.folder, session) : nullptr;
  return train_task(run, context, *session);
}

}  // namespace seedling
