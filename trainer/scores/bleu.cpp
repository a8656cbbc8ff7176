// BLEU: the geometric mean of clipped n-gram precisions (n = 1..4) times the brevity penalty.
//
//   BLEU = min(1, exp(1 - r/c)) * exp(1/4 sum_n log p_n)        (Papineni et al. 2002, section 2.3)
//
// A precision with no match is smoothed as mteval-v13a.pl does ("exp": 1/2, 1/4, ... of a match).
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "scores/scores.h"
#include "scores/words.h"

namespace seedling {
namespace {

constexpr int kOrder = 4;
using Counts = std::map<std::vector<std::string>, int64_t>;

Counts count_ngrams(const std::vector<std::string>& words, int n) {
  Counts counts;
  for (size_t i = 0; i + n <= words.size(); ++i) ++counts[{words.begin() + i, words.begin() + i + n}];
  return counts;
}

struct Statistics {
  int64_t matches[kOrder] = {}, total[kOrder] = {};
  int64_t prediction_length = 0, reference_length = 0;
};

/// Adds one segment: matches are clipped by the largest count in any reference.
void add_segment(Statistics& sum, const std::vector<std::string>& references, const std::string& prediction) {
  const std::vector<std::string> words = tokenize_13a(prediction);
  std::vector<std::vector<std::string>> reference_words;
  for (const std::string& reference : references) reference_words.push_back(tokenize_13a(reference));

  const int64_t length = static_cast<int64_t>(words.size());
  int64_t closest = 0, distance = -1;
  for (const auto& reference : reference_words) {
    const int64_t other = static_cast<int64_t>(reference.size());
    const int64_t apart = std::abs(other - length);
    if (distance < 0 || apart < distance || (apart == distance && other < closest)) {
      closest = other;
      distance = apart;
    }
  }
  sum.prediction_length += length;
  sum.reference_length += closest;

  for (int n = 1; n <= kOrder; ++n) {
    Counts allowed;
    for (const auto& reference : reference_words) {
      for (const auto& [ngram, count] : count_ngrams(reference, n)) {
        int64_t& most = allowed[ngram];
        most = std::max(most, count);
      }
    }
    for (const auto& [ngram, count] : count_ngrams(words, n)) {
      sum.total[n - 1] += count;
      const auto found = allowed.find(ngram);
      if (found != allowed.end()) sum.matches[n - 1] += std::min(count, found->second);
    }
  }
}

}  // namespace

double score_bleu(const References& references, const std::vector<std::string>& predictions) {
  Statistics sum;
  for (size_t i = 0; i < predictions.size(); ++i) add_segment(sum, references[i], predictions[i]);
  if (std::all_of(sum.matches, sum.matches + kOrder, [](int64_t count) { return count == 0; })) return 0.0;

  double smooth = 1.0, log_sum = 0.0;
  for (int n = 0; n < kOrder; ++n) {
    if (sum.total[n] == 0) return 0.0;  // texts shorter than n words: no precision of that order
    double matches = static_cast<double>(sum.matches[n]);
    if (sum.matches[n] == 0) {
      smooth *= 2.0;
      matches = 1.0 / smooth;
    }
    log_sum += std::log(100.0 * matches / static_cast<double>(sum.total[n]));
  }
  const double brevity = sum.prediction_length < sum.reference_length
                             ? std::exp(1.0 - static_cast<double>(sum.reference_length) /
                                                  static_cast<double>(sum.prediction_length))
                             : 1.0;
  return brevity * std::exp(log_sum / kOrder);
}

}  // namespace seedling
