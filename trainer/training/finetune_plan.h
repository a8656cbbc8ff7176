// From the few flags a person gives to a whole fine-tuning plan: batch, rate, epochs, evaluations.
//
// Nothing here knows a data set by name: what decides is how many examples there are, how wide the model is,
// whether it writes or classifies, and whether its weights are new. A flag given by hand is never changed.
// Called by commands/finetune_train.cpp.
#pragma once

#include <cstdint>

#include "model/config.h"
#include "optimizer/optimizer.h"
#include "training/flags.h"

namespace seedling {

struct FinetuneFacts {
  int64_t features = 0;       // training features (windows count each)
  int64_t tokens = 0;         // of all features
  int64_t channels = 0;       // width of the model
  bool writes = false;        // a language model's head
  bool classifies = false;    // a classifier's
  bool quotes = false;        // answers are passages of the text that was read, written down
  bool from_scratch = false;  // random weights
  int64_t evaluations = 10;   // of the validation examples, while training
  // Needed with minutes: a training step costs seconds_per_step + its examples x seconds_per_example.
  double seconds_per_step = 0.0, seconds_per_example = 0.0;
  bool batch_is_given = false;  // by hand: the clock may not make it smaller
  bool rate_is_given = false;   // by hand: what is to be learned may not change it
};

/// Everything but the number of steps and what hangs on it.
FinetuneFlags complete_finetune(FinetuneFlags flags, const FinetuneFacts& facts);

/// Steps from --steps, --epochs or --minutes, and what follows from them. Without any of the three: as many
/// epochs as data of this size need. With minutes, small data stop after enough epochs (then a part of the
/// plan) before the time is up, and batches are made smaller where the time would hold too few steps.
FinetuneFlags decide_finetune_steps(FinetuneFlags flags, const FinetuneFacts& facts);

/// Validation examples of an evaluation while training, so that all of them together take a small part of the
/// time.
int64_t evaluated_examples(const FinetuneFlags& plan);

OptimizerOptions finetune_optimizer(const FinetuneFlags& flags);

}  // namespace seedling
