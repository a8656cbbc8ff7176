// From logits to the distribution a token is drawn from.
//
//   repetition penalty   l = l < 0 ? l p : l / p, once for each distinct id so far (Keskar et al. 2019, CTRL)
//   temperature          l / t; 0 is greedy
//   top-k                all but the k largest fall away (equals of the k-th stay)
//   top-p                the smallest set of most probable tokens with a sum of p or more (Holtzman et al.
//   2020, nucleus)
//
// The order and the edge cases are those of transformers' logits processors.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "backend/argmax_rows.h"
#include "base/error.h"
#include "generation/generator.h"

namespace seedling {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

void penalize_repetition(std::vector<float>& logits, const std::vector<int32_t>& context, float penalty) {
  for (int32_t id : std::set<int32_t>(context.begin(), context.end()))
    if (id >= 0 && static_cast<size_t>(id) < logits.size())
      logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
}

void keep_top_k(std::vector<float>& logits, int64_t k) {
  if (k <= 0 || k >= static_cast<int64_t>(logits.size())) return;
  std::vector<float> largest(static_cast<size_t>(k));
  std::partial_sort_copy(logits.begin(), logits.end(), largest.begin(), largest.end(), std::greater<>());
  for (float& logit : logits)
    if (logit < largest.back()) logit = kNever;
}

/// logits becomes softmax(logits / temperature), summed in double precision; `largest` is that of the logits.
void softmax(std::vector<float>& logits, double largest, double temperature) {
  const double sharpness = 1 / temperature;
  double sum = 0;
  for (float& logit : logits) {
    logit = logit == kNever ? 0.0f : std::exp(static_cast<float>((logit - largest) * sharpness));
    sum += logit;
  }
  const double part = 1 / sum;
  for (float& p : logits) p = static_cast<float>(p * part);
}

/// Sets to zero what lies outside the nucleus: from the least probable upwards, as long as the sum stays
/// within 1 - p.
void keep_top_p(std::vector<float>& p, double top_p) {
  if (top_p >= 1.0) return;
  std::vector<int32_t> order;
  float most = 0;
  for (size_t id = 0; id < p.size(); ++id) {
    if (p[id] <= 0) continue;
    order.push_back(static_cast<int32_t>(id));
    most = std::max(most, p[id]);
  }
  // Whoever is below an equal share of what may fall away falls away, in whatever order: the sorting is for
  // the few that are left.
  double below = 0;
  for (size_t before = 0; order.size() != before;) {
    before = order.size();
    const double share = std::min<double>(most, (1.0 - top_p - below) / static_cast<double>(before));
    std::erase_if(order, [&](int32_t id) {
      if (p[id] >= share) return false;
      below += p[id], p[id] = 0;
      return true;
    });
  }
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return p[a] < p[b]; });
  double kept = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    float& value = p[order[i]];
    below += value;
    if (below <= 1.0 - top_p && i + 1 < order.size()) value = 0;
    kept += value;
  }
  const double part = 1 / kept;
  for (float& value : p) value = static_cast<float>(value * part);
}

void check(const SamplingOptions& options) {
  const auto refuse = [](const char* flag, double value, const char* wanted) {
    fail_usage("--", flag, " is ", value, "; it must be ", wanted, ".");
  };
  if (!(options.temperature >= 0) || std::isinf(options.temperature))
    refuse("temperature", options.temperature, "0 (greedy) or more");
  if (options.top_k < 0) refuse("top-k", static_cast<double>(options.top_k), "0 (off) or more");
  if (!(options.top_p >= 0 && options.top_p <= 1)) refuse("top-p", options.top_p, "from 0 to 1 (off)");
  if (!(options.repetition_penalty > 0) || std::isinf(options.repetition_penalty))
    refuse("repetition-penalty", options.repetition_penalty, "above 0 (1 is off)");
}

}  // namespace

std::vector<float> sampling_distribution(std::vector<float> logits, const std::vector<int32_t>& context,
                                         const SamplingOptions& options, int64_t valid_vocabulary) {
  check(options);
  for (float logit : logits)
    if (std::isnan(logit))
      fail(
          "the model's output is not a number: its weights are damaged or its training diverged. Use an "
          "earlier checkpoint.");
  // Rows of the table past the tokenizer's last token are padding.
  for (size_t id = std::max<int64_t>(0, valid_vocabulary); id < logits.size(); ++id) logits[id] = kNever;
  if (options.repetition_penalty != 1.0f) penalize_repetition(logits, context, options.repetition_penalty);
  const Tensor row(logits.data(), DType::f32, {static_cast<int64_t>(logits.size())});
  const int32_t best = argmax_of_row(row);  // the first of equals: the lowest id
  if (logits.empty() || logits[best] == kNever)
    fail("there is no token to choose from: every logit is minus infinity.");
  if (options.temperature == 0 || std::isinf(logits[best])) {
    std::fill(logits.begin(), logits.end(), 0.0f);
    logits[best] = 1.0f;
    return logits;
  }
  keep_top_k(logits, options.top_k);
  softmax(logits, logits[best], options.temperature);
  keep_top_p(logits, options.top_p);
  return logits;
}

}  // namespace seedling
