// SQuAD's exact match and F1 of words, after SQuAD's own normalisation; and distinct-n.
#include <algorithm>
#include <map>
#include <set>

#include "scores/scores.h"
#include "scores/words.h"

namespace seedling {
namespace {

double word_f1(const std::string& expected, const std::string& predicted) {
  const std::vector<std::string> expected_words = split_words(expected);
  const std::vector<std::string> predicted_words = split_words(predicted);
  // "No answer" on either side is right only when it is on both.
  if (expected_words.empty() || predicted_words.empty()) return expected_words == predicted_words ? 1.0 : 0.0;
  std::map<std::string, int64_t> left;
  for (const std::string& word : expected_words) ++left[word];
  double matches = 0.0;
  for (const std::string& word : predicted_words) {
    if (left[word]-- > 0) matches += 1.0;
  }
  if (matches == 0.0) return 0.0;
  const double precision = matches / static_cast<double>(predicted_words.size());
  const double recall = matches / static_cast<double>(expected_words.size());
  return 2.0 * precision * recall / (precision + recall);
}

}  // namespace

AnswerScores score_answers(const References& answers, const std::vector<std::string>& predictions) {
  AnswerScores sum;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const std::string predicted = normalize_answer(predictions[i]);
    // Answers that normalise to nothing are no answers; where none is left, "" is the one to match
    // (SQuAD 2.0).
    std::vector<std::string> expected;
    for (const std::string& answer : answers[i]) {
      std::string normal = normalize_answer(answer);
      if (!normal.empty()) expected.push_back(std::move(normal));
    }
    if (expected.empty()) expected.emplace_back();
    double exact = 0.0, f1 = 0.0;
    for (const std::string& answer : expected) {
      exact = std::max(exact, answer == predicted ? 1.0 : 0.0);
      f1 = std::max(f1, word_f1(answer, predicted));
    }
    sum.exact_match += exact;
    sum.f1 += f1;
  }
  const double scale = predictions.empty() ? 0.0 : 100.0 / static_cast<double>(predictions.size());
  return {sum.exact_match * scale, sum.f1 * scale};
}

double score_distinct(const std::vector<std::string>& texts, int n) {
  std::set<std::vector<std::string>> distinct;
  int64_t total = 0;
  for (const std::string& text : texts) {
    const std::vector<std::string> words = split_words(text);
    for (size_t i = 0; i + n <= words.size(); ++i, ++total) {
      distinct.insert({words.begin() + i, words.begin() + i + n});
    }
  }
  return total > 0 ? static_cast<double>(distinct.size()) / static_cast<double>(total) : 0.0;
}

}  // namespace seedling
