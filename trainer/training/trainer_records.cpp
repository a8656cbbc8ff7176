// What a run leaves behind and begins from: checkpoints, evaluations, samples, snapshots, its result (see
// trainer.h).
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "training/interrupt.h"
#include "training/interventions.h"
#include "training/run_directory.h"
#include "training/trainer.h"

namespace seedling {

using nlohmann::json;

namespace {

/// A smoothed loss this far (in nats) above the first one is no longer learning: a uniform guess is where it
/// began.
constexpr double kDivergence = 2.0;
constexpr double kSmoothing = 0.05;
constexpr size_t kTrainLossSteps = 50;
constexpr uint64_t kSampleSeed = 1234;

}  // namespace

void Trainer::begin(bool resume, const json& asked) {
  started_ = std::chrono::steady_clock::now();
  state_.seed = options_.seed;
  state_.settings = options_.settings;
  if (options_.settings.replay) {
    for (json& event : read_lines(*options_.settings.replay)) {
      const bool done = !event.contains("refused");
      if (done && is_replayed(event.value("command", ""))) replay_.push_back(std::move(event));
    }
  }
  const std::filesystem::path checkpoint =
      resume ? latest_checkpoint(options_.folder) : std::filesystem::path();
  if (!checkpoint.empty()) {
    load(checkpoint);
    events_.truncate(state_.events_size);
    json changes = asked;
    const json now = settings_to_json(state_.settings);
    for (const auto& [name, value] : asked.items())
      if (now.value(name, json()) == value) changes.erase(name);  // an earlier resumption had asked for it
    if (!changes.empty()) {
      change_settings(changes);
      write_event({concat("resume-", state_.step), "set", changes}, {});
      if (changes.contains("minutes")) follow_the_clock();
    }
    progress_.say(
        concat("resuming after step ", state_.step, " of ", steps(), " from ", checkpoint.string()));
    if (state_.step >= steps())
      progress_.say("the run has finished; to go on, give it more --steps or --minutes (of the whole run)");
  } else {
    for (LineFile* file : {&metrics_, &samples_, &events_, &health_}) file->truncate(0);
    apply_settings();
    sample(*state_.settings.prompt);
  }
  record_begin();
  publish("running");
}

/// Model, optimizer and state as they were, and the metrics and samples cut back to that moment.
void Trainer::load(const std::filesystem::path& checkpoint) {
  if (options_.load) {
    options_.load(checkpoint);
  } else {
    load_parameters(model_, checkpoint);
  }
  const json state = load_training_state(checkpoint, model_, optimizer_tensors());
  average_.restore();
  model_.backend().parameters_changed();
  state_ = state_from_json(state, (checkpoint / "trainer_state.json").string());
  state_.last_checkpoint = state_.step;
  metrics_.truncate(state_.metrics_size);
  samples_.truncate(state_.samples_size);
  health_.truncate(state_.health_size);
  earlier_seconds_ = state_.seconds;
  paused_seconds_ = 0.0;
  started_ = std::chrono::steady_clock::now();
  apply_settings();
}

/// Of the mean, where weights are averaged; at the end also of the weights that stand there: where the loss
/// was still falling the mean lags behind, and the better of the two becomes the model.
Evaluation Trainer::evaluate_weights() {
  Evaluation evaluation;
  {
    const WeightAverage::InUse mean(average_);
    evaluation = objective_.evaluate(model_);
  }
  if (options_.average == 0.0 || state_.step < steps()) return evaluation;
  const Evaluation last = objective_.evaluate(model_);
  if (!last.beats(evaluation.score)) return evaluation;
  progress_.say(concat("the last weights are better than their mean (", last.score, " against ",
                       evaluation.score, "): they are kept"));
  average_.begin_again();
  return last;
}

void Trainer::evaluate(json& line) {
  const Evaluation evaluation = evaluate_weights();
  line.update(evaluation.fields);
  state_.evaluated_step = state_.step;
  if (!std::isfinite(evaluation.score)) return;  // the next step's loss says why
  const bool better = !state_.has_best || evaluation.beats(state_.best_score);
  state_.evaluations_since_best = better ? 0 : state_.evaluations_since_best + 1;
  if (!better) return;
  state_.has_best = true;
  state_.best_score = evaluation.score;
  state_.best_step = state_.step;
  state_.best_fields = evaluation.fields;
}

/// The layers' line in health.jsonl; always on the same text, so that the scales can be compared.
void Trainer::write_health() {
  health_.append({{"step", state_.step}, {"layers", meter_.after_step(objective_.batch(0, 1))}});
}

void Trainer::sample(const std::string& prompt) {
  const WeightAverage::InUse mean(average_);
  json line = {{"step", state_.step}};
  line.update(objective_.sample(model_, prompt, kSampleSeed));
  samples_.append(line);
  session_.notify("sample", line);
}

/// A checkpoint of this very moment; `state` may differ from the trainer's own (fork).
void Trainer::save(const std::filesystem::path& run, TrainerState state) {
  state.seconds = seconds();
  state.last_checkpoint = state.step;
  state.metrics_size = metrics_.size();
  state.samples_size = samples_.size();
  state.events_size = events_.size();
  state.health_size = health_.size();
  const WeightAverage::InUse mean(average_);
  const std::string name = checkpoint_name(state.step);
  const std::filesystem::path folder = run / "checkpoints" / name;
  if (options_.save) {
    options_.save(folder, state_to_json(state), optimizer_tensors());
  } else {
    save_checkpoint(folder, model_, tokenizer_, state_to_json(state), optimizer_tensors());
  }
  link_checkpoint(run / "checkpoints", "latest", name);
  if (state.has_best && state.best_step == state.step) link_checkpoint(run / "checkpoints", "best", name);
}

void Trainer::save_here() {
  save(options_.folder, state_);
  state_.last_checkpoint = state_.step;
  prune_checkpoints(options_.folder, *state_.settings.keep);
  session_.notify("checkpoint", {{"step", state_.step},
                                 {"checkpoint", checkpoint_name(state_.step)},
                                 {"best", state_.has_best && state_.best_step == state_.step}});
}

/// Stops a run that no longer learns, before its numbers reach the parameters or a checkpoint.
void Trainer::check_loss(double loss, double norm) {
  const bool number = std::isfinite(loss) && std::isfinite(norm);
  if (number) {
    if (state_.step == 0) state_.first_loss = state_.smooth_loss = loss;
    state_.smooth_loss += kSmoothing * (loss - state_.smooth_loss);
    if (state_.smooth_loss < state_.first_loss + kDivergence) return;
  }
  const std::string good =
      state_.last_checkpoint < 0
          ? "there is no checkpoint yet"
          : concat("the last good checkpoint is ",
                   (options_.folder / "checkpoints" / checkpoint_name(state_.last_checkpoint)).string());
  const std::string what =
      number
          ? concat("the loss has grown from ", state_.first_loss, " to ", state_.smooth_loss)
          : concat(std::isfinite(loss) ? "the gradient" : "the loss", " is no longer a number (an overflow)");
  fail("step ", state_.step + 1, ": ", what,
       ", the training has diverged. Usually the learning rate is too high (now ", learning_rate(),
       "): try a tenth of it, more --warmup-steps, or --grad-clip 1. Nothing was overwritten; ", good);
}

void Trainer::publish(const std::string& state, const std::string& message) {
  const std::string before = session_.snapshot()->state;
  Snapshot snapshot;
  snapshot.run = options_.folder.filename().string();
  snapshot.folder = options_.folder;
  snapshot.command = options_.command;
  snapshot.state = state;
  snapshot.message = message;
  snapshot.step = state_.step;
  snapshot.steps = steps();
  snapshot.metrics = last_metrics_;
  session_.publish(std::move(snapshot));
  if (state == before) return;
  session_.notify("state",
                  {{"state", state}, {"message", message}, {"step", state_.step}, {"steps", steps()}});
}

/// What only the trainer knows of the run, in run.json, for those who read its folder later.
void Trainer::record(const json& facts) {
  const std::filesystem::path path = options_.folder / "run.json";
  if (!std::filesystem::exists(path)) return;
  const json before = read_json(path);
  json run = before;
  for (const auto& [name, value] : facts.items()) {
    if (value.is_null()) {
      run.erase(name);
    } else {
      run[name] = value;
    }
  }
  if (run != before) write_json_atomic(path, run);
}

/// The sizes, and how the seed was made; an earlier end is none any more.
void Trainer::record_begin() {
  record({{"zero_init", model_.config().zero_init},
          {"parameters", model_.parameters().count()},
          {"trainable_parameters", model_.parameters().count(true)},
          {"state", nullptr},
          {"message", nullptr}});
}

void Trainer::record_end(const std::string& state, const std::string& message) {
  try {
    record({{"state", state}, {"message", message.empty() ? json(nullptr) : json(message)}});
  } catch (const Error& error) {  // a full disk, say: the run's own error is the one to tell
    if (state != "failed") throw;
    progress_.say(error.what());
  }
}

void Trainer::show_progress(bool important) {
  Progress::Line line;
  line.step = state_.step;
  line.steps = steps();
  line.loss = last_metrics_.value("loss", 0.0);
  if (state_.has_best) {
    line.score_name = "best";
    line.score = state_.best_score;
  }
  line.tokens_per_second = smooth_speed_;
  line.mfu = options_.ceiling > 0.0 ? smooth_speed_ * flops_per_token_ / options_.ceiling : 0.0;
  const double per_step = seconds() / static_cast<double>(std::max<int64_t>(1, state_.step));
  line.seconds_left = per_step * static_cast<double>(steps() - state_.step);
  progress_.update(line, important);
}

std::vector<NamedTensor> Trainer::optimizer_tensors() const {
  std::vector<NamedTensor> tensors;
  for (const StateTensor& each : optimizer_->state()) tensors.push_back({each.name, each.tensor});
  for (const StateTensor& each : average_.state()) tensors.push_back({each.name, each.tensor});
  return tensors;
}

TrainingResult Trainer::result(const std::string& ending, const std::string& message) {
  TrainingResult result;
  result.state = ending;
  result.message = message;
  result.steps = state_.step;
  result.tokens = state_.tokens;
  result.seconds = seconds();
  result.tokens_per_second =
      state_.step_seconds > 0.0 ? static_cast<double>(state_.tokens) / state_.step_seconds : 0.0;
  result.evaluation = state_.best_fields;
  const std::filesystem::path checkpoints = options_.folder / "checkpoints";
  const std::filesystem::path best = checkpoints / checkpoint_name(state_.best_step);
  result.checkpoint = state_.has_best && std::filesystem::exists(best)
                          ? best
                          : checkpoints / checkpoint_name(state_.last_checkpoint);
  const std::vector<json> lines = read_lines(options_.folder / "metrics.jsonl");
  const size_t count = std::min(lines.size(), kTrainLossSteps);
  for (size_t i = lines.size() - count; i < lines.size(); ++i) {
    result.train_loss += lines[i].value("loss", 0.0) / static_cast<double>(count);
  }
  return result;
}

}  // namespace seedling
