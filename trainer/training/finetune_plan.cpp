// The defaults of fine-tuning (see finetune_plan.h).
#include "training/finetune_plan.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "training/plan.h"

namespace seedling {

namespace {

/// Share of --minutes that is spent in steps; the rest evaluates and saves.
constexpr double kStepShare = 0.8;

/// Models up to this width are trained with Muon, whose steps teach small models in minutes what AdamW needs an
/// hour for. Wider ones come from elsewhere, trained with AdamW, and are nudged with it.
constexpr int64_t kMuonWidth = 512;

/// AdamW's rate: wide models need small ones. BERT-base (768 channels) is fine-tuned at 2e-5 to 1e-4 (Devlin
/// et al. 2018, appendix A.3), tiny ones learn best near 1e-3.
double default_rate(const FinetuneFlags& f, const FinetuneFacts& facts) {
  const double base = facts.writes || facts.from_scratch ? 2e-3 : 1e-3;
  const double width = std::pow(128.0 / static_cast<double>(std::max<int64_t>(32, facts.channels)), 1.4);
  const double rate = std::min(3e-3, base * width);
  return f.lora.value_or(0) > 0 ? std::min(1e-2, 5.0 * rate) : rate;
}

/// Passes that examples are worth: few examples are seen often, many only a few times.
double default_epochs(int64_t features) {
  return std::clamp(30000.0 / static_cast<double>(features), 4.0, 20.0);
}
double most_epochs(int64_t features) {
  return std::clamp(250000.0 / static_cast<double>(features), 10.0, 60.0);
}

/// A step is worth its price from a few thousand tokens on, and an epoch should still have some fifty steps.
int64_t default_batch(const FinetuneFacts& facts) {
  constexpr double kTokens = 2048.0;
  constexpr int64_t kSteps = 50, kFewest = 8, kMost = 128;
  const double length = static_cast<double>(facts.tokens) / static_cast<double>(facts.features);
  int64_t batch = kFewest;
  while (2 * batch <= kMost && 2 * batch * kSteps <= facts.features && 2.0 * static_cast<double>(batch) * length <= 1.5 * kTokens)
    batch *= 2;
  return batch;
}

}  // namespace

FinetuneFlags complete_finetune(FinetuneFlags f, const FinetuneFacts& facts) {
  TrainingFlags& t = f.training;
  fill_in(f.lora, 0);
  fill_in(f.freeze, 0);
  fill_in(f.layer_decay, 1.0);
  fill_in(f.word_dropout, 0.0);
  fill_in(f.read_share, 0.0);
  fill_in(f.lora_alpha, 2 * *f.lora);
  fill_in(t.batch_size, default_batch(facts));
  fill_in(t.grad_accumulation, 1);
  fill_in(t.dropout, 0.1);
  const bool muon = facts.channels <= kMuonWidth && *f.lora == 0;
  fill_in(t.optimizer, muon ? "muon" : "adamw");
  fill_in(t.learning_rate, *t.optimizer == "muon" ? 0.02 : default_rate(f, facts));
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
  const double each = static_cast<double>(*t.batch_size * *t.grad_accumulation);
  const double epoch = std::ceil(static_cast<double>(facts.features) / each);  // steps
  if (t.minutes) {
    const double enough = most_epochs(facts.features) * epoch;
    const double fit = *t.minutes * 60.0 * kStepShare / std::max(1e-6, facts.seconds_per_example * each);
    t.steps = std::max<int64_t>(1, static_cast<int64_t>(std::min(enough, fit)));
    if (enough < fit) t.minutes.reset();  // the clock must not stretch the run
  } else if (!t.steps) {
    const double epochs = t.epochs.value_or(default_epochs(facts.features));
    t.steps = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(epochs * epoch)));
  }
  t.epochs.reset();
  fill_in(t.warmup_steps, *t.steps / 16);
  fill_in(t.eval_every, std::max<int64_t>(1, (*t.steps + facts.evaluations - 1) / facts.evaluations));
  fill_in(t.sample_every, *t.eval_every);
  fill_in(t.checkpoint_every, *t.steps);
  if (*t.min_learning_rate > *t.learning_rate)
    fail_usage("--min-learning-rate ", *t.min_learning_rate, " is above --learning-rate ", *t.learning_rate);
  return f;
}

OptimizerOptions finetune_optimizer(const FinetuneFlags& flags) {
  PretrainFlags same;  // the rates beside Muon are pre-training's
  same.training = flags.training;
  return plan_optimizer(same);
}

}  // namespace seedling
