// chrF: the F-score, with recall weighted beta^2 = 4 times, of character n-grams averaged over n = 1..6.
//
//   chrF_beta = (1 + beta^2) P R / (beta^2 P + R)        (Popovic 2015, equation 1)
//
// P and R are averages over the orders that both texts are long enough for. With several references a segment
// counts with the one it scores best against.
#include <algorithm>
#include <array>
#include <map>

#include "scores/scores.h"
#include "scores/words.h"

namespace seedling {
namespace {

constexpr int kCharacterOrder = 6;
constexpr double kBetaSquared = 4.0;

using CharacterCounts = std::map<std::vector<uint32_t>, int64_t>;

struct OrderStatistics {
  int64_t predicted = 0, expected = 0, matches = 0;
};
using ChrfStatistics = std::array<OrderStatistics, kCharacterOrder>;

std::array<CharacterCounts, kCharacterOrder> count_ngrams(const std::string& text) {
  const std::vector<uint32_t> characters = visible_characters(text);
  std::array<CharacterCounts, kCharacterOrder> counts;
  for (size_t n = 1; n <= kCharacterOrder; ++n) {
    for (size_t i = 0; i + n <= characters.size(); ++i) {
      ++counts[n - 1][{characters.begin() + i, characters.begin() + i + n}];
    }
  }
  return counts;
}

ChrfStatistics compare(const std::array<CharacterCounts, kCharacterOrder>& predicted,
                       const std::array<CharacterCounts, kCharacterOrder>& expected) {
  ChrfStatistics statistics;
  for (int n = 0; n < kCharacterOrder; ++n) {
    for (const auto& [ngram, count] : expected[n]) statistics[n].expected += count;
    // A prediction is not charged for orders that the reference is too short for.
    if (expected[n].empty()) continue;
    for (const auto& [ngram, count] : predicted[n]) {
      statistics[n].predicted += count;
      const auto found = expected[n].find(ngram);
      if (found != expected[n].end()) statistics[n].matches += std::min(count, found->second);
    }
  }
  return statistics;
}

double f_score(const ChrfStatistics& statistics) {
  double precision = 0.0, recall = 0.0;
  int orders = 0;
  for (const OrderStatistics& order : statistics) {
    if (order.predicted == 0 || order.expected == 0) continue;
    precision += static_cast<double>(order.matches) / static_cast<double>(order.predicted);
    recall += static_cast<double>(order.matches) / static_cast<double>(order.expected);
    ++orders;
  }
  if (orders == 0 || precision + recall == 0.0) return 0.0;
  precision /= orders;
  recall /= orders;
  return 100.0 * (1.0 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

}  // namespace

double score_chrf(const References& references, const std::vector<std::string>& predictions) {
  ChrfStatistics sum;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const auto predicted = count_ngrams(predictions[i]);
    ChrfStatistics best;
    double best_score = -1.0;
    for (const std::string& reference : references[i]) {
      const ChrfStatistics statistics = compare(predicted, count_ngrams(reference));
      const double score = f_score(statistics);
      if (score > best_score) {
        best_score = score;
        best = statistics;
      }
    }
    for (int n = 0; n < kCharacterOrder; ++n) {
      sum[n].predicted += best[n].predicted;
      sum[n].expected += best[n].expected;
      sum[n].matches += best[n].matches;
    }
  }
  return f_score(sum);
}

}  // namespace seedling
