// The autopilot: M minutes on this machine, and what to make of them.
//
// It times real training steps of the models of a ladder of sizes, from small to large, some tenths of a
// second each, and asks a scaling law what loss each would reach in the time there is, until larger ones only
// get worse:
//
//   bits a byte = floor + kA / N^kAlpha + kB / D^kBeta        (the form of Hoffmann et al. 2022)
//
// N: parameters without embedding tables, D: bytes of text seen = speed x seconds. The constants were fitted
// to runs on storyworld (tests/bench/README.md keeps the measurements); elsewhere the law still ranks the
// rungs, and the prediction is only that, so the real curve is drawn beside it. The number of steps is then
// fixed and stands in run.json; a resumed run keeps it. While the run goes on, Trainer::keep_to_the_clock
// corrects it by interventions.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "backend/backend.h"
#include "training/flags.h"

namespace seedling {

/// What the autopilot has to know about the data.
struct AutopilotFacts {
  int64_t vocab_size = 0;
  int64_t train_tokens = 0, validation_tokens = 0;
  double bytes_per_token = 1.0;
  double floor = 0.0;  // bits a byte, 0 = unknown
};

/// What it decided, with the reasons in words, and the curve it expects.
struct AutopilotChoice {
  PretrainFlags flags;  // sizes and steps filled in where the flags left them open
  nlohmann::json
      report;         // {"minutes", "tokens_per_second", "candidates", "prediction": {"formula", "points"}}
  std::string words;  // a few lines
};

/// `flags` are complete_flags() with minutes. Flags given by hand are kept: with --layers or --channels or a
/// preset other than story, only the number of steps is chosen.
AutopilotChoice choose_for_minutes(const PretrainFlags& flags, const AutopilotFacts& facts, Backend& backend);

/// The scaling law, in bits a byte, after `bytes` of text.
double predicted_bits(double parameters, double bytes, double floor);

}  // namespace seedling
