// The bits of a story are the whole truth: no second path of choices makes the same text, and the sums add up.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/telling.h"

using namespace seedling;
using namespace seedling::storyworld;

namespace {

/// The next path in the order of an odometer; false when all have been walked.
bool advance(std::vector<Chooser::Pick>& picks) {
  while (!picks.empty() && picks.back().pick + 1 >= picks.back().count) picks.pop_back();
  if (picks.empty()) return false;
  ++picks.back().pick;
  return true;
}

/// The probability of `text`: the sum over EVERY path of choices that tells it. Paths are cut where they leave the text.
double probability_over_all_paths(const std::string& text, int& ways) {
  double sum = 0;
  ways = 0;
  std::vector<Chooser::Pick> picks;
  do {
    Teller teller(Chooser::replay(picks));
    teller.must_match(&text);
    try {
      tell_story(teller);
      if (teller.text() == text) {
        sum += std::exp2(-teller.chooser().bits());
        ++ways;
      }
    } catch (const Mismatch&) {
    }
    picks = teller.chooser().picks();
  } while (advance(picks));
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storyworld_bits)

// The heart of the entropy floor: for sampled stories, all paths of the generator are searched exhaustively.
BOOST_AUTO_TEST_CASE(a_story_has_exactly_one_path) {
  for (uint64_t i = 0; i < 40; ++i) {
    const Story story = make_story(11, i);
    int ways = 0;
    const double p = probability_over_all_paths(story.text, ways);
    BOOST_CHECK_MESSAGE(ways == 1, "told in " << ways << " ways: " << story.text);
    BOOST_CHECK_SMALL(std::log2(p) + story.bits, 1e-9);
  }
}

BOOST_AUTO_TEST_SUITE_END()
