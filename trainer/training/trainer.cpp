// The loop (see trainer.h). What happens between two steps is in trainer_steering.cpp, what a run writes in
// trainer_records.cpp.
#include "training/trainer.h"

#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "optimizer/schedule.h"
#include "training/interrupt.h"
#include "training/plan.h"

namespace seedling {

namespace {

/// Independent streams of the one seed.
constexpr uint64_t kDropoutStream = 0xD20;

}  // namespace

Trainer::Trainer(TrainerOptions options, Model& model, Objective& objective, const Tokenizer& tokenizer,
                 Session& session)
    : options_(std::move(options)),
      model_(model),
      objective_(objective),
      tokenizer_(tokenizer),
      session_(session),
      optimizer_(make_optimizer(options_.optimizer, model.parameters(), model.backend())),
      average_(options_.average, model.parameters(), model.backend()),
      metrics_(options_.folder / "metrics.jsonl"),
      samples_(options_.folder / "samples.jsonl"),
      events_(options_.folder / "events.jsonl"),
      health_(options_.folder / "health.jsonl"),
      meter_(model),
      progress_(options_.quiet),
      flops_per_token_(model.config().flops_per_token(model.config().context_length)) {}

TrainingResult Trainer::run(bool resume, const nlohmann::json& changes) {
  try {
    session_.show_model(&model_, &tokenizer_);
    begin(resume, changes);
    TrainingResult result = train_to_the_end();
    leave();
    return result;
  } catch (const UsageError&) {  // what was asked cannot be; the run is as it was
    leave();
    throw;
  } catch (const std::exception& error) {
    record_end("failed", error.what());
    publish("failed", error.what());
    leave();
    throw;
  }
}

/// Nobody may look at the model any more.
void Trainer::leave() {
  session_.serve_looks();
  session_.close();
  session_.show_model(nullptr, nullptr);
}

TrainingResult Trainer::train_to_the_end() {
  while (state_.step < steps()) {
    replay_events();
    obey_commands();
    if (stopping_) break;
    take_step();
    answer_learning_by_heart();
    after_step();
    keep_to_the_clock();
  }
  const std::string ending = state_.step < steps() ? "stopped" : "finished";
  if (state_.last_checkpoint != state_.step) save_here();
  record_end(ending, stop_message_);
  publish(ending, stop_message_);
  return result(ending, stop_message_);
}

void Trainer::take_step() {
  const Clock::time_point begin = Clock::now();
  const int64_t tokens_before = state_.tokens;
  model_.backend().fill(model_.parameters().gradients(), 0.0f);
  const LossSum loss = forward_and_backward();
  const double norm = gradient_norm(model_.parameters(), model_.backend());
  check_loss(loss.mean(), norm);
  const double rate = learning_rate();
  const bool evaluated = is_evaluated(state_.step + 1);
  double aside = 0.0;  // spent on looking, not on training
  if (evaluated) {
    const Clock::time_point pause = Clock::now();
    meter_.before_step();
    aside = seconds_since(pause);
  }
  optimizer_->step(rate, clip_scale(norm, *state_.settings.grad_clip), state_.step + 1);
  average_.take(state_.step + 1);
  model_.backend().parameters_changed();
  if (state_.step + 1 < steps()) next_batches_ = fetch_batches();  // while a GPU still works on this step
  model_.backend().synchronize();
  state_.step += 1;
  const double step_seconds = seconds_since(begin) - aside;
  if (evaluated) write_health();
  write_step(loss.mean(), norm, rate, step_seconds, state_.tokens - tokens_before);
}

/// The micro-batches of the step that comes next, by the settings as they are now.
Trainer::StepBatches Trainer::fetch_batches() {
  StepBatches step;
  step.B = *state_.settings.batch_size, step.passes = *state_.settings.grad_accumulation;
  step.first =
      (state_.examples + step.B - 1) / step.B;  // a changed batch size begins at its own next multiple
  const bool fetched =
      step.first == next_batches_.first && step.B == next_batches_.B && step.passes == next_batches_.passes;
  if (fetched) return std::exchange(next_batches_, {});
  for (int64_t i = 0; i < step.passes; ++i) step.batches.push_back(objective_.batch(step.first + i, step.B));
  return step;
}

/// Runs the micro-batches of one step. Each target's gradient is divided by the number of targets of the
/// whole step, so that accumulated passes equal one big batch.
LossSum Trainer::forward_and_backward() {
  const StepBatches step = fetch_batches();
  int64_t targets = 0;
  for (const Batch& batch : step.batches) {
    targets += objective_.target_count(batch);
    state_.tokens += objective_.token_count(batch);
  }
  const uint64_t key =
      derive_key(derive_key(state_.seed, kDropoutStream), static_cast<uint64_t>(state_.step));
  const float scale = 1.0f / static_cast<float>(std::max<int64_t>(1, targets));
  LossSum total;
  for (size_t i = 0; i < step.batches.size(); ++i) {
    const LossSum part = model_.train(step.batches[i], scale, derive_key(key, i));
    total.sum += part.sum;
    total.count += part.count;
    total.correct += part.correct;
  }
  state_.examples = (step.first + step.passes) * step.B;
  return total;
}

/// The step's line in metrics.jsonl, with an evaluation where one is due.
void Trainer::write_step(double loss, double norm, double rate, double step_seconds, int64_t step_tokens) {
  state_.step_seconds += step_seconds;
  const double speed = static_cast<double>(step_tokens) / step_seconds;
  smooth_speed_ = smooth_speed_ == 0.0 ? speed : 0.9 * smooth_speed_ + 0.1 * speed;
  nlohmann::json line = {{"step", state_.step}, {"tokens", state_.tokens}, {"loss", loss}};
  if (is_evaluated(state_.step)) evaluate(line);
  line["learning_rate"] = rate;
  line["grad_norm"] = norm;
  line["seconds"] = seconds();
  line["tokens_per_second"] = speed;
  line["mfu"] = options_.ceiling > 0.0 ? speed * flops_per_token_ / options_.ceiling : 0.0;
  metrics_.append(line);
  last_metrics_ = line;
  session_.notify("metrics", line);
}

/// Samples, checkpoints and the snapshot for the readers.
void Trainer::after_step() {
  const bool last = state_.step >= steps();
  const bool evaluated = state_.evaluated_step == state_.step;
  const bool improved = evaluated && state_.has_best && state_.best_step == state_.step;
  if (last || state_.step % *state_.settings.sample_every == 0) sample(*state_.settings.prompt);
  if (last || improved || state_.step % *state_.settings.checkpoint_every == 0) save_here();
  publish(paused_ ? "paused" : "running");
  show_progress(evaluated);
  const int64_t patience = *state_.settings.early_stop;
  if (evaluated && patience > 0 && state_.evaluations_since_best >= patience) {
    stopping_ = true;
    stop_message_ = concat("early stop: no better evaluation in the last ", patience, " (best at step ",
                           state_.best_step, ")");
  }
}

double Trainer::learning_rate() const {
  return scheduled_rate(plan_schedule(state_.settings), state_.step, steps());
}

double Trainer::seconds() const { return earlier_seconds_ + seconds_since(started_) - paused_seconds_; }

}  // namespace seedling
