// One fine-tuning run from examples to report (see finetune_run.h).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "backend/cpu/machine.h"
#include "base/error.h"
#include "base/files.h"
#include "checkpoint/adapter.h"
#include "checkpoint/checkpoint.h"
#include "commands/finetune_run.h"
#include "tasks/majority.h"
#include "training/finetune_plan.h"
#include "training/finetuning.h"
#include "training/interrupt.h"
#include "training/interventions.h"
#include "training/line_file.h"
#include "training/run_directory.h"
#include "training/speed.h"
#include "training/trainer.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// "q_proj,v_proj" -> {"q_proj", "v_proj"}; every linear layer of a block where nothing is given.
std::vector<std::string> target_names(const FinetuneFlags& flags, const ModelConfig& config) {
  if (!flags.lora_targets) return default_lora_targets(config);
  std::vector<std::string> names(1);
  for (const char letter : *flags.lora_targets) {
    if (letter == ',') {
      names.emplace_back();
    } else if (letter != ' ') {
      names.back() += letter;
    }
  }
  return names;
}

constexpr int64_t kBriefEvaluations = 3;

std::string layer_name(const std::string& parameter) {  // "blocks.0.attention.qkv.weight" without ".weight"
  return parameter.substr(0, parameter.rfind('.'));
}

/// The low-rank updates that the flags ask for, and how they are saved.
struct LoraPlan {
  Adapter adapter;  // without values
  std::map<std::string, LowRank> updates;
};

LoraPlan plan_lora(const FinetuneFlags& flags, const FinetuneStart& start) {
  LoraPlan plan;
  const int64_t rank = flags.lora.value_or(0);
  if (rank == 0) return plan;
  if (start.base.empty()) fail_usage("--lora needs a model to update: it cannot start from scratch");
  plan.adapter.base = start.base;
  plan.adapter.rank = rank;
  plan.adapter.alpha = flags.lora_alpha.value_or(2.0 * static_cast<double>(rank));
  plan.adapter.targets = target_names(flags, start.config);
  plan.adapter.head = start.config.head;
  plan.adapter.labels = start.config.labels;
  for (const LoraTarget& target : lora_targets(start.config, plan.adapter.targets))
    plan.updates[layer_name(target.parameter)] = {rank, plan.adapter.scale(), target.rows};
  return plan;
}

bool is_lora(const Parameter& parameter) {
  return parameter.name.find(".lora_a") != std::string::npos ||
         parameter.name.find(".lora_b") != std::string::npos;
}

/// A new head of the task is trained whole; so is nothing else of a LoRA run.
bool is_task_head(const std::string& name) {
  return name.rfind("classifier.", 0) == 0 || name.rfind("pooler.", 0) == 0 || name.rfind("span.", 0) == 0;
}

/// The block of "blocks.3.mlp.up.weight"; -1 for the embedding, `layers` for what stands above the blocks.
int64_t depth_of(const std::string& name, int64_t layers) {
  if (name.rfind("embedding.", 0) == 0) return -1;
  return name.rfind("blocks.", 0) == 0 ? std::stoll(name.substr(7)) : layers;
}

/// Who learns, and how fast.
void choose_trainable(Model& model, const FinetuneFlags& flags, bool lora) {
  const int64_t layers = model.config().layers, frozen = *flags.freeze;
  if (frozen > layers) fail_usage("--freeze ", frozen, ": the model has only ", layers, " blocks");
  for (Parameter& parameter : model.parameters().all()) {
    const int64_t depth = depth_of(parameter.name, layers);
    parameter.trainable =
        lora ? is_lora(parameter) || is_task_head(parameter.name) : frozen == 0 || depth >= frozen;
    parameter.rate = std::pow(*flags.layer_decay, static_cast<double>(layers - depth));
  }
}

Adapter filled(Adapter adapter, Model& model) {
  for (const Parameter& parameter : model.parameters().all()) {
    if (is_task_head(parameter.name))
      adapter.whole[parameter.name] = read_floats(model.backend(), parameter.value);
    if (parameter.name.find(".lora_a") == std::string::npos) continue;
    const std::string layer = layer_name(parameter.name);
    const Parameter* b = model.parameters().find(layer + ".lora_b");
    adapter.pairs.push_back({layer + ".weight", adapter.rank, read_floats(model.backend(), parameter.value),
                             read_floats(model.backend(), b->value)});
  }
  return adapter;
}

void put_back(Model& model, const Adapter& adapter) {
  for (const LoraPair& pair : adapter.pairs) {
    const std::string layer = layer_name(pair.parameter);
    write_floats(model.backend(), model.parameters().find(layer + ".lora_a")->value, pair.a);
    write_floats(model.backend(), model.parameters().find(layer + ".lora_b")->value, pair.b);
  }
  for (const auto& [name, values] : adapter.whole)
    write_floats(model.backend(), model.parameters().find(name)->value, values);
  model.backend().parameters_changed();
}

/// Seconds that one example costs in a training step, from a few real batches. Nothing is updated.
double time_examples(Model& model, TaskObjective& objective, int64_t B) {
  using Clock = std::chrono::steady_clock;
  constexpr double kSeconds = 0.5;
  model.train(objective.batch(0, B), 1.0f, 1);
  const Clock::time_point begin = Clock::now();
  double seconds = 0.0, examples = 0.0;
  for (int64_t i = 1; seconds < kSeconds; ++i) {
    const Batch batch = objective.batch(i, B);
    model.train(batch, 1.0f, 1);
    examples += static_cast<double>(batch.B);
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  return 1.2 * seconds / examples;  // the optimizer's share on top
}

void write_record(const FinetuneJob& job, const FinetuneFlags& plan, const FinetuneStart& start,
                  const TaskData& data, Backend& backend, const CommandContext& context, double ceiling) {
  const std::string precision = backend.activation_type() == DType::bf16 ? "bf16" : "fp32";
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu_info().cores;
  json record = {
      {"command", "finetune"},
      {"flags", flags_to_json(job.given)},
      {"plan", flags_to_json(plan)},
      {"seed", context.common.seed},
      {"task", *plan.task},
      {"base", job.random_weights ? "random weights, shaped as " + start.base.string() : start.base.string()},
      {"data", data.report},
      {"code_version", code_version()},
      {"machine", describe_machine(backend.name(), precision, threads)}};
  record["data"]["name"] = data.name;
  record["data"]["sha256"] = data.hash;
  record["machine"]["gemm_gflops"] = ceiling / 1e9;
  write_json_atomic(job.folder / "run.json", record);
}

/// The stored plan of a run that goes on. Throws where its data or flags have changed.
FinetuneFlags read_record(const FinetuneJob& job, const TaskData& data, CommandContext& context) {
  const fs::path file = job.folder / "run.json";
  const json record = read_json(file);
  if (record.value("command", "") != "finetune" || !record.contains("plan"))
    fail(file.string(), ": is not the record of a fine-tuning run; it cannot be resumed");
  if (record["data"].value("sha256", "") != data.hash)
    fail(data.train_file.string(),
         ": the examples have changed since the run began; a run is resumed on the same");
  context.common.seed = record.value("seed", context.common.seed);
  DeviceOptions& device = context.common.device;
  if (device.precision == "auto") device.precision = record.value("/machine/precision"_json_pointer, "auto");
  return finetune_flags_from_json(record["plan"]);
}

/// What was given by hand beside --resume and is not as the plan has it: an intervention at the step where it goes on.
json changes_by_hand(const FinetuneJob& job, const FinetuneFlags& plan) {
  const json given = settings_to_json(job.given.training), planned = settings_to_json(plan.training);
  const std::vector<std::string>& changeable = changeable_flags();
  json changes = json::object();
  for (const auto& [name, value] : given.items()) {
    if (planned.contains(name) && planned[name] == value) continue;
    if (std::find(changeable.begin(), changeable.end(), name) != changeable.end()) changes[name] = value;
  }
  return changes;
}

void write_predictions(const fs::path& path, const std::vector<json>& predictions) {
  std::string lines;
  for (const json& line : predictions) lines += one_line(line) + "\n";
  write_file_atomic(path, lines);
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
  if (job.resume) {
    flags = read_record(job, data, context);
  } else {
    choose_training_precision(context);
  }

  const FinetuneStart start = find_start(job, data, context);
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
  facts.from_scratch = start.base.empty() || job.random_weights;
  if (!job.resume) {
    flags = complete_finetune(flags, facts);
    if (flags.training.minutes)
      facts.seconds_per_example = time_examples(model, objective, *flags.training.batch_size);
    if (job.brief) facts.evaluations = kBriefEvaluations;
    flags = decide_finetune_steps(flags, facts);
  }
  objective.hide_words(*flags.word_dropout, *start.tokenizer);
  objective.read_first(std::llround(*flags.read_share * static_cast<double>(*flags.training.steps)) *
                       *flags.training.grad_accumulation);
  choose_trainable(model, flags, !lora.updates.empty());
  if (interrupted()) fail("interrupted before the first step; no run was made");

  const std::vector<Example>& all = data.test.empty() ? data.validation : data.test;
  const std::vector<Example> asked = first_of(all, job.score_limit);
  json before;
  if (job.ask_before && !job.resume) before = task->score(model, first_of(asked, 200), {}).fields;
  const double ceiling = job.brief ? 0.0 : measure_ceiling(*backend, context.common.device.threads);
  if (!job.resume) {
    create_run_directory(job.folder);
    write_record(job, flags, start, data, *backend, context, ceiling);
  }
  const TrainingFlags& settings = flags.training;
  const double epochs =
      static_cast<double>(*settings.steps * *settings.batch_size * *settings.grad_accumulation) /
      static_cast<double>(facts.features);
  if (!job.brief) context.say(concat("fine-tuning for ", task->name(), ": ", model.parameters().count(true), " of ",
                     model.parameters().count(), " parameters, ", *settings.steps, " steps of ",
                     *settings.batch_size * *settings.grad_accumulation, " examples (", epochs,
                     " passes), learning rate ", *settings.learning_rate, "; ", job.folder.string()));

  TrainerOptions options;
  options.command = "finetune";
  options.folder = job.folder;
  options.settings = settings;
  options.optimizer = finetune_optimizer(flags);
  options.seed = context.common.seed;
  options.ceiling = ceiling;
  options.quiet = job.brief;
  if (!lora.updates.empty()) {
    options.save = [&](const fs::path& folder, const json& state, const std::vector<NamedTensor>& tensors) {
      save_adapter(folder, filled(lora.adapter, model), model, *start.tokenizer, state, tensors);
    };
    options.load = [&](const fs::path& folder) { put_back(model, read_adapter(folder, start.config)); };
  }
  Trainer trainer(options, model, objective, *start.tokenizer, session);
  const TrainingResult result =
      trainer.run(job.resume, job.resume ? changes_by_hand(job, flags) : json::object());

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
