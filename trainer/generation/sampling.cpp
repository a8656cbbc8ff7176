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
#include <numeric>
#include <set>

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
  std::vector<float> sorted = logits;
  std::nth_element(sorted.begin(), sorted.begin() + (k - 1), sorted.end(), std::greater<>());
  const float smallest = sorted[k - 1];
  for (float& logit : logits)
    if (logit < smallest) logit = kNever;
}

/// softmax(logits / temperature) in double precision.
std::vector<double> softmax(const std::vector<float>& logits, double temperature) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p(logits.size());
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] = std::exp((logits[i] - largest) / temperature);
  for (double& value : p) value /= sum;
  return p;
}

/// Sets to zero what lies outside the nucleus: from the least probable upwards, as long as the sum stays
/// within 1 - p.
void keep_top_p(std::vector<double>& p, double top_p) {
  if (top_p >= 1.0) return;
  std::vector<int32_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return p[a] < p[b]; });
  double below = 0, kept = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    double& value = p[order[i]];
    below += value;
    if (below <= 1.0 - top_p && i + 1 < order.size()) value = 0;
    kept += value;
  }
  for (double& value : p) value /= kept;
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
  const auto best = std::max_element(logits.begin(), logits.end());  // the first of equals: the lowest id
  if (best == logits.end() || *best == kNever)
    fail("there is no token to choose from: every logit is minus infinity.");
  std::vector<float> result(logits.size(), 0.0f);
  if (options.temperature == 0 || std::isinf(*best)) {
    result[best - logits.begin()] = 1.0f;
    return result;
  }
  keep_top_k(logits, options.top_k);
  std::vector<double> p = softmax(logits, options.temperature);
  keep_top_p(p, options.top_p);
  std::copy(p.begin(), p.end(), result.begin());
  return result;
}

}  // namespace seedling
