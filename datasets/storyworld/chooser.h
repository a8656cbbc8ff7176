// The one place where Storyworld decides anything, and the account of what each decision cost in bits.
//
// A text's probability is the product of the probabilities of the choices that made it, provided no other
// choices make the same text; the tests search for such doubles (see `replay`). Draws are counter-based
// (base/random.h). Called by the Teller and by the task makers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"

namespace seedling::storyworld {

class Chooser {
 public:
  /// One decision: `pick` of `count` options.
  struct Pick {
    uint32_t count, pick;
  };

  explicit Chooser(uint64_t key) : random_(key) {}
  /// Repeats given picks, then takes option 0 each time: how the tests walk every path of the generator.
  static Chooser replay(std::vector<Pick> picks);

  /// One of n options with equal probability.
  size_t uniform(size_t n);
  /// One of n options with weights 1 / (i + 6): the early ones come a few times more often, as words do.
  /// `skip` (an index, or >= n for none) is never chosen; the others share its weight.
  size_t zipf(size_t n, size_t skip = SIZE_MAX);
  /// True with probability p.
  bool chance(double p);

  /// -log2 of the probability of everything chosen so far.
  double bits() const { return bits_; }
  const std::vector<Pick>& picks() const { return picks_; }

 private:
  size_t settle(size_t n, double (*weight)(size_t), size_t skip);

  Random random_;
  double bits_ = 0;
  std::vector<Pick> picks_;
  std::vector<Pick> script_;
  bool scripted_ = false;
};

}  // namespace seedling::storyworld
