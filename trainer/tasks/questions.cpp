// Windows, scores and the form of an answer: see questions.h.
#include "tasks/questions.h"

#include <algorithm>

#include "base/error.h"
#include "scores/scores.h"

namespace seedling {

namespace {

using nlohmann::json;

int64_t count_characters(const std::string& text, size_t bytes) {
  return std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
}

/// Without white space at its ends.
void tighten(FoundAnswer& found, const std::string& context) {
  const auto space = [&](size_t at) {
    return context[at] == ' ' || context[at] == '\n' || context[at] == '\t';
  };
  while (found.begin < found.end && space(found.begin)) ++found.begin;
  while (found.end > found.begin && space(found.end - 1)) --found.end;
  if (found.end <= found.begin) found.begin = found.end = 0;
}

}  // namespace

std::vector<std::pair<size_t, size_t>> windows_of(size_t tokens, size_t room) {
  require(room > 0, "a window holds something");
  std::vector<std::pair<size_t, size_t>> windows;
  for (size_t first = 0;; first += std::max<size_t>(1, room / 2)) {
    windows.emplace_back(first, std::min(tokens, first + room));
    if (windows.back().second >= tokens) return windows;
  }
}

bool find_tokens(const Answer& answer, const Offsets& window, size_t& first, size_t& last) {
  if (window.empty() || window.front().first > answer.begin || window.back().second < answer.end)
    return false;
  bool begun = false, ended = false;
  for (size_t i = 0; i < window.size(); ++i) {
    if (!begun && window[i].second > answer.begin) first = i, begun = true;
    if (window[i].first < answer.end) last = i, ended = true;
  }
  return begun && ended && last >= first;
}

Score Questions::score(Model& model, const std::vector<Example>& examples, const ScoreOptions&) {
  std::vector<FoundAnswer> answers = find(model, examples);
  std::vector<std::string> predictions;
  References references;
  Score result;
  for (size_t i = 0; i < examples.size(); ++i) {
    tighten(answers[i], examples[i].context);
    predictions.push_back(examples[i].context.substr(answers[i].begin, answers[i].end - answers[i].begin));
    references.emplace_back();
    for (const Answer& answer : examples[i].answers) references.back().push_back(answer.text);
    const json target =
        references.back().size() == 1 ? json(references.back().front()) : json(references.back());
    result.predictions.push_back({{"input", examples[i].input},
                                  {"prediction", predictions.back()},
                                  {"target", references.back().empty() ? json("") : target}});
  }
  const AnswerScores scores = score_answers(references, predictions);
  result.fields = {{"exact_match", scores.exact_match}, {"f1", scores.f1}, {"examples", examples.size()}};
  result.value = scores.f1;
  return result;
}

json Questions::predict(Model& model, const Example& example) {
  FoundAnswer found = find(model, {example}).front();
  tighten(found, example.context);
  return {{"answer", example.context.substr(found.begin, found.end - found.begin)},
          {"start", count_characters(example.context, found.begin)},
          {"end", count_characters(example.context, found.end)},
          {"score", found.probability}};
}

std::unique_ptr<Task> make_questions(const TaskRecord& record, const Tokenizer& tokenizer,
                                     const ModelConfig& config) {
  return config.head == HeadKind::span ? make_spans(record, tokenizer, config)
                                       : make_quotes(record, tokenizer, config);
}

}  // namespace seedling
