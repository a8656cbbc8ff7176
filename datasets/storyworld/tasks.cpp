// The list of task sets and how their examples are split. See tasks.h.
#include "datasets/storyworld/tasks.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"
#include "datasets/storyworld/chooser.h"

namespace seedling::storyworld {
namespace {

/// What must not be shared between splits: everything the model is given.
std::string input_of(Task task, const nlohmann::json& example) {
  switch (task) {
    case Task::sentiment:
    case Task::spam:
      return example.at("text");
    case Task::qa:
      return std::string(example.at("context")) + "\n" + std::string(example.at("question"));
    case Task::facts:
    case Task::style:
      return example.at("prompt");
    case Task::summary:
      return example.at("document");
    case Task::translation:
      return example.at("source");
    case Task::dialogue:
      return example.at("messages").dump();
  }
  fail("storyworld: unknown task");
}

uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0x53504C4954;
  for (const char c : text) hash = derive_key(hash, static_cast<unsigned char>(c));
  return hash;
}

Split split_of_key(const std::string& key) {
  const uint64_t part = hash_of(key) % 10;
  return part < 8 ? Split::train : part < 9 ? Split::validation : Split::test;
}

}  // namespace

std::span<const TaskInfo> task_sets() {
  static const std::vector<TaskInfo> table = {
      {Task::sentiment,
       "sentiment",
       "classification",
       {"positive", "negative"},
       16000,
       500,
       1000,
       "Did it go the way people wished? Negation, order of events and hopes against fears decide."},
      {Task::spam,
       "spam",
       "classification",
       {"ham", "spam"},
       16000,
       500,
       1000,
       "Is the message honest? Who offers what, who pays first and what one is told not to do decide."},
      {Task::qa,
       "qa",
       "qa",
       {},
       60000,
       500,
       1000,
       "Find the answer in a short chronicle, or say that it is not there."},
      {Task::facts,
       "facts",
       "generation",
       {},
       700,
       100,
       200,
       "Answer from memory: test questions are about facts that only the stories tell."},
      {Task::summary, "summary", "summarization", {}, 4000, 300, 500, "Tell a short story in one line."},
      {Task::style,
       "style",
       "generation",
       {},
       4000,
       300,
       500,
       "Tell a sentence like a pirate, in the old fashion, as a headline or in rhyme."},
      {Task::translation,
       "translation",
       "translation",
       {},
       6000,
       300,
       500,
       "Translate into Tamori, the language across the river."},
      {Task::dialogue,
       "dialogue",
       "dialogue",
       {},
       4000,
       300,
       500,
       "Be a villager: serve a child, from what the village knows."},
  };
  return table;
}

const TaskInfo& task_set(std::string_view name) {
  std::string known;
  for (const TaskInfo& info : task_sets()) {
    if (info.name == name) return info;
    known += (known.empty() ? "" : ", ") + info.name;
  }
  fail_usage("storyworld has no task '", name, "'; there are: ", known);
}

nlohmann::json make_example(Task task, uint64_t seed, uint64_t index) {
  const uint64_t stream = derive_key(derive_key(seed, 0x5441534B + static_cast<uint64_t>(task)), index);
  Chooser chooser(stream);
  // Questions of the same number but for its last two bits are about the same chronicle.
  if (task == Task::qa)
    return make_question(Chooser(derive_key(derive_key(seed, 0x7E87), index / 4)), chooser);
  switch (task) {
    case Task::sentiment:
      return make_sentiment(std::move(chooser));
    case Task::spam:
      return make_spam(std::move(chooser));
    case Task::qa:
      break;
    case Task::facts:
      return make_fact(std::move(chooser));
    case Task::summary:
      return make_summary(std::move(chooser));
    case Task::style:
      return make_style(std::move(chooser));
    case Task::translation:
      return make_translation(std::move(chooser));
    case Task::dialogue:
      return make_dialogue(std::move(chooser));
  }
  fail("storyworld: unknown task");
}

Split split_of(Task task, const nlohmann::json& example) {
  // Facts split by what they tell, so that no wording of a test fact is ever trained on; questions by what
  // they are about, so that no text of a test is.
  const std::string key = task == Task::facts ? std::string(example.at("fact"))
                          : task == Task::qa  ? std::string(example.at("context"))
                                              : input_of(task, example);
  if (task != Task::facts) return split_of_key(key);
  const uint64_t part = hash_of(key) % 10;
  return part < 7 ? Split::train : part < 8 ? Split::validation : Split::test;
}

bool held_out(const std::string& input) { return split_of_key(input) != Split::train; }

std::vector<nlohmann::json> make_split(Task task, Split split, uint64_t seed, size_t count) {
  const TaskInfo& info = task_sets()[static_cast<size_t>(task)];
  if (count == 0)
    count = split == Split::train ? info.train : split == Split::validation ? info.validation : info.test;
  std::vector<nlohmann::json> examples;
  std::unordered_set<std::string> seen;
  const uint64_t limit = 1000 + 40 * static_cast<uint64_t>(count);  // a small task may have no more to give
  for (uint64_t index = 0; examples.size() < count && index < limit; ++index) {
    nlohmann::json example = make_example(task, seed, index);
    if (split_of(task, example) != split || !seen.insert(input_of(task, example)).second) continue;
    example.erase("fact");
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace seedling::storyworld
