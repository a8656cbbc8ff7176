// seedling finetune: shapes a pre-trained model for one of the five tasks (or trains one from scratch for
// it).
//
//   flags -> examples -> model with the task's head -> Trainer -> best checkpoint -> test score
//   (parts: finetune_run.h)
#include "base/error.h"
#include "commands/dashboard.h"
#include "commands/finetune_run.h"
#include "commands/runs.h"
#include "commands/training_flags.h"
#include "training/interrupt.h"
#include "training/run_directory.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A run that goes on is told again what it was told in the beginning; flags given now win.
FinetuneFlags with_stored_flags(const FinetuneFlags& given) {
  if (!given.training.resume.value_or(false) || !given.training.out) return given;
  const fs::path file = fs::path(*given.training.out) / "run.json";
  if (!fs::exists(file)) return given;
  json flags = read_json(file).value("flags", json::object());
  flags.update(flags_to_json(given));
  return finetune_flags_from_json(flags);
}

FinetuneJob understand_job(const FinetuneFlags& given) {
  FinetuneJob job;
  job.given = with_stored_flags(given);
  FinetuneFlags& f = job.given;
  if (!f.task)
    fail_usage("--task is missing: classification, qa, generation, summarization, translation or dialogue");
  if (!f.training.from) fail_usage("--from is missing: the model to start from, or scratch");
  for (auto* path : {&f.data, &f.validation, &f.test, &f.training.from, &f.model.tokenizer})
    make_absolute(*path);
  if (!f.data) f.data = "storyworld";
  const bool resume = f.training.resume.value_or(false);
  if (resume && !f.training.out) fail_usage("--resume needs --out RUN_DIR, the run to go on with");
  job.folder = f.training.out ? fs::path(*f.training.out) : free_run_directory("runs", *f.task);
  job.folder = fs::absolute(job.folder).lexically_normal();
  if (!job.folder.has_filename()) job.folder = job.folder.parent_path();
  job.resume = resume && fs::exists(job.folder / "run.json");
  if (!job.resume) check_new_run(job.folder);
  return job;
}

}  // namespace

json run_finetune(const FinetuneFlags& given, CommandContext& context, Session& session,
                  const std::function<void(const fs::path&)>& settled, const ShowRun& show) {
  FinetuneJob job = understand_job(given);
  job.show = show;
  if (settled) settled(job.folder);
  if (*job.given.task == "all") return train_all_tasks(job, context, session);
  if (job.given.compare) return compare_with_scratch(job, context, session);
  return train_task(job, context, session);
}

void add_finetune_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<FinetuneFlags>();
  auto port = std::make_shared<int>(-1);
  CLI::App* command = add_command(app, context, "finetune", "Shape a pre-trained model for a task");
  visit_finetune_flags(*flags, AddFlags{command});
  add_serve_flag(command, *port);
  command->callback([flags, port, &context] {
    const InterruptGuard guard;
    const auto session = std::make_shared<Session>();
    const bool parts = flags->compare || flags->task == "all";
    std::shared_ptr<Dashboard> dashboard;
    std::shared_ptr<void> shown;
    const auto show = [&](const fs::path& folder, std::shared_ptr<Session> of) {
      return dashboard ? dashboard->show(folder, std::move(of)) : nullptr;
    };
    const auto settled = [&](const fs::path& folder) {
      if (*port >= 0) dashboard = start_dashboard(folder.parent_path(), *port, context);
      if (!parts) shown = show(folder, session);
    };
    const json report = run_finetune(*flags, context, *session, settled, show);
    context.finish(report, report.value("table", ""));
    shown.reset();
    if (dashboard) dashboard->stay_for_readers(context);
  });
}

}  // namespace seedling
