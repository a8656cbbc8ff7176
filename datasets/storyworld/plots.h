// The plots: each simulates what happens to a child of Willowmere, step by step, and tells every step as it
// happens.
//
// Scenes that several plots share (openings, walks, feelings, endings) are in scenes.cpp. Called by
// story.cpp.
#pragma once

#include <span>

#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

struct Plot {
  const char* name;
  void (*tell)(Teller&);
};

/// All plots; a story takes each with equal probability.
std::span<const Plot> plots();

// --- the plots, by file ---
void plot_errand(Teller& t);  // plots_errands.cpp
void plot_repair(Teller& t);
void plot_helper(Teller& t);
void plot_gift(Teller& t);
void plot_lost(Teller& t);  // plots_things.cpp
void plot_trade(Teller& t);
void plot_locked(Teller& t);
void plot_confession(Teller& t);
void plot_animal(Teller& t);  // plots_animals.cpp
void plot_night(Teller& t);
void plot_seed(Teller& t);
void plot_quarrel(Teller& t);  // plots_friends.cpp
void plot_contest(Teller& t);
void plot_fog(Teller& t);

// --- scenes ---
/// Season, weather, the hero H and something about them. R, the hero's relative, is chosen when first
/// mentioned.
void opening(Teller& t);
/// The hero walks to `place`.
void walk_to(Teller& t, char place);
/// Sometimes: something seen, heard or smelled along the way; the only sentences that move nothing.
void aside(Teller& t);
/// Meets the grown-up V where they work, whom the sentence introduces.
void meet(Teller& t);
/// Sometimes: a fact about the thing `good` and its maker V. Only while V is near.
void about_good(Teller& t);
void feel_glad(Teller& t);
void feel_sad(Teller& t);
/// The evening and the moral; `moral` is a list's name in angle brackets.
void ending(Teller& t, std::string_view moral);

}  // namespace seedling::storyworld
