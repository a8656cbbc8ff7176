// One fine-tuning run from examples to report (see finetune_run.h).
#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "commands/finetune_parts.h"
#include "tasks/majority.h"
#include "training/finetune_plan.h"
#include "training/finetuning.h"
#include "training/interrupt.h"
#include "training/line_file.h"
#include "training/run_directory.h"
#include "training/speed.h"
#include "training/trainer.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kBriefEvaluations = 2;

/// What a training step costs: the share of each example, from a few real batches, and what an update costs
/// whatever its batch. Nothing changes: the updates are made at rate zero, by an optimizer of their own.
void time_steps(FinetuneFacts& facts, Model& model, TaskObjective& objective, const FinetuneFlags& flags) {
  constexpr double kSeconds = 0.25;
  constexpr int64_t kUpdates = 2;
  const int64_t B = *flags.training.batch_size;
  model.train(objective.batch(0, B), 1.0f, 1);
  Clock::time_point begin = Clock::now();
  double examples = 0.0;
  for (int64_t i = 1; seconds_since(begin) < kSeconds; ++i) {
    const Batch batch = objective.batch(i, B);
    model.train(batch, 1.0f, 1);
    examples += static_cast<double>(batch.B);
  }
  facts.seconds_per_example = seconds_since(begin) / examples;
  const auto optimizer = make_optimizer(finetune_optimizer(flags), model.parameters(), model.backend());
  for (int64_t i = 0; i <= kUpdates; ++i) {
    if (i == 1) begin = Clock::now();  // the first one is slower
    optimizer->step(0.0, 1.0, i + 1);
    model.backend().parameters_changed();
    model.backend().synchronize();
  }
  facts.seconds_per_step = seconds_since(begin) / static_cast<double>(kUpdates);
}

void write_predictions(const fs::path& path, const std::vector<json>& predictions) {
  std::string lines;
  for (const json& line : predictions) lines += one_line(line) + "\n";
  write_file_atomic(path, lines);
}

/// By hand, now or when the run began.
bool dropout_is_given(const FinetuneJob& job) {
  if (job.given.training.dropout || !job.resume) return job.given.training.dropout.has_value();
  return read_json(job.folder / "run.json").value("flags", json::object()).contains("dropout");
}

std::vector<Example> first_of(const std::vector<Example>& examples, int64_t limit) {
  const size_t count = limit > 0 ? std::min(examples.size(), static_cast<size_t>(limit)) : examples.size();
  return {examples.begin(), examples.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::pair<std::string, double> headline(const std::string& task, const json& scores) {
  const char* const order[] = {"accuracy", "exact_match", "bleu", "rougeL", "perplexity"};
  for (const char* name : order) {
    if (task == "generation" && name == std::string("exact_match")) continue;
    if (scores.contains(name)) return {name, scores[name].get<double>()};
  }
  return {"val_loss", scores.value("val_loss", 0.0)};
}

json train_task(const FinetuneJob& job, CommandContext& context, Session& session) {
  FinetuneFlags flags = job.given;
  TaskDataOptions wanted;
  wanted.task = *flags.task;
  wanted.data = *flags.data;
  wanted.validation = flags.validation.value_or("");
  wanted.test = flags.test.value_or("");
  wanted.limit = flags.examples.value_or(0);
  wanted.seed = context.common.seed;
  wanted.say = [&](const std::string& line) { context.say(line); };
  const TaskData data = load_task_data(wanted);
  json changes = json::object();  // by hand, beside --resume
  if (job.resume) {
    flags = read_record(job, data, context, changes);
  } else {
    choose_training_precision(context);
  }

  const FinetuneStart start = find_start(flags, data, context);
  flags.model.context_length = start.config.context_length;
  const std::unique_ptr<Task> task = make_task(start.record, *start.tokenizer, start.config);
  task->check(data.validation, data.validation_file.string());
  task->check(data.test, data.test_file.string());
  const std::unique_ptr<Backend> backend = context.open_device();
  TaskObjective objective(*task, data, start.config, context.common.seed);
  if (task->cut() > 0)
    context.say(concat("  ", task->cut(), " training examples are longer than the context of ",
                       start.config.context_length, " tokens and were cut"));
  const int64_t cut = task->cut();

  LoraPlan lora = plan_lora(flags, start);
  Model model(start.config, *backend, true, lora.updates);
  model.initialize(context.common.seed);
  if (!start.base.empty() && !job.random_weights) load_parameters(model, start.base, true);

  FinetuneFacts facts;
  facts.features = objective.examples();
  facts.tokens = objective.tokens();
  facts.channels = start.config.channels;
  facts.writes = start.config.head == HeadKind::language_model;
  facts.quotes = facts.writes && start.record.task == "qa";
  facts.classifies = start.config.head == HeadKind::classifier;
  facts.from_scratch = start.base.empty() || job.random_weights;
  facts.batch_is_given = job.given.training.batch_size.has_value();
  facts.rate_is_given = job.given.training.learning_rate.has_value();
  if (!job.resume) {
    flags = complete_finetune(flags, facts);
    choose_trainable(model, flags, !lora.updates.empty());
    if (flags.training.minutes) time_steps(facts, model, objective, flags);
    if (job.brief) facts.evaluations = kBriefEvaluations;
    flags = decide_finetune_steps(flags, facts);
  }
  objective.evaluate_on(evaluated_examples(flags));
  objective.hide_words(*flags.word_dropout, *start.tokenizer);
  objective.ask_every_position(flags.every_position.value_or(0.0));
  objective.read_first(std::llround(*flags.read_share * static_cast<double>(*flags.training.steps)) *
                       *flags.training.grad_accumulation);
  choose_trainable(model, flags, !lora.updates.empty());
  if (interrupted()) fail("interrupted before the first step; no run was made");

  const std::vector<Example>& all = data.test.empty() ? data.validation : data.test;
  const std::vector<Example> asked = first_of(all, job.score_limit);
  json before;
  if (job.ask_before && !job.resume)
    before = task->score(model, first_of(asked, job.before_limit), {}).fields;
  const double ceiling = job.brief ? 0.0 : measure_ceiling(*backend, context.common.device.threads);
  if (!job.resume) {
    create_run_directory(job.folder);
    write_record(job, flags, start, data, *backend, context, ceiling);
  }
  const TrainingFlags& settings = flags.training;
  const double epochs =
      static_cast<double>(*settings.steps * *settings.batch_size * *settings.grad_accumulation) /
      static_cast<double>(facts.features);
  if (!job.brief)
    context.say(concat("fine-tuning for ", task->name(), ": ", model.parameters().count(true), " of ",
                       model.parameters().count(), " parameters, ", *settings.steps, " steps of ",
                       *settings.batch_size * *settings.grad_accumulation, " examples (", epochs,
                       " passes), learning rate ", *settings.learning_rate, "; ", job.folder.string()));

  TrainerOptions options;
  options.command = "finetune";
  options.folder = job.folder;
  options.settings = settings;
  options.optimizer = finetune_optimizer(flags);
  options.average = flags.average.value_or(0.0);  // runs of before have none written down
  options.seed = context.common.seed;
  options.ceiling = ceiling;
  options.quiet = job.brief;
  options.may_drop_out = !dropout_is_given(job);
  if (!lora.updates.empty()) {
    options.save = [&](const fs::path& folder, const json& state, const std::vector<NamedTensor>& tensors) {
      save_adapter(folder, filled(lora.adapter, model), model, *start.tokenizer, state, tensors);
    };
    options.load = [&](const fs::path& folder) { put_back(model, read_adapter(folder, start.config)); };
  }
  Trainer trainer(options, model, objective, *start.tokenizer, session);
  const TrainingResult result = trainer.run(job.resume, changes);

  if (options.load) {
    options.load(result.checkpoint);
  } else {
    load_parameters(model, result.checkpoint);
  }
  const Score score = task->score(model, asked, {});
  write_predictions(flags.predictions ? fs::path(*flags.predictions) : job.folder / "predictions.jsonl",
                    score.predictions);
  json report = {
      {"run", job.folder.string()},
      {"task", task->name()},
      {"data", data.name},
      {"state", result.state},
      {"steps", result.steps},
      {"epochs",
       static_cast<double>(result.steps) / std::max(1e-9, static_cast<double>(*settings.steps)) * epochs},
      {"tokens", result.tokens},
      {"train_loss", result.train_loss},
      {"val_loss", result.evaluation.is_object() ? result.evaluation.value("val_loss", json()) : json()},
      {"validation", result.evaluation},
      {"scored_on", data.test.empty() ? "validation" : "test"},
      {"scores", score.fields},
      {"seconds", result.seconds},
      {"tokens_per_second", result.tokens_per_second},
      {"parameters", model.parameters().count()},
      {"trained_parameters", model.parameters().count(true)},
      {"cut_examples", cut},
      {"examples", data.report},
      {"checkpoint", result.checkpoint.string()}};
  if (!before.is_null()) report["before"] = before;
  const json majority = majority_scores(task->name(), data.train, asked);
  if (!majority.is_null()) report["majority"] = majority;
  if (job.look_back && !job.random_weights && lora.updates.empty()) {
    const json forgotten = measure_forgetting(start.base, model, *backend, context);
    if (!forgotten.is_null()) report["forgetting"] = forgotten;
  }
  write_json_atomic(job.folder / "report.json", report);
  const auto [name, value] = headline(task->name(), score.fields);
  context.say(concat(
      task->name(), " on ", asked.size(), data.test.empty() ? " validation" : " test", " examples: ", name,
      " ", value, before.is_null() ? "" : concat(" (before: ", headline(task->name(), before).second, ")")));
  if (!result.message.empty()) context.say(result.message);
  return report;
}

}  // namespace seedling
