// Accuracy, F1 of each class and their mean, and the confusion matrix.
#include "base/error.h"
#include "scores/scores.h"

namespace seedling {

ClassScores score_classes(const std::vector<int32_t>& targets, const std::vector<int32_t>& predictions,
                          int64_t classes) {
  require(targets.size() == predictions.size(), "one prediction for each target");
  ClassScores scores;
  scores.confusion.assign(classes, std::vector<int64_t>(classes, 0));
  int64_t right = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    ++scores.confusion[targets[i]][predictions[i]];
    right += targets[i] == predictions[i];
  }
  int64_t present = 0;
  for (int64_t c = 0; c < classes; ++c) {
    int64_t expected = 0, predicted = 0;
    for (int64_t other = 0; other < classes; ++other) {
      expected += scores.confusion[c][other];
      predicted += scores.confusion[other][c];
    }
    const int64_t sum = expected + predicted;
    // F1 = 2 TP / (2 TP + FP + FN), and TP + FN = expected, TP + FP = predicted.
    const double f1 =
        sum > 0 ? 2.0 * static_cast<double>(scores.confusion[c][c]) / static_cast<double>(sum) : 0.0;
    scores.f1.push_back(f1);
    present += sum > 0;
    scores.macro_f1 += f1;
  }
  if (present > 0) scores.macro_f1 /= static_cast<double>(present);
  if (!targets.empty()) scores.accuracy = static_cast<double>(right) / static_cast<double>(targets.size());
  return scores;
}

}  // namespace seedling
