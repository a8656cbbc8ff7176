// Times the ladder, asks the law, fixes the steps (see autopilot.h).
#include "training/autopilot.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "training/plan.h"
#include "training/progress.h"
#include "training/speed.h"

namespace seedling {

namespace {

using nlohmann::json;

/// Sizes to choose from, small to large; all have heads of 32 or 64.
struct Rung {
  int64_t layers, heads, channels;
};
constexpr Rung kLadder[] = {{2, 3, 96},  {3, 3, 96},  {3, 4, 128}, {4, 4, 128}, {4, 6, 192},
                            {4, 4, 256}, {6, 4, 256}, {6, 6, 384}, {8, 8, 512}, {12, 12, 768}};

/// Constants of the law in autopilot.h.
constexpr double kA = 18.41, kAlpha = 0.5396, kB = 2.7436e8, kGamma = 0.2082, kBeta = 1.2014;

/// Weights besides the embedding that a training token can pay for at most: the law knows nothing of
/// overfitting. (nanoGPT's `baby` has ten a character of tiny Shakespeare, and needs dropout.)
constexpr double kMostWeightsPerToken = 16.0;

/// Ends within a hundredth of each other are the same to the law; the larger model then brings more to its
/// tasks.
constexpr double kAsGood = 1.01;

/// Shares of the time that are not training steps.
constexpr double kEvaluationShare = 0.08, kOtherShare = 0.03;
constexpr int64_t kPoints = 40;

struct Candidate {
  ModelConfig config;
  double tokens_per_second = 0.0, tokens = 0.0, bits = 0.0, parameters = 0.0;
};

Candidate time_candidate(const PretrainFlags& flags, const AutopilotFacts& facts, Backend& backend,
                         double seconds) {
  Candidate candidate;
  candidate.config = plan_model(flags, facts.vocab_size);
  Model model(candidate.config, backend, true);
  model.initialize(1);
  SpeedOptions options;
  options.batch_size = *flags.training.batch_size;
  options.context_length = candidate.config.context_length;
  options.optimizer = flags.training.optimizer->c_str();
  options.recompute = flags.training.recompute.value_or(false);
  options.warmup = 1;
  options.repeats = 3;
  options.seconds_each = seconds / 4.0;
  candidate.tokens_per_second = median(measure_training(model, options));
  const double budget = *flags.training.minutes * 60.0 * (1.0 - kEvaluationShare - kOtherShare);
  candidate.tokens = candidate.tokens_per_second * budget;
  candidate.parameters = static_cast<double>(candidate.config.matrix_parameters());
  // Text seen again teaches less and less: Muennighoff et al. 2023 put the half-life at about four epochs.
  const double epochs = candidate.tokens / static_cast<double>(std::max<int64_t>(1, facts.train_tokens));
  const double worth =
      epochs <= 4.0 ? candidate.tokens
                    : candidate.tokens / epochs * (4.0 + 15.0 * (1.0 - std::exp(-(epochs - 4.0) / 15.0)));
  candidate.bits = predicted_bits(candidate.parameters, worth * facts.bytes_per_token, facts.floor);
  return candidate;
}

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// 41200 -> "41 thousand", 3650000 -> "3.7 million".
std::string rounded(double value) {
  if (value >= 1e6) return number(value / 1e6, value < 1e7 ? 1 : 0) + " million";
  if (value >= 1e4) return number(value / 1e3, 0) + " thousand";
  return number(value, 0);
}

std::string describe(const ModelConfig& config) {
  return concat(config.layers, " layers of ", config.channels, " channels");
}

/// Time for evaluations is bounded: as many as fit into their share, between 2 and 10.
int64_t evaluations_that_fit(const PretrainFlags& flags, const AutopilotFacts& facts,
                             const Candidate& chosen) {
  const double forward_speed = 2.5 * chosen.tokens_per_second;  // no backward pass, no optimizer
  const double seconds_each = static_cast<double>(facts.validation_tokens) / forward_speed;
  const double share = kEvaluationShare * *flags.training.minutes * 60.0;
  return std::clamp<int64_t>(static_cast<int64_t>(share / std::max(1e-3, seconds_each)), 2, 10);
}

json curve(const Candidate& chosen, const AutopilotFacts& facts, int64_t steps) {
  json points = json::array();
  for (int64_t i = 1; i <= kPoints; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(kPoints);
    const double bytes = share * chosen.tokens * facts.bytes_per_token;
    points.push_back({std::max<int64_t>(1, static_cast<int64_t>(share * static_cast<double>(steps))),
                      predicted_bits(chosen.parameters, bytes, facts.floor)});
  }
  return points;
}

}  // namespace

double predicted_bits(double parameters, double bytes, double floor) {
  return floor + kA / std::pow(parameters, kAlpha) +
         kB / (std::pow(parameters, kGamma) * std::pow(bytes, kBeta));
}

AutopilotChoice choose_for_minutes(const PretrainFlags& given, const AutopilotFacts& facts,
                                   Backend& backend) {
  AutopilotChoice choice;
  choice.flags = given;
  PretrainFlags& flags = choice.flags;
  TrainingFlags& t = flags.training;
  const bool clock = t.minutes.has_value();
  if (!clock) t.minutes = 3.0;  // --steps or --epochs with preset story: sized as for three minutes
  const bool free_size = *flags.model.preset == "story" && !flags.model.layers && !flags.model.channels;
  const double seconds_each = std::min(0.6, 0.02 * *t.minutes * 60.0);

  json table = json::array();
  Candidate best;       // the largest whose end is as good as the lowest
  double lowest = 0.0;  // bits a byte
  int worse = 0;
  const auto consider = [&](const PretrainFlags& candidate_flags) {
    Candidate candidate = time_candidate(candidate_flags, facts, backend, seconds_each);
    table.push_back({{"layers", candidate.config.layers},
                     {"channels", candidate.config.channels},
                     {"parameters", candidate.parameters},
                     {"tokens_per_second", candidate.tokens_per_second},
                     {"tokens", candidate.tokens},
                     {"predicted_bits_per_byte", candidate.bits}});
    const bool better = best.tokens == 0.0 || candidate.bits < lowest;
    worse = better ? 0 : worse + 1;
    if (better) lowest = candidate.bits;
    if (candidate.bits <= kAsGood * lowest) best = std::move(candidate);  // the ladder only grows
  };
  if (free_size) {
    for (const Rung& rung : kLadder) {
      PretrainFlags candidate = flags;
      candidate.model.layers = rung.layers;
      candidate.model.heads = rung.heads;
      candidate.model.channels = rung.channels;
      const double weights = static_cast<double>(plan_model(candidate, facts.vocab_size).matrix_parameters());
      if (!table.empty() && weights > kMostWeightsPerToken * static_cast<double>(facts.train_tokens)) break;
      consider(candidate);
      if (worse >= 2) break;
    }
    flags.model.layers = best.config.layers;
    flags.model.heads = best.config.heads;
    flags.model.channels = best.config.channels;
  } else {
    consider(flags);
  }
  const double tokens_per_step =
      static_cast<double>(*t.batch_size * *t.grad_accumulation * best.config.context_length);
  const std::string size =
      concat(describe(best.config), " (", rounded(best.parameters), " weights besides the embedding)");
  if (!clock) {
    t.minutes.reset();
    choice.words =
        concat("autopilot: ", size, ", at about ", rounded(best.tokens_per_second), " tokens a second");
    choice.report = {{"tokens_per_second", best.tokens_per_second}, {"candidates", table}};
    return choice;
  }
  t.steps = std::max<int64_t>(1, static_cast<int64_t>(best.tokens / tokens_per_step));
  if (!t.eval_every) {
    const int64_t count = evaluations_that_fit(flags, facts, best);
    t.eval_every = std::max<int64_t>(1, (*t.steps + count - 1) / count);
  }
  const double epochs = best.tokens / static_cast<double>(std::max<int64_t>(1, facts.train_tokens));
  choice.words = concat(
      "autopilot: ", size, free_size ? "" : " as asked", ": it runs at ", rounded(best.tokens_per_second),
      " tokens a second here,\n  so ", number(*t.minutes, *t.minutes < 1 ? 2 : 1), " minutes are ", *t.steps,
      " steps of ", number(tokens_per_step, 0), " tokens (", number(epochs, 2),
      " passes over the text);\n  expected at the end: about ", number(best.bits, 2), " bits a byte",
      facts.floor > 0.0 ? concat(" (the text's own entropy is ", number(facts.floor, 2), ")") : "",
      table.size() > 1
          ? concat("; ", table.size(),
                   " sizes were timed, and this is the largest that ends within a hundredth of the lowest")
          : "");
  choice.report = {{"minutes", *t.minutes},
                   {"tokens_per_second", best.tokens_per_second},
                   {"steps", *t.steps},
                   {"candidates", table},
                   {"prediction",
                    {{"formula", concat("bits_per_byte = floor + ", kA, " / N^", kAlpha, " + ", kB, " / (N^",
                                        kGamma, " D^", kBeta, ")")},
                     {"N", best.parameters},
                     {"D", "bytes of text seen"},
                     {"floor", facts.floor},
                     {"points", curve(best, facts, *t.steps)}}}};
  return choice;
}

}  // namespace seedling
