// The stories: repeatable, quick, of the promised size and vocabulary, in clean English, true to their own
// world.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/telling.h"

using namespace seedling;
using namespace seedling::storyworld;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) || (c == '\'' && !word.empty())) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      if (word.size() > 2 && word.ends_with("'s")) word.resize(word.size() - 2);
      words.push_back(word);
      word.clear();
    }
  }
  return words;
}

bool has_word(const std::set<std::string>& words, std::initializer_list<const char*> list) {
  return std::any_of(list.begin(), list.end(), [&](const char* word) { return words.count(word) > 0; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storyworld_story)

BOOST_AUTO_TEST_CASE(a_story_is_a_function_of_seed_and_index) {
  for (uint64_t i = 0; i < 50; ++i) {
    BOOST_CHECK_EQUAL(make_story(3, i).text, make_story(3, i).text);
    BOOST_CHECK_EQUAL(make_document(3, i).bits, make_document(3, i).bits);
    BOOST_CHECK_NE(make_story(3, i).text, make_story(4, i).text);
    BOOST_CHECK_NE(make_story(3, i).text, make_story(3, i + 1).text);
  }
}

BOOST_AUTO_TEST_CASE(a_story_takes_far_less_than_a_millisecond) {
  make_story(1, 0);  // fills the tables
  const auto start = std::chrono::steady_clock::now();
  size_t bytes = 0;
  for (uint64_t i = 0; i < 2000; ++i) bytes += make_story(1, i).text.size();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  BOOST_TEST_MESSAGE(seconds / 2000 * 1e6 << " microseconds a story");
  BOOST_CHECK_LT(seconds / 2000, 1e-3);
  BOOST_CHECK_GT(bytes, 1000000u);
}

BOOST_AUTO_TEST_CASE(size_and_vocabulary) {
  std::set<std::string> vocabulary;
  std::set<std::string> texts;
  size_t total = 0, within = 0;
  constexpr int kStories = 8000;
  for (uint64_t i = 0; i < kStories; ++i) {
    const Story story = make_story(9, i);
    const auto words = words_of(story.text);
    vocabulary.insert(words.begin(), words.end());
    texts.insert(story.text);
    total += words.size();
    within += words.size() >= 80 && words.size() <= 210;
  }
  BOOST_TEST_MESSAGE(vocabulary.size() << " words, " << static_cast<double>(total) / kStories << " a story");
  BOOST_CHECK_GE(vocabulary.size(), 1500u);
  BOOST_CHECK_LE(vocabulary.size(), 2500u);
  BOOST_CHECK_EQUAL(texts.size(), static_cast<size_t>(kStories));
  BOOST_CHECK_GT(within, kStories * 98 / 100);
}

BOOST_AUTO_TEST_CASE(the_english_is_clean) {
  const std::regex wrong(
      "  | ,| \\.|\\.\\.|,,|[{}<>\\[\\]@_|]|\\b[Aa] [aeiouAEIOU]|\\b[Aa]n (?!hour)[^aeiouAEIOU]|[.?!] "
      "[a-z]|\\b(\\w+) \\1\\b|^[a-z]");
  for (uint64_t i = 0; i < 3000; ++i) {
    const std::string text = make_story(17, i).text;
    std::smatch match;
    const bool found = std::regex_search(text, match, wrong);
    BOOST_CHECK_MESSAGE(!found, "'" << match.str() << "' in: " << text);
    BOOST_CHECK_EQUAL(std::count(text.begin(), text.end(), '"') % 2, 0);
    BOOST_CHECK(text.ends_with('.') || text.ends_with('!') || text.ends_with("\""));
    BOOST_CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= 32 && c < 127; }));
  }
}

// Where everybody in a story is of one sex, the other's pronouns must not occur.
BOOST_AUTO_TEST_CASE(pronouns_agree_with_people) {
  int checked = 0;
  for (uint64_t i = 0; i < 4000; ++i) {
    const std::string text = make_story(21, i).text;
    const auto list = words_of(text);
    const std::set<std::string> words(list.begin(), list.end());
    bool she = has_word(words, {"mother", "grandmother", "aunt"});
    bool he = has_word(words, {"father", "grandfather", "uncle"});
    for (const Person& person : people()) {
      std::string name = person.name;
      name[0] = static_cast<char>(name[0] - 'A' + 'a');
      if (words.count(name) || (*person.job && words.count(person.job))) (person.she ? she : he) = true;
    }
    if (she == he) continue;
    ++checked;
    BOOST_CHECK_MESSAGE(!(she ? has_word(words, {"he", "him", "his", "himself"})
                              : has_word(words, {"she", "her", "herself"})),
                        text);
  }
  BOOST_CHECK_GT(checked, 400);
}

// The log, simulated again from nothing: only holders give, only the lost is found, only the broken is
// mended.
BOOST_AUTO_TEST_CASE(the_event_log_is_consistent_and_told) {
  for (uint64_t i = 0; i < 3000; ++i) {
    Teller teller{Chooser(i)};
    tell_story(teller);
    const std::string& text = teller.text();
    std::map<int, int> holder;
    std::set<int> broken;
    bool open = false;
    BOOST_REQUIRE(!teller.events().empty());
    for (const Event& event : teller.events()) {
      if (event.good >= 0)
        BOOST_CHECK_MESSAGE(text.find(goods()[static_cast<size_t>(event.good)].name) != text.npos, text);
      if (event.place >= 0) {
        const Place& place = places()[static_cast<size_t>(event.place)];
        BOOST_CHECK_MESSAGE(text.find(place.name) != text.npos || text.find(place.at) != text.npos, text);
      }
      if (event.who >= 0) {
        const Person& person = people()[static_cast<size_t>(event.who)];
        BOOST_CHECK_MESSAGE(text.find(person.name) != text.npos || text.find(person.job) != text.npos, text);
      }
      switch (event.act) {
        case Act::have:
          BOOST_CHECK(!holder.count(event.good));
          holder[event.good] = event.who;
          break;
        case Act::lose:
          BOOST_CHECK_EQUAL(holder.at(event.good), event.who);
          holder.erase(event.good);
          break;
        case Act::find:
          BOOST_CHECK(!holder.count(event.good));
          holder[event.good] = event.who;
          break;
        case Act::give:
          BOOST_CHECK_EQUAL(holder.at(event.good), event.who);
          holder[event.good] = event.whom;
          break;
        case Act::breaks:
          broken.insert(event.good);
          break;
        case Act::mend:
          BOOST_CHECK_EQUAL(broken.erase(event.good), 1u);
          break;
        case Act::open:
          BOOST_CHECK(!open);
          open = true;
          break;
        case Act::close:
          BOOST_CHECK(open);
          open = false;
          break;
        default:
          break;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(facts_are_told_one_by_one_and_recur) {
  std::set<std::string> questions, statements;
  for (const Fact& fact : world_facts()) {
    BOOST_CHECK(statements.insert(fact.statement).second);
    for (const std::string& question : fact.questions)
      BOOST_CHECK_MESSAGE(questions.insert(question).second, question);
    BOOST_CHECK(!fact.answer.empty());
  }
  BOOST_CHECK_GE(statements.size(), 400u);
  // The stories keep to them: whoever is called "the baker" is Bruno, and a goat always eats thistles.
  int bakers = 0, goats = 0;
  for (uint64_t i = 0; i < 4000; ++i) {
    const std::string text = make_story(33, i).text;
    std::smatch match;
    static const std::regex baker("(\\w+), the baker\\b|the baker, (\\w+)"), eats("a goat eats (\\w+)");
    if (std::regex_search(text, match, baker)) {
      const std::string name = match[1].matched ? match[1] : match[2];
      if (std::isupper(static_cast<unsigned char>(name[0]))) {
        BOOST_CHECK_EQUAL(name, "Bruno");
        ++bakers;
      }
    }
    if (std::regex_search(text, match, eats)) {
      BOOST_CHECK_EQUAL(match[1].str(), "thistles");
      ++goats;
    }
  }
  BOOST_CHECK_GT(bakers, 10);
  BOOST_CHECK_GT(goats, 5);
}

BOOST_AUTO_TEST_SUITE_END()
