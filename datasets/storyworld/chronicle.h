// A chronicle: a few short sentences about different people, with who, what and where marked.
//
// The contexts of the question answering set and the plain versions of the style set. Called by the task
// makers and the village pages.
#pragma once

#include <string>
#include <vector>

#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

enum class Deed { go, buy, give, lose, see, hide };
constexpr size_t kDeeds = 6;

/// One sentence: somebody did something with a thing at a place, at a time of day. What a deed has no use for
/// is empty.
struct Line {
  Deed deed;
  int person = -1, whom = -1, good = -1, place = -1;
  std::string who, what, where, when,
      receiver;      ///< "Nora", "a red kite", "at the mill", "in the morning", "Tom"
  std::string text;  ///< the sentence
  size_t who_at = 0, what_at = 0, where_at = 0, when_at = 0, receiver_at = 0;  ///< offsets in `text`
};

/// Some lines, one after the other.
struct Chronicle {
  std::vector<Line> lines;
  std::string text;
  std::vector<size_t> starts;         ///< where each line begins in `text`
  std::vector<size_t> people, goods;  ///< who and what occurs
};
/// `count` lines about different people and different things.
Chronicle make_chronicle(Chooser& chooser, size_t count);
/// One line; `taken_people` and `taken_goods` are avoided and grow.
Line make_line(Chooser& chooser, std::vector<size_t>& taken_people, std::vector<size_t>& taken_goods);

/// A child, or a thing, that is not taken; it is then.
size_t fresh_child(Chooser& chooser, std::vector<size_t>& taken);
size_t fresh_good(Chooser& chooser, std::vector<size_t>& taken);
/// "a red kite".
std::string coloured(const Good& good);

}  // namespace seedling::storyworld
