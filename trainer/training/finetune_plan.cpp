// The defaults of fine-tuning (see finetune_plan.h).
#include "training/finetune_plan.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "training/plan.h"

namespace seedling {

namespace {

/// Share of --minutes that is spent in steps; the rest evaluates and saves.
constexpr double kStepShare = 0.85;

/// Passes over the examples up to which dropout slows learning more than it keeps from learning by heart
/// (tests/bench/LOG.md).
constexpr double kFewPasses = 12.0;

/// Muon's rate. Finding a passage is not a matter of nudging what pre-training has left: what compares the
/// question with every place of the text has to form first, and with small steps it does not form in minutes.
/// Examples that come again and again are learned by heart at that rate, though (tests/bench/LOG.md).
constexpr double kMuonRate = 0.02, kMuonQuoteRate = 0.05;

/// Models up to this width are trained with Muon, whose steps teach small models in minutes what AdamW needs
/// an hour for. Wider ones come from elsewhere, trained with AdamW, and are nudged with it.
constexpr int64_t kMuonWidth = 512;

/// Share of the steps so far whose weights are averaged. A label says little: single weights learn by heart
/// now one part of the examples, now another, and their mean is right more often. What writes gains nothing
/// from it, for there the last weights, at the smallest steps, are the best (tests/bench/LOG.md). A wide
/// model's weights hardly move, and two more copies of them cost memory.
constexpr double kAverage = 0.25;

/// AdamW's rate: wide models need small ones. BERT-base (768 channels) is fine-tuned at 2e-5 to 1e-4 (Devlin
/// et al. 2018, appendix A.3), tiny ones learn best near 1e-3. Low-rank updates take twice as much.
double adamw_rate(const FinetuneFlags& f, const FinetuneFacts& facts) {
  const double base = facts.writes || facts.from_scratch ? 2e-3 : 1e-3;
  const double width = std::pow(128.0 / static_cast<double>(std::max<int64_t>(32, facts.channels)), 1.4);
  const double rate = std::min(3e-3, base * width);
  return f.lora.value_or(0) > 0 ? 2.0 * rate : rate;
}

/// Passes that examples are worth at most: few examples are seen often, many only a few times.
/// A label says little, so a classifier has soon learned its examples by heart, the sooner the more it knew
/// before, and later where only a few of its numbers may move; texts to write last longer.
double most_epochs(const FinetuneFacts& facts, bool low_rank) {
  const auto features = static_cast<double>(facts.features);
  if (!facts.classifies) return std::clamp(250000.0 / features, 10.0, 60.0);
  return facts.from_scratch || low_rank ? std::clamp(60000.0 / features, 8.0, 40.0)
                                        : std::clamp(20000.0 / features, 4.0, 40.0);
}
/// The same where nobody says how long.
double default_epochs(const FinetuneFacts& facts, bool low_rank) {
  const auto features = static_cast<double>(facts.features);
  return facts.classifies ? most_epochs(facts, low_rank) : std::clamp(30000.0 / features, 4.0, 20.0);
}

/// A step is worth its price from a few thousand tokens on, and an epoch should still have some fifty steps.
int64_t default_batch(const FinetuneFacts& facts) {
  constexpr double kTokens = 2048.0;
  constexpr int64_t kSteps = 50, kFewest = 8, kMost = 128;
  const double length = static_cast<double>(facts.tokens) / static_cast<double>(facts.features);
  int64_t batch = kFewest;
  while (2 * batch <= kMost && 2 * batch * kSteps <= facts.features &&
         2.0 * static_cast<double>(batch) * length <= 1.5 * kTokens)
    batch *= 2;
  return batch;
}

/// Seconds of a step with so many examples.
double step_seconds(const FinetuneFacts& facts, double examples) {
  return std::max(1e-6, facts.seconds_per_step + examples * facts.seconds_per_example);
}

/// In a short time many small steps teach more than few large ones, although they cost more (measured on the
/// retelling in another style, ten seconds: 43 steps of 64 examples reach a validation loss of 0.288, 101 of
/// 16 0.216). But an update should not cost much more than the examples it learns from.
int64_t batch_for_time(int64_t batch, int64_t passes, double seconds, const FinetuneFacts& facts) {
  constexpr double kFewestSteps = 150.0, kDearestUpdate = 1.5;
  constexpr int64_t kSmallest = 8;
  while (batch / 2 >= kSmallest) {
    const auto fewer = static_cast<double>(batch / 2 * passes);
    if (seconds >= kFewestSteps * step_seconds(facts, 2.0 * fewer)) break;
    if (facts.seconds_per_step > kDearestUpdate * fewer * facts.seconds_per_example) break;
    batch /= 2;
  }
  return batch;
}

}  // namespace

FinetuneFlags complete_finetune(FinetuneFlags f, const FinetuneFacts& facts) {
  TrainingFlags& t = f.training;
  fill_in(f.lora, 0);
  fill_in(f.freeze, 0);
  fill_in(f.layer_decay, 1.0);
  const bool small = facts.channels <= kMuonWidth;
  fill_in(f.word_dropout, 0.0);
  fill_in(f.every_position, 0.0);
  fill_in(f.read_share, 0.0);
  fill_in(f.average, small && facts.classifies ? kAverage : 0.0);
  fill_in(f.lora_alpha, 2 * *f.lora);
  fill_in(t.batch_size, default_batch(facts));
  fill_in(t.grad_accumulation, 1);
  fill_in(t.recompute, false);
  fill_in(t.optimizer, small && *f.lora == 0 ? "muon" : "adamw");
  fill_in(t.learning_rate, *t.optimizer == "muon" ? kMuonRate : adamw_rate(f, facts));
  fill_in(t.min_learning_rate, 0.0);
  fill_in(t.schedule, "linear");
  fill_in(t.beta1, 0.9);
  fill_in(t.beta2, 0.98);
  fill_in(t.weight_decay, 0.01);
  fill_in(t.grad_clip, 1.0);
  fill_in(t.keep, 1);
  fill_in(t.early_stop, 0);  // the best checkpoint is kept anyway, and a plateau may come before the fall
  fill_in(t.prompt, "");
  return f;
}

FinetuneFlags decide_finetune_steps(FinetuneFlags f, const FinetuneFacts& facts) {
  TrainingFlags& t = f.training;
  if (t.steps.has_value() + t.minutes.has_value() + t.epochs.has_value() > 1)
    fail_usage("give only one of --steps, --minutes and --epochs");
  const bool low_rank = *f.lora > 0;
  const double seconds = t.minutes.value_or(0.0) * 60.0 * kStepShare;
  if (t.minutes && !facts.batch_is_given)
    t.batch_size = batch_for_time(*t.batch_size, *t.grad_accumulation, seconds, facts);
  const double each = static_cast<double>(*t.batch_size * *t.grad_accumulation);
  const double epoch = std::ceil(static_cast<double>(facts.features) / each);  // steps
  if (t.minutes) {
    const double enough = most_epochs(facts, low_rank) * epoch, fit = seconds / step_seconds(facts, each);
    t.steps = std::max<int64_t>(1, static_cast<int64_t>(std::min(enough, fit)));
    t.epochs = most_epochs(facts, low_rank);  // the clock must not stretch the run beyond
  } else if (!t.steps) {
    const double epochs = t.epochs.value_or(default_epochs(facts, low_rank));
    t.steps = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(epochs * epoch)));
    t.epochs.reset();
  }
  const bool few_passes = static_cast<double>(*t.steps) < kFewPasses * epoch;
  fill_in(t.dropout, few_passes ? 0.0 : 0.1);
  if (facts.quotes && few_passes && *t.optimizer == "muon" && !facts.rate_is_given)
    t.learning_rate = kMuonQuoteRate;
  fill_in(t.warmup_steps, *t.steps / 16);
  fill_in(t.eval_every, std::max<int64_t>(1, (*t.steps + facts.evaluations - 1) / facts.evaluations));
  fill_in(t.sample_every, *t.eval_every);
  fill_in(t.checkpoint_every, *t.steps);
  if (*t.min_learning_rate > *t.learning_rate)
    fail_usage("--min-learning-rate ", *t.min_learning_rate, " is above --learning-rate ", *t.learning_rate);
  return f;
}

int64_t evaluated_examples(const FinetuneFlags& plan) {
  constexpr double kShare = 0.1,
                   kPassesOfAStep = 3.0;  // of the steps' time; backward costs twice what forward does
  constexpr int64_t kFewest = 100, kMost = 1000;
  const TrainingFlags& t = plan.training;
  const auto examples = static_cast<double>(*t.steps * *t.batch_size * *t.grad_accumulation);
  const double evaluations = std::ceil(static_cast<double>(*t.steps) / static_cast<double>(*t.eval_every));
  return std::clamp(static_cast<int64_t>(kShare * kPassesOfAStep * examples / evaluations), kFewest, kMost);
}

OptimizerOptions finetune_optimizer(const FinetuneFlags& flags) {
  PretrainFlags same;  // the rates beside Muon are pre-training's
  same.training = flags.training;
  return plan_optimizer(same);
}

}  // namespace seedling
