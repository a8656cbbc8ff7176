// The task sets: right formats, right offsets, disjoint splits, and no label in a single word.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/tongue.h"
#include "datasets/storyworld/world.h"

using namespace seedling;
using namespace seedling::storyworld;
using nlohmann::json;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ")
    if (std::isalpha(static_cast<unsigned char>(c)))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!word.empty())
      words.push_back(word), word.clear();
  return words;
}

struct Counts {
  int support = 0;
  std::map<std::string, int> labels;
};

/// Features (words, or pairs of neighbours) with the labels of the examples they occur in.
std::map<std::string, Counts> count_features(const std::vector<json>& examples, bool pairs) {
  std::map<std::string, Counts> counts;
  for (const json& example : examples) {
    const auto words = words_of(example.at("text"));
    std::set<std::string> features;
    for (size_t i = 0; i < words.size(); ++i)
      if (!pairs)
        features.insert(words[i]);
      else if (i)
        features.insert(words[i - 1] + " " + words[i]);
    for (const std::string& feature : features) {
      ++counts[feature].support;
      ++counts[feature].labels[example.at("label")];
    }
  }
  return counts;
}

/// The best single feature: how surely it tells a label, among those seen in at least `support` examples.
std::pair<std::string, double> surest(const std::map<std::string, Counts>& counts, int support) {
  std::pair<std::string, double> best{"", 0};
  for (const auto& [feature, count] : counts)
    if (count.support >= support)
      for (const auto& [label, number] : count.labels)
        if (number > best.second * count.support)
          best = {feature + " -> " + label, static_cast<double>(number) / count.support};
  return best;
}

/// Accuracy on `test` of multinomial naive Bayes over the words of `train`: what a bag of words can know.
double naive_bayes(const std::vector<json>& train, const std::vector<json>& test) {
  std::map<std::string, std::map<std::string, double>> words;
  std::map<std::string, double> total, prior;
  std::set<std::string> vocabulary;
  for (const json& example : train) {
    const std::string label = example.at("label");
    ++prior[label];
    for (const std::string& word : words_of(example.at("text")))
      ++words[label][word], ++total[label], vocabulary.insert(word);
  }
  int right = 0;
  for (const json& example : test) {
    std::pair<double, std::string> best{-1e300, ""};
    for (const auto& [label, count] : prior) {
      double score = std::log(count);
      for (const std::string& word : words_of(example.at("text")))
        score += std::log((words[label][word] + 1) / (total[label] + static_cast<double>(vocabulary.size())));
      best = std::max(best, {score, label});
    }
    right += best.second == example.at("label").get<std::string>();
  }
  return static_cast<double>(right) / static_cast<double>(test.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storyworld_tasks)

BOOST_AUTO_TEST_CASE(no_word_gives_a_label_away) {
  for (const Task task : {Task::sentiment, Task::spam}) {
    std::vector<json> many;
    for (uint64_t i = 0; i < 20000; ++i) many.push_back(make_example(task, 2, i));
    const auto word = surest(count_features(many, false), 150);
    const auto pair = surest(count_features(many, true), 150);
    const auto train = make_split(task, Split::train, 1), test = make_split(task, Split::test, 1);
    const double bag = naive_bayes(train, test);
    BOOST_TEST_MESSAGE(task_sets()[static_cast<size_t>(task)].name
                       << ": surest word " << word.first << " " << word.second << ", surest pair "
                       << pair.first << " " << pair.second << ", naive Bayes " << bag);
    BOOST_CHECK_MESSAGE(word.second < 0.70, word.first << " " << word.second);
    BOOST_CHECK_LT(bag, 0.70);
    std::map<std::string, int> labels;
    for (const json& example : train) ++labels[example.at("label")];
    BOOST_CHECK_EQUAL(labels.size(), task_sets()[static_cast<size_t>(task)].labels.size());
    for (const auto& [label, count] : labels)
      BOOST_CHECK_GT(count, static_cast<int>(train.size()) * 45 / 100);
  }
}

BOOST_AUTO_TEST_CASE(answers_stand_where_they_say) {
  int unanswered = 0;
  for (uint64_t i = 0; i < 5000; ++i) {
    const json example = make_example(Task::qa, 3, i);
    const std::string context = example.at("context");
    if (example.at("answers").empty()) ++unanswered;
    for (const json& answer : example.at("answers")) {
      const std::string text = answer.at("text");
      BOOST_REQUIRE_EQUAL(context.substr(answer.at("start"), text.size()),
                          text);  // ASCII: bytes are code points
    }
  }
  BOOST_CHECK_GT(unanswered, 600);
  BOOST_CHECK_LT(unanswered, 900);
}

BOOST_AUTO_TEST_CASE(splits_share_no_input) {
  for (const TaskInfo& info : task_sets()) {
    std::set<std::string> seen;
    for (const Split split : {Split::train, Split::validation, Split::test}) {
      const auto examples = make_split(info.task, split, split == Split::train ? 1 : 2);
      const size_t wanted = split == Split::train        ? info.train
                            : split == Split::validation ? info.validation
                                                         : info.test;
      if (info.task != Task::facts) BOOST_CHECK_EQUAL(examples.size(), wanted);
      BOOST_CHECK_GT(examples.size(), wanted / 2);
      for (json example : examples) {
        for (const char* output : {"label", "answers", "completion", "summary", "target"})
          example.erase(output);
        BOOST_CHECK_MESSAGE(seen.insert(example.dump()).second, info.name << ": twice " << example);
      }
    }
  }
}

// Pre-training must not have seen what a test asks: the default corpus, all of it, against every test input.
BOOST_AUTO_TEST_CASE(the_corpus_tells_no_test) {
  std::set<std::string> told;  // whole lines, and their parts before a verdict or a translation
  stream_corpus(1, 0, 16'000'000, [&](const Story& story) {
    std::istringstream text(story.text);
    for (std::string line; std::getline(text, line);) {
      for (const char* end : {" = ", " Trust it.", " Burn it.", " Good news.", " Bad news."})
        if (const size_t at = line.find(end); at != std::string::npos) told.insert(line.substr(0, at));
      told.insert(line);
    }
  });
  BOOST_CHECK_GT(told.size(), 50000u);
  size_t shown = 0;
  for (const TaskInfo& info : task_sets()) {
    if (info.task == Task::facts || info.task == Task::style)
      continue;  // facts are told on purpose, styles never
    for (const Split split : {Split::train, Split::validation, Split::test})
      for (const json& example : make_split(info.task, split, 1)) {
        std::string input;
        for (const char* name : {"text", "context", "document", "source"})
          if (example.contains(name)) input = example.at(name);
        if (info.task == Task::dialogue) input = example.at("messages").back().at("content");
        if (split == Split::train)
          shown += told.count(input);
        else
          BOOST_CHECK_MESSAGE(!told.count(input), info.name << ": the corpus tells \"" << input << '"');
      }
  }
  BOOST_CHECK_GT(shown, 0u);  // what may be told is found by the same search
}

BOOST_AUTO_TEST_CASE(an_input_has_one_output) {
  for (const Task task :
       {Task::sentiment, Task::spam, Task::facts, Task::summary, Task::style, Task::translation}) {
    std::map<std::string, std::string> outputs;
    for (uint64_t i = 0; i < 5000; ++i) {
      json example = make_example(task, 8, i);
      std::string output;
      for (const char* name : {"label", "completion", "summary", "target"})
        if (example.contains(name)) output = example.at(name), example.erase(name);
      const auto [place, fresh] = outputs.emplace(example.dump(), output);
      BOOST_CHECK_MESSAGE(fresh || place->second == output,
                          example << ": " << place->second << " and " << output);
    }
  }
}

BOOST_AUTO_TEST_CASE(dialogues_alternate_and_know_the_village) {
  for (uint64_t i = 0; i < 500; ++i) {
    const json messages = make_example(Task::dialogue, 4, i).at("messages");
    BOOST_REQUIRE_GE(messages.size(), 3u);
    BOOST_CHECK_EQUAL(messages[0].at("role"), "system");
    for (size_t m = 1; m < messages.size(); ++m) {
      BOOST_CHECK_EQUAL(messages[m].at("role"), m % 2 ? "user" : "assistant");
      BOOST_CHECK(!messages[m].at("content").get<std::string>().empty());
    }
    BOOST_CHECK_EQUAL(messages.size() % 2, 1u);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_task_is_named_with_the_known) {
  BOOST_CHECK_EXCEPTION(task_set("poetry"), UsageError, [](const UsageError& error) {
    return std::string(error.what()).find("'poetry'") != std::string::npos &&
           std::string(error.what()).find("spam") != std::string::npos;
  });
  BOOST_CHECK(task_set("qa").task == Task::qa);
}

// --- Tamori ---

BOOST_AUTO_TEST_CASE(the_dictionary_is_one_to_one) {
  std::set<std::string> english, tamori;
  for (const Entry& entry : tamori_dictionary()) {
    BOOST_CHECK_MESSAGE(english.insert(entry.english).second, entry.english);
    BOOST_CHECK_MESSAGE(tamori.insert(entry.tamori).second, entry.tamori);
  }
  BOOST_CHECK_GE(english.size(), 140u);
}

BOOST_AUTO_TEST_CASE(tamori_words_agree_and_are_aligned) {
  std::map<std::string, Entry> entries;
  for (const Entry& entry : tamori_dictionary()) entries[entry.english] = entry;
  int agreements = 0;
  for (uint64_t i = 0; i < 3000; ++i) {
    Chooser chooser(i);
    const Bilingual pair = make_bilingual(chooser);
    std::string joined;
    for (const Aligned& word : pair.aligned) joined += (joined.empty() ? "" : " ") + word.tamori;
    std::string target = pair.target.substr(0, pair.target.size() - 1);
    if (std::isupper(static_cast<unsigned char>(target[0])) &&
        std::islower(static_cast<unsigned char>(joined[0])))
      target[0] = static_cast<char>(std::tolower(target[0]));
    BOOST_REQUIRE_EQUAL(joined, target);

    bool verb_seen = false;
    for (size_t w = 0; w < pair.aligned.size(); ++w) {
      const auto found = entries.find(pair.aligned[w].english);
      if (found == entries.end()) {  // a name stays as it is
        BOOST_CHECK_EQUAL(pair.aligned[w].english, pair.aligned[w].tamori);
        continue;
      }
      const Entry& entry = found->second;
      if (entry.sort == 'v') {
        BOOST_CHECK(!verb_seen);
        verb_seen = true;
        BOOST_CHECK(pair.aligned[w].tamori.starts_with(entry.tamori));
        for (size_t before = 0; before < w; ++before)  // nothing but ka and ni stands before the verb
          BOOST_CHECK(pair.aligned[before].english == "?" || pair.aligned[before].english == "not");
      }
      if (entry.sort != 'n') continue;
      const std::string noun = pair.aligned[w].tamori;
      const bool plural = noun.size() > entry.tamori.size();
      BOOST_CHECK_EQUAL(noun, entry.tamori + (plural ? "n" : ""));
      const std::string ending = noun.substr(entry.tamori.size() - 1);
      BOOST_REQUIRE_GE(w, 1u);
      BOOST_CHECK_MESSAGE(pair.aligned[w - 1].tamori.substr(1) == ending, pair.target);  // the article agrees
      if (w + 1 < pair.aligned.size() && entries.count(pair.aligned[w + 1].english) &&
          entries[pair.aligned[w + 1].english].sort == 'a') {
        const Entry& quality = entries[pair.aligned[w + 1].english];
        BOOST_CHECK_EQUAL(pair.aligned[w + 1].tamori, quality.tamori + ending);
        ++agreements;
      }
    }
    BOOST_CHECK(verb_seen);
  }
  BOOST_CHECK_GT(agreements, 500);
}

BOOST_AUTO_TEST_SUITE_END()
