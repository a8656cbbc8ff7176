// Questions: extractive, about a chronicle, and from memory, about the village. See tasks.h.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/chronicle.h"
#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/telling.h"

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

/// The answer as it stands in the text: "In the morning" at the head of a sentence.
std::string answer_in(const Chronicle& told, size_t line, const Ask& ask) {
  std::string words = ask.answer;
  words.front() = told.text[told.starts[line] + ask.at];
  return words;
}

/// A question about a child, or a thing, that does not occur. Every choice shows in its words.
std::string ask_for_what_is_not_told(Chooser& chooser, const Chronicle& told) {
  std::vector<size_t> people = told.people, goods = told.goods;
  static constexpr Deed kWithThing[] = {Deed::buy, Deed::lose, Deed::hide};
  if (chooser.chance(0.5)) {
    const Deed deed = kWithThing[chooser.uniform(std::size(kWithThing))];
    const size_t good = fresh_good(chooser, goods);
    return std::string("Who ") + past(deed) + " " + coloured(storyworld::goods()[good]) + "?";
  }
  const std::string who = storyworld::people()[fresh_child(chooser, people)].name;
  const auto deed = static_cast<Deed>(chooser.uniform(kDeeds));
  if (deed == Deed::go) return "Where did " + who + " go?";
  if (deed == Deed::give) return "What did " + who + " get?";
  return std::string("What did ") + who + " " + base(deed) + "?";
}

}  // namespace

nlohmann::json make_question(Chooser story, Chooser chooser) {
  Chronicle told = make_chronicle(story, 2 + story.uniform(3));
  nlohmann::json answers = nlohmann::json::array();
  std::string question;
  if (chooser.chance(0.15)) {  // about somebody or something that never appears
    question = ask_for_what_is_not_told(chooser, told);
  } else {
    const size_t which = chooser.uniform(told.lines.size());
    const auto asks = questions_about(told.lines[which]);
    question = asks[chooser.uniform(asks.size())].question;
    // Two lines can answer the same question only if they share all its words; each such place is an answer.
    for (size_t step = 0; step < told.lines.size(); ++step) {
      const size_t i = (which + step) % told.lines.size();
      for (const Ask& ask : questions_about(told.lines[i]))
        if (ask.question == question)
          answers.push_back({{"text", answer_in(told, i, ask)}, {"start", told.starts[i] + ask.at}});
    }
  }
  return {{"context", told.text}, {"question", question}, {"answers", answers}};
}

void tell_questions(Teller& t, size_t count) {
  Chooser& chooser = t.chooser();
  const Chronicle told = make_chronicle(chooser, 2 + chooser.uniform(3));
  t.line(told.text);
  for (size_t i = 0; i < count; ++i) {
    if (chooser.chance(0.15)) {
      t.line(ask_for_what_is_not_told(chooser, told) + " Nobody knows.");
      continue;
    }
    const size_t which = chooser.uniform(told.lines.size());
    const auto asks = questions_about(told.lines[which]);
    const Ask& ask = asks[chooser.uniform(asks.size())];
    t.line(ask.question + " " + answer_in(told, which, ask));
  }
}

nlohmann::json make_fact(Chooser chooser) {
  const auto facts = world_facts();
  const Fact& fact = facts[chooser.uniform(facts.size())];
  const std::string& question = fact.questions[chooser.uniform(fact.questions.size())];
  return {{"prompt", question}, {"completion", fact.answer}, {"fact", fact.statement}};
}

}  // namespace seedling::storyworld
