// How a whole document is told by a given Teller: what make_story, the tests and the task makers share.
#pragma once

#include <string>
#include <vector>

#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

/// Chooses a plot and tells it to the end; returns its index in plots().
size_t tell_story(Teller& teller);

/// One document of the corpus: a story, or one time in eight a village page.
void tell_document(Teller& teller);

/// One message of a dialogue.
struct Turn {
  std::string role;  ///< "system", "user" or "assistant"
  std::string text;
};
/// A child talks with a grown-up, V with H; nothing is added to the Teller's text.
std::vector<Turn> tell_dialogue(Teller& teller);

}  // namespace seedling::storyworld
