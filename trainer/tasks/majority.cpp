// Counting and scoring: see majority.h.
#include "tasks/majority.h"

#include <algorithm>
#include <map>

#include "scores/scores.h"

namespace seedling {

namespace {

using nlohmann::json;

std::string output_of(const std::string& task, const Example& example) {
  if (task == "classification") return example.label;
  if (task == "qa") return example.answers.empty() ? "" : example.answers.front().text;
  return example.targets.front();
}

std::vector<std::string> accepted(const std::string& task, const Example& example) {
  if (task != "qa")
    return task == "classification" ? std::vector<std::string>{example.label} : example.targets;
  std::vector<std::string> texts;
  for (const Answer& answer : example.answers) texts.push_back(answer.text);
  return texts;
}

}  // namespace

json majority_scores(const std::string& task, const std::vector<Example>& train,
                     const std::vector<Example>& asked) {
  if (task == "dialogue" || train.empty() || asked.empty()) return nullptr;
  std::map<std::string, int64_t> counts;
  for (const Example& example : train) ++counts[output_of(task, example)];
  const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;  // of equals the first by name
  });
  const std::vector<std::string> predictions(asked.size(), best->first);
  References references;
  for (const Example& example : asked) references.push_back(accepted(task, example));
  json scores = {{"answer", best->first}};
  if (task == "classification") {
    const auto right = std::count_if(asked.begin(), asked.end(),
                                     [&](const Example& example) { return example.label == best->first; });
    scores["accuracy"] = static_cast<double>(right) / static_cast<double>(asked.size());
  } else if (task == "qa") {
    const AnswerScores answers = score_answers(references, predictions);
    scores["exact_match"] = answers.exact_match, scores["f1"] = answers.f1;
  } else if (task == "translation") {
    scores["bleu"] = score_bleu(references, predictions),
    scores["chrf"] = score_chrf(references, predictions);
  } else {
    const RougeScores rouge = score_rouge(references, predictions);
    scores["rouge1"] = rouge.rouge1, scores["rouge2"] = rouge.rouge2, scores["rougeL"] = rouge.rougeL;
  }
  return scores;
}

}  // namespace seedling
