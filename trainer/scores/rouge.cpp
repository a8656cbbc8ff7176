// ROUGE-N and ROUGE-L (Lin 2004): overlap of n-grams, and the longest common subsequence, as F-measures.
#include <algorithm>
#include <map>

#include "scores/scores.h"
#include "scores/words.h"

namespace seedling {
namespace {

using Words = std::vector<std::string>;

double f_measure(double matches, size_t predicted, size_t expected) {
  const double precision = matches / static_cast<double>(std::max<size_t>(predicted, 1));
  const double recall = matches / static_cast<double>(std::max<size_t>(expected, 1));
  return precision + recall > 0.0 ? 2.0 * precision * recall / (precision + recall) : 0.0;
}

double rouge_n(const Words& expected, const Words& predicted, size_t n) {
  std::map<Words, int64_t> left;
  size_t expected_count = 0, predicted_count = 0;
  for (size_t i = 0; i + n <= expected.size(); ++i, ++expected_count) {
    ++left[{expected.begin() + i, expected.begin() + i + n}];
  }
  int64_t matches = 0;
  for (size_t i = 0; i + n <= predicted.size(); ++i, ++predicted_count) {
    const auto found = left.find({predicted.begin() + i, predicted.begin() + i + n});
    if (found != left.end() && found->second > 0) {
      --found->second;
      ++matches;
    }
  }
  return f_measure(static_cast<double>(matches), predicted_count, expected_count);
}

double rouge_l(const Words& expected, const Words& predicted) {
  if (expected.empty() || predicted.empty()) return 0.0;
  std::vector<int64_t> row(predicted.size() + 1, 0);  // lengths of the longest common subsequences so far
  for (const std::string& word : expected) {
    int64_t diagonal = 0;
    for (size_t j = 1; j <= predicted.size(); ++j) {
      const int64_t above = row[j];
      row[j] = word == predicted[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return f_measure(static_cast<double>(row.back()), predicted.size(), expected.size());
}

}  // namespace

RougeScores score_rouge(const References& references, const std::vector<std::string>& predictions) {
  RougeScores sum;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Words predicted = tokenize_rouge(predictions[i]);
    RougeScores best;
    for (const std::string& reference : references[i]) {
      const Words expected = tokenize_rouge(reference);
      best.rouge1 = std::max(best.rouge1, rouge_n(expected, predicted, 1));
      best.rouge2 = std::max(best.rouge2, rouge_n(expected, predicted, 2));
      best.rougeL = std::max(best.rougeL, rouge_l(expected, predicted));
    }
    sum.rouge1 += best.rouge1;
    sum.rouge2 += best.rouge2;
    sum.rougeL += best.rougeL;
  }
  const double scale = predictions.empty() ? 0.0 : 100.0 / static_cast<double>(predictions.size());
  return {sum.rouge1 * scale, sum.rouge2 * scale, sum.rougeL * scale};
}

}  // namespace seedling
