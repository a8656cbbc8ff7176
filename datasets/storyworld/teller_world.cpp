// Teller, second half: the cast and the state of the simulated world, with the log of what happened. See
// teller.h.
#include <algorithm>

#include "base/error.h"
#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

// --- cast ---

/// A draw from [first, first + count) that avoids the one most recently bound index of the same kind in that
/// range.
size_t Teller::pick_other(size_t first, size_t count, RoleKind kind) {
  size_t skip = SIZE_MAX;
  for (const Role& role : roles_)
    if (role.kind == kind && role.index >= static_cast<int>(first) &&
        role.index < static_cast<int>(first + count))
      skip = static_cast<size_t>(role.index) - first;
  return first + chooser_.zipf(count, skip);
}

void Teller::pick_child(char role) { bind_person(role, pick_other(0, child_count(), RoleKind::person)); }

void Teller::pick_grown_up(char role) {
  bind_person(role, pick_other(child_count(), people().size() - child_count(), RoleKind::person));
}

void Teller::pick_good(char role, Kind kind) {
  const auto list = goods_of(kind);
  size_t skip = SIZE_MAX;
  for (const Role& other : roles_)
    if (other.kind == RoleKind::good)
      for (size_t i = 0; i < list.size(); ++i)
        if (static_cast<int>(list[i]) == other.index) skip = i;
  bind_good(role, list[chooser_.zipf(list.size(), skip)]);
}

void Teller::pick_good_of_anyone(char role) {
  bind_good(role, pick_other(0, goods().size(), RoleKind::good));
}

void Teller::pick_good_by(char role, char maker) {
  const auto list = goods_by(static_cast<size_t>(index_of(maker)));
  bind_good(role, list[chooser_.uniform(list.size())]);
}

void Teller::pick_animal(char role) { bind_animal(role, pick_other(0, animals().size(), RoleKind::animal)); }

void Teller::pick_wild_place(char role) {
  bind_place(role, pick_other(first_wild_place(), places().size() - first_wild_place(), RoleKind::place));
}

void Teller::bind_maker(char role, char good) {
  bind_person(role, goods()[static_cast<size_t>(index_of(good))].maker);
}

void Teller::bind_place_of(char role, char person) {
  bind_place(role, people()[static_cast<size_t>(index_of(person))].place);
}

// --- state ---

void Teller::note(Act act, char who, char good, char whom, char place) {
  const auto person = [this](char role) {
    return role && roles_[slot(role)].kind == RoleKind::person ? index_of(role)
                                                               : -1;  // relatives have no index
  };
  events_.push_back(
      {act, person(who), good ? index_of(good) : -1, person(whom), place ? index_of(place) : -1});
}

int& Teller::holder(int good) {
  const auto found =
      std::find_if(holders_.begin(), holders_.end(), [&](const auto& entry) { return entry.first == good; });
  if (found != holders_.end()) return found->second;
  return holders_.emplace_back(good, -2).second;  // -2: lies about; -1: a relative
}

void Teller::go(char who, char place) { note(Act::go, who, 0, 0, place); }

void Teller::have(char who, char good) {
  require(holder(index_of(good)) == -2, "storyworld: somebody has that already");
  note(Act::have, who, good);
  holder(index_of(good)) = events_.back().who;
}

void Teller::lose(char who, char good) {
  note(Act::lose, who, good);
  require(holder(index_of(good)) == events_.back().who, "storyworld: only the holder can lose a thing");
  holder(index_of(good)) = -2;
}

void Teller::find(char who, char good) {
  require(holder(index_of(good)) == -2, "storyworld: a thing that somebody holds cannot be found");
  note(Act::find, who, good);
  holder(index_of(good)) = events_.back().who;
}

void Teller::give(char from, char to, char good) {
  note(Act::give, from, good, to);
  require(holder(index_of(good)) == events_.back().who, "storyworld: only the holder can give a thing");
  holder(index_of(good)) = events_.back().whom;
}

void Teller::breaks(char who, char good) {
  note(Act::breaks, who, good);
  broken_.push_back(index_of(good));
}

void Teller::mend(char who, char good) {
  const auto found = std::find(broken_.begin(), broken_.end(), index_of(good));
  require(found != broken_.end(), "storyworld: only a broken thing can be mended");
  broken_.erase(found);
  note(Act::mend, who, good);
}

void Teller::open_door() {
  require(!door_open_, "storyworld: the door is open already");
  door_open_ = true;
  note(Act::open, 'H');
}

void Teller::close_door() {
  require(door_open_, "storyworld: the door is closed already");
  door_open_ = false;
  note(Act::close, 'H');
}

}  // namespace seedling::storyworld
