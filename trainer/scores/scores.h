// The scores of the five tasks, as the field computes them.
//
//   classification   accuracy, macro F1, confusion matrix (fractions, 0 to 1)
//   answers          exact match and F1 of SQuAD (Rajpurkar et al. 2016, 2018), best over the answers (0 to
//   100) summaries        ROUGE-1, -2, -L F-measure (Lin 2004), best over the references, mean over examples
//   (0 to 100) translation      BLEU (Papineni et al. 2002; Post 2018: SacreBLEU's defaults), chrF2 (Popovic
//   2015) (0 to 100) dialogue         distinct-1 and -2 (Li et al. 2016) over all replies (fractions)
//
// Called by: tasks/. tests/clients/check_scores.py holds them to sacrebleu, rouge-score and SQuAD's own
// rules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seedling {

/// One list of acceptable texts for each example.
using References = std::vector<std::vector<std::string>>;

struct ClassScores {
  double accuracy = 0.0;
  double macro_f1 = 0.0;                        // over the classes that occur in targets or predictions
  std::vector<double> f1;                       // of each class
  std::vector<std::vector<int64_t>> confusion;  // [target][prediction]
};
/// Targets and predictions are class indices below `classes`.
ClassScores score_classes(const std::vector<int32_t>& targets, const std::vector<int32_t>& predictions,
                          int64_t classes);

struct AnswerScores {
  double exact_match = 0.0, f1 = 0.0;
};
/// No acceptable answer at all (an empty list) means "no answer": the empty prediction is right then.
AnswerScores score_answers(const References& answers, const std::vector<std::string>& predictions);

struct RougeScores {
  double rouge1 = 0.0, rouge2 = 0.0, rougeL = 0.0;
};
RougeScores score_rouge(const References& references, const std::vector<std::string>& predictions);

/// Corpus BLEU, up to 4-grams, tokenisation 13a, smoothing "exp".
double score_bleu(const References& references, const std::vector<std::string>& predictions);

/// Corpus chrF2: character n-grams up to 6, no words, beta 2, white space left out.
double score_chrf(const References& references, const std::vector<std::string>& predictions);

/// Distinct n-grams of words over all n-grams of all texts; 0 where there are none.
double score_distinct(const std::vector<std::string>& texts, int n);

}  // namespace seedling
