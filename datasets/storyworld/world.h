// The facts of Storyworld: who lives in Willowmere, what they make, what animals eat, what colour things are.
//
// They are the same in every story of every seed, so a model can come to know them; the stories, the
// questions and the messages all speak from these tables. Called by the Teller, the plots, facts.cpp and the
// task makers.
#pragma once

#include <cstddef>
#include <span>

namespace seedling::storyworld {

/// A place. `at` says where one is when there: "at the mill", "in the forest".
struct Place {
  const char* name;  ///< "the mill"
  const char* at;    ///< "at the mill"
  bool nature;       ///< things there are described as nature is, not as rooms are
  const char* see;   ///< what is seen there, separated by '|': "oven|table"
};

/// A child or a grown-up of the village. Children have a pet, grown-ups a trade and a place.
struct Person {
  const char* name;
  bool she;
  const char* job;       ///< "baker"; for children ""
  size_t place;          ///< index of a Place: where they work, or where a child lives
  const char* pet;       ///< "cat"; for grown-ups ""
  const char* pet_name;  ///< "Pepper"
};

/// A thing that is made, sold, given, lost and found. '@' in `a` marks where the colour goes.
struct Good {
  const char* a;       ///< "a @ kite", "a pair of @ boots"
  const char* name;    ///< "kite", "boots"
  bool plural;         ///< "they are", not "it is"
  size_t maker;        ///< index of a Person
  const char* colour;  ///< "red"
  const char* source;  ///< what it is made of: "paper and string"
  const char* use;     ///< what one does with it: "fly"
};

/// An animal of the fields and woods.
struct Animal {
  const char* name;
  const char* food;    ///< "thistles"
  const char* home;    ///< "in a burrow"
  const char* sound;   ///< past tense: "bleated"
  const char* colour;  ///< "white"
  const char* gait;    ///< past tense: "trotted"
};

std::span<const Place> places();
std::span<const Person> people();  ///< children first, then grown-ups
size_t child_count();              ///< people()[0 .. child_count()) are children
std::span<const Good> goods();     ///< grouped by maker
std::span<const Animal> animals();
size_t first_wild_place();  ///< places()[first_wild_place() ..) belong to nobody

/// The kinds of goods that a story can call for.
enum class Kind { toy, food, clothing, tool, gift };
/// Indices of the goods of one kind.
std::span<const size_t> goods_of(Kind kind);
/// Indices of the goods that a person makes.
std::span<const size_t> goods_by(size_t maker);

}  // namespace seedling::storyworld
