// seedling pretrain: text in, a model that writes out.
//
//   flags -> data -> autopilot (with --minutes) -> model -> Trainer -> result            (parts:
//   pretrain_run.h)
//
// --resume reads the complete flags from run.json instead, so that a resumed run decides nothing anew.
#include "commands/dashboard.h"
#include "commands/pretrain_run.h"
#include "commands/runs.h"
#include "commands/training_flags.h"
#include "training/interrupt.h"
#include "training/plan.h"
#include "training/pretraining.h"
#include "training/run_directory.h"
#include "training/speed.h"

namespace seedling {

using nlohmann::json;

json run_pretrain(const PretrainFlags& given, CommandContext& context, Session& session,
                  const std::function<void(const std::filesystem::path&)>& settled) {
  PretrainRun run = understand(given, context);
  if (!run.resume) check_new_run(run.folder);
  if (settled) settled(run.folder);
  if (!run.resume) choose_training_precision(context);
  const std::unique_ptr<Backend> backend = context.open_device();
  const PreparedData data = prepare(run, context);
  json autopilot;
  if (!run.resume) autopilot = decide_steps(run, data, *backend, context);
  if (interrupted()) fail("interrupted before the first step; no run was made");

  const ModelConfig config = decide_model(run, data);
  TrainingFlags& settings = run.flags.training;
  TextObjective objective(data, masked_windows(run.flags), config.context_length, run.seed);
  if (!settings.prompt) settings.prompt = data.prompts.empty() ? "\n" : data.prompts.front();
  Model model(config, *backend, true);
  model.set_see_ahead(run.flags.see_ahead.value_or(false));
  if (!run.resume || latest_checkpoint(run.folder).empty()) fill_model(model, run);
  const double ceiling = measure_ceiling(*backend, context.common.device.threads);
  if (!run.resume) {
    create_run_directory(run.folder);
    write_run_json(run, data, autopilot, *backend, context, ceiling);
  }
  context.say(concat("training ", config.model_type, ": ", config.layers, " layers, ", config.heads,
                     " heads, ", config.channels, " channels, context ", config.context_length, ", ",
                     model.parameters().count(), " parameters, ", *settings.steps, " steps of ",
                     *settings.batch_size * *settings.grad_accumulation, " x ", config.context_length,
                     " tokens; ", run.folder.string()));

  TrainerOptions options;
  options.folder = run.folder;
  options.settings = settings;
  options.optimizer = plan_optimizer(run.flags);
  options.seed = run.seed;
  options.ceiling = ceiling;
  Trainer trainer(options, model, objective, *data.tokenizer, session);
  const TrainingResult result = trainer.run(run.resume, run.changes);
  return report_run(run, data, result, model.parameters().count(), context);
}

void add_pretrain_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<PretrainFlags>();
  auto port = std::make_shared<int>(-1);
  CLI::App* command = add_command(app, context, "pretrain", "Train a language model from random weights");
  visit_pretrain_flags(*flags, AddFlags{command});
  add_serve_flag(command, *port);
  command->callback([flags, port, &context] {
    const InterruptGuard guard;
    const auto session = std::make_shared<Session>();
    std::shared_ptr<Dashboard> dashboard;
    std::shared_ptr<void> shown;
    const json report = run_pretrain(*flags, context, *session, [&](const std::filesystem::path& folder) {
      if (*port < 0) return;
      dashboard = start_dashboard(folder.parent_path(), *port, context);
      shown = dashboard->show(folder, session);
    });
    context.finish(report);
    shown.reset();
    if (dashboard) dashboard->stay_for_readers(context);
  });
}

}  // namespace seedling
