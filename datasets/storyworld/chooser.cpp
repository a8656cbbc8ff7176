// Chooser: weighted draws that keep account of -log2 p. See chooser.h.
#include "datasets/storyworld/chooser.h"

#include <cmath>

#include "base/error.h"

namespace seedling::storyworld {

Chooser Chooser::replay(std::vector<Pick> picks) {
  Chooser chooser(0);
  chooser.script_ = std::move(picks);
  chooser.scripted_ = true;
  return chooser;
}

size_t Chooser::settle(size_t n, double (*weight)(size_t), size_t skip) {
  require(n > 0 && !(n == 1 && skip == 0), "storyworld: a choice without options");
  if (n == 1) return 0;
  double total = 0;
  for (size_t i = 0; i < n; ++i) total += i == skip ? 0.0 : weight(i);
  size_t pick = 0;
  if (scripted_) {
    pick = picks_.size() < script_.size() ? script_[picks_.size()].pick : 0;
    if (pick == skip) ++pick;  // the walker's default option may be the forbidden one
    require(pick < n, "storyworld: a replayed pick is out of range");
  } else {
    double left = random_.uniform() * total;
    const size_t last = skip == n - 1 ? n - 2 : n - 1;
    for (; pick < last; ++pick) {
      if (pick == skip) continue;
      left -= weight(pick);
      if (left < 0) break;
    }
  }
  const size_t end = skip == n - 1 ? n - 1 : n;  // a walker counts up to here
  picks_.push_back({static_cast<uint32_t>(end), static_cast<uint32_t>(pick)});
  bits_ -= std::log2(weight(pick) / total);
  return pick;
}

size_t Chooser::uniform(size_t n) {
  return settle(
      n, [](size_t) { return 1.0; }, SIZE_MAX);
}

size_t Chooser::zipf(size_t n, size_t skip) {
  return settle(
      n, [](size_t i) { return 1.0 / (static_cast<double>(i) + 6.0); }, skip);
}

bool Chooser::chance(double p) {
  require(p > 0 && p < 1, "storyworld: a chance must lie strictly between 0 and 1");
  const bool yes = scripted_ ? (picks_.size() < script_.size() && script_[picks_.size()].pick == 1)
                             : random_.uniform() < p;
  picks_.push_back({2, yes ? 1u : 0u});
  bits_ -= std::log2(yes ? p : 1 - p);
  return yes;
}

}  // namespace seedling::storyworld
