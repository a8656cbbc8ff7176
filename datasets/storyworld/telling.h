// How a whole story is told by a given Teller: what make_story, the tests and the task makers share.
#pragma once

#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

/// Chooses a plot and tells it to the end; returns its index in plots().
size_t tell_story(Teller& teller);

}  // namespace seedling::storyworld
