// The facts of Storyworld as sentences, questions and short answers.
//
// Every one of them is shown again and again by the stories, so a pre-trained model can know it before it is
// ever asked. Called by the task makers, the village pages of the corpus, and lessons about knowledge.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace seedling::storyworld {

struct Fact {
  std::string kind;                    ///< "food", "home", "colour", "maker", ...
  std::string statement;               ///< "A goat eats thistles."
  std::vector<std::string> questions;  ///< the same question in several wordings
  std::string answer;                  ///< "thistles"
};

/// All facts, in a fixed order. No two have the same question.
std::span<const Fact> world_facts();

}  // namespace seedling::storyworld
