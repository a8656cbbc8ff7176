// The autopilot: M minutes on this machine, and what to make of them.
//
// It times real training steps of the models of a ladder of sizes, from small to large, some tenths of a
// second each, and asks a scaling law what loss each would reach in the time there is, until larger ones only
// get worse:
//
//   bits a byte = floor + A / N^alpha + B / (N^gamma D^beta)
//
// N: parameters without embedding tables, D: bytes of text seen = speed x seconds x bytes a token. The form
// is Hoffmann et al. 2022's with one more exponent: far from converged, a larger model learns more from the
// same text. Its five constants were fitted (least squares of the logarithms) to seven runs on storyworld
// (recipe fast, vocabulary 4096, context 256, 2048 tokens a step, linear to zero; bits a byte above the
// text's entropy):
//
//   N               D (MB)  measured  the law       N               D (MB)  measured  the law
//   1.13 M (3x128)   7.2    0.1012    0.0971        4.26 M (4x256)   6.3    0.0820    0.0824
//   1.13 M          28.8    0.0266    0.0265        4.26 M          13.4    0.0353    0.0361
//   2.56 M (4x192)   5.4    0.1028    0.1102        5.87 M (6x256)   5.6    0.0931    0.0880
//   2.56 M          22.3    0.0252    0.0253
//
// One seed each: a guide for choosing a size, not a law of nature, and beyond 30 MB an extrapolation; on
// other texts it only ranks the sizes. It is wrong by up to 7 % of the excess, so of sizes that end within a
// hundredth of each other the largest is taken. The real curve is drawn beside the prediction. The number of
// steps is then fixed and stands in run.json; a resumed run keeps it. While the run goes on,
// Trainer::keep_to_the_clock corrects it by interventions.
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
