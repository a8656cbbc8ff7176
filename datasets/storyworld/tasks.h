// The task sets of Storyworld: labelled examples for fine-tuning, from the same village as the stories.
//
// Every example is one JSON object in the format its kind has in the trainer's data files. make_example is a
// pure function of (task, seed, index). Splits never share an input: an input belongs to train, validation or
// test by its own hash, so even different seeds cannot mix them. README.md says what each task asks for and
// why no single word gives a label away. Called by the data recipes and the fine-tuning command.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace seedling::storyworld {

enum class Task { sentiment, spam, qa, facts, summary, style, translation, dialogue };

struct TaskInfo {
  Task task;
  std::string name;                 ///< "sentiment"
  std::string kind;                 ///< the file format: "classification", "qa", "generation", ...
  std::vector<std::string> labels;  ///< of a classification, else empty
  size_t train, validation, test;   ///< default sizes
  std::string description;          ///< one sentence
};

/// Every task set, in the order of the enum.
std::span<const TaskInfo> task_sets();
/// The task set of that name. Throws UsageError naming the known ones.
const TaskInfo& task_set(std::string_view name);

/// Example number `index` of `seed`.
nlohmann::json make_example(Task task, uint64_t seed, uint64_t index);

enum class Split { train, validation, test };
/// Which split an example belongs to: a hash of its input (for facts: of the fact, so tests ask unseen ones).
Split split_of(Task task, const nlohmann::json& example);
/// Whether an input (of anything but facts) belongs to validation or test: the corpus must not show it.
bool held_out(const std::string& input);
/// The first `count` different examples of a split; 0 means the default size. May be fewer where there are no
/// more.
std::vector<nlohmann::json> make_split(Task task, Split split, uint64_t seed, size_t count = 0);

// --- the makers, by file; each draws from the chooser alone ---
class Chooser;
nlohmann::json make_sentiment(Chooser chooser);  // tasks_classes.cpp
nlohmann::json make_spam(Chooser chooser);
/// The chronicle by the first, the question by the second.
nlohmann::json make_question(Chooser story, Chooser chooser);  // tasks_questions.cpp
nlohmann::json make_fact(Chooser chooser);
nlohmann::json make_summary(Chooser chooser);  // tasks_writing.cpp
nlohmann::json make_style(Chooser chooser);
nlohmann::json make_translation(Chooser chooser);
nlohmann::json make_dialogue(Chooser chooser);  // tasks_dialogue.cpp

}  // namespace seedling::storyworld
