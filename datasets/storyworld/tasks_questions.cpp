// Questions: extractive, about a chronicle, and from memory, about the village. See tasks.h.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/chronicle.h"
#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/tasks.h"

namespace seedling::storyworld {
namespace {

struct Ask {
  std::string question, answer;
  size_t at;  ///< offset of the answer in the line
};

const char* past(Deed deed) {
  static constexpr const char* kPast[kDeeds] = {"went", "bought", "gave", "lost", "saw", "hid"};
  return kPast[static_cast<size_t>(deed)];
}
const char* base(Deed deed) {
  static constexpr const char* kBase[kDeeds] = {"go", "buy", "give", "lose", "see", "hide"};
  return kBase[static_cast<size_t>(deed)];
}

/// Everything that can be asked about one line.
std::vector<Ask> questions_about(const Line& line) {
  const std::string did = base(line.deed);
  if (line.deed == Deed::go)
    return {{"Where did " + line.who + " go?", line.where, line.where_at},
            {"Who went to " + line.where + "?", line.who, line.who_at},
            {"When did " + line.who + " go there?", line.when, line.when_at}};
  if (line.deed == Deed::give)
    return {{"Who gave " + line.what + " to " + line.receiver + "?", line.who, line.who_at},
            {"What did " + line.who + " give away?", line.what, line.what_at},
            {"Who got " + line.what + " from " + line.who + "?", line.receiver, line.receiver_at},
            {"What did " + line.receiver + " get?", line.what, line.what_at},
            {"When did " + line.who + " give " + line.what + " away?", line.when, line.when_at}};
  return {{"Who " + std::string(past(line.deed)) + " " + line.what + "?", line.who, line.who_at},
          {"What did " + line.who + " " + did + "?", line.what, line.what_at},
          {"Where did " + line.who + " " + did + " " + line.what + "?", line.where, line.where_at},
          {"When did " + line.who + " " + did + " " + line.what + "?", line.when, line.when_at}};
}

}  // namespace

nlohmann::json make_question(Chooser chooser) {
  const size_t count = 3 + chooser.uniform(3);
  std::vector<size_t> people, goods;
  std::vector<Line> lines;
  for (size_t i = 0; i < count; ++i) lines.push_back(make_line(chooser, people, goods));
  std::string context;
  std::vector<size_t> start;
  for (const Line& line : lines) {
    if (!context.empty()) context += ' ';
    start.push_back(context.size());
    context += line.text;
  }
  nlohmann::json answers = nlohmann::json::array();
  std::string question;
  if (chooser.chance(
          0.15)) {  // a question whose answer is not told: about someone or something that never appears
    const Line absent = make_line(chooser, people, goods);
    const auto asks = questions_about(absent);
    question = asks[chooser.uniform(asks.size())].question;
    for (const Line& line : lines)  // by chance the chronicle may answer it after all
      for (const Ask& ask : questions_about(line))
        if (ask.question == question) return make_question(std::move(chooser));
  } else {
    const size_t which = chooser.uniform(lines.size());
    const auto asks = questions_about(lines[which]);
    const Ask& ask = asks[chooser.uniform(asks.size())];
    question = ask.question;
    std::string text = ask.answer;
    const size_t at = start[which] + ask.at;
    text.front() = context[at];  // "In the morning" at the head of a sentence
    // Two lines can answer the same question only if they share all its words; each such place is an answer.
    answers.push_back({{"text", text}, {"start", at}});
    for (size_t i = 0; i < lines.size(); ++i)
      if (i != which)
        for (const Ask& other : questions_about(lines[i]))
          if (other.question == question) {
            std::string words = other.answer;
            words.front() = context[start[i] + other.at];
            answers.push_back({{"text", words}, {"start", start[i] + other.at}});
          }
  }
  return {{"context", context}, {"question", question}, {"answers", answers}};
}

nlohmann::json make_fact(Chooser chooser) {
  const auto facts = world_facts();
  const Fact& fact = facts[chooser.uniform(facts.size())];
  const std::string& question = fact.questions[chooser.uniform(fact.questions.size())];
  return {{"prompt", question}, {"completion", fact.answer}, {"fact", fact.statement}};
}

}  // namespace seedling::storyworld
