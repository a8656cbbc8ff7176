// From the few flags a person gives to the full set a run needs: recipes, presets, and what follows from
// them.
//
// complete_flags() fills in all that the recipe and the preset decide; autopilot.cpp decides what the machine
// and the clock decide (size and steps); finish_flags() fills in what follows from the number of steps. A
// flag given by hand is never changed. The full set stands in run.json as "plan", and --resume reads it from
// there.
//
// Recipes
//   classic  nanoGPT's: GPT-2 shape, AdamW, cosine to a tenth (https://github.com/karpathy/nanoGPT)
//   fast     stays within what Hugging Face's Llama / Qwen3 can hold: RoPE, RMSNorm, SwiGLU, QK-norm, untied
//   head, Muon record   everything that helps, whether or not it opens elsewhere: ReLU^2, token shift, norms
//   without parameters
#pragma once

#include <optional>
#include <string>

#include "model/config.h"
#include "optimizer/optimizer.h"
#include "optimizer/schedule.h"
#include "training/flags.h"

namespace seedling {

/// Gives a flag its default unless it was given by hand.
template <typename T, typename U>
void fill_in(std::optional<T>& flag, const U& value) {
  if (!flag) flag = static_cast<T>(value);
}

/// Fills in recipe, objective, preset, arch, tokenizer and every rate. Throws UsageError where flags
/// contradict.
PretrainFlags complete_flags(PretrainFlags given);

/// Fills in what depends on `steps`: warm-up, evaluation, samples, checkpoints. Needs steps.
PretrainFlags finish_flags(PretrainFlags flags);

/// Dropout for a text that is read so many times, where nobody said: `planned`, and more where a causal model
/// would learn the text by heart (tests/bench/LOG.md, pre-training on small texts), as one can that has more
/// parameters than the text has tokens.
double dropout_for_passes(const PretrainFlags& flags, double planned, double passes,
                          double parameters_per_token);

/// The model that complete flags describe. Throws UsageError naming the two numbers that do not fit.
ModelConfig plan_model(const PretrainFlags& flags, int64_t vocab_size);

OptimizerOptions plan_optimizer(const PretrainFlags& flags);
Schedule plan_schedule(const TrainingFlags& flags);

/// Steps of a preset when neither --steps nor --minutes nor --epochs is given; 0: the autopilot's 3 minutes.
int64_t default_steps(const std::string& preset);

}  // namespace seedling
