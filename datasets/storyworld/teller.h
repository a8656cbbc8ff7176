// The Teller turns simulated events into sentences: it knows the cast, keeps the state of the world and the
// event log, and expands sentence shapes, taking every free choice from the Chooser just before the words
// that show it.
//
// Shapes: {H} is the name of the role H; {H.he} {H.him} {H.his} {H.himself} its pronouns ({he} is short for
// {H.he}); {V.job} "the baker"; {V.at} where they work; {G.a} "a kite", {G.ac} "a red kite", {G.it}, {G.is},
// {G.was}; {A.food}, {A.home}, {A.sound}, {A.gait}, {A.col}; {P} "the mill", {P.at}, {P.see} something seen
// there; {season}. <hobby> is one word of the list "hobby"; <day@> of the list for the season; [x|y] is x or
// y with equal chance. Capitals after a full stop and "a" before a vowel come out right by themselves. Called
// by the plots and the tasks.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/storyworld/chooser.h"
#include "datasets/storyworld/world.h"

namespace seedling::storyworld {

enum class Act { go, have, lose, find, give, breaks, mend, eat, open, close, want, win, fail };

/// One entry of the simulated world's log: who did what to what (indices of world.h, or -1).
struct Event {
  Act act;
  int who = -1;    ///< index of people()
  int good = -1;   ///< index of goods()
  int whom = -1;   ///< index of people(): the receiver
  int place = -1;  ///< index of places()
};

/// Thrown when a replayed text leaves the text it should reproduce (see Teller::must_match).
struct Mismatch {};

class Teller {
 public:
  explicit Teller(Chooser chooser) : chooser_(std::move(chooser)) {}

  // --- telling ---
  /// Adds one of the shapes, chosen evenly, as the next sentence or sentences.
  void say(std::initializer_list<std::string_view> shapes);
  /// The same with probability p, else nothing. True if it was said.
  bool perhaps(double p, std::initializer_list<std::string_view> shapes);
  /// Adds a line as it stands.
  void line(std::string_view words) {
    if (!text_.empty()) text_ += '\n';
    text_ += words;
    check();
  }

  // --- cast: each choice is made here, so call it just before the first mention ---
  void pick_season();
  void pick_time();
  void pick_child(char role);
  void pick_relative(char role);
  void pick_grown_up(char role);
  void pick_good(char role, Kind kind);
  void pick_good_of_anyone(char role);
  void pick_good_by(char role, char maker);
  void pick_animal(char role);
  void pick_wild_place(char role);
  void bind_maker(char role, char good);  ///< the person who makes that good: no choice
  void bind_place_of(char role, char person);
  void bind_person(char role, size_t index) {
    roles_[slot(role)] = {RoleKind::person, static_cast<int>(index)};
  }
  void bind_good(char role, size_t index) { roles_[slot(role)] = {RoleKind::good, static_cast<int>(index)}; }
  void bind_animal(char role, size_t index) {
    roles_[slot(role)] = {RoleKind::animal, static_cast<int>(index)};
  }
  void bind_place(char role, size_t index) {
    roles_[slot(role)] = {RoleKind::place, static_cast<int>(index)};
  }

  // --- the simulated world: each call checks that it can happen, then logs it ---
  void go(char who, char place);
  void have(char who, char good);
  void lose(char who, char good);
  void find(char who, char good);
  void give(char from, char to, char good);
  void breaks(char who, char good);
  void mend(char who, char good);
  void open_door();
  void close_door();
  void note(Act act, char who, char good = 0, char whom = 0, char place = 0);

  /// A brief telling: only what moves the plot (for the summaries); asides are left out, scenes are short.
  void be_brief() { brief_ = true; }
  bool brief() const { return brief_; }

  // --- reading back ---
  Chooser& chooser() { return chooser_; }
  const std::string& text() const { return text_; }
  const std::vector<Event>& events() const { return events_; }
  int index_of(char role) const { return roles_[slot(role)].index; }
  bool bound(char role) const { return roles_[slot(role)].kind != RoleKind::none; }
  bool she(char role) const;
  std::string_view season() const;
  /// From now on every word told must agree with `target`; throws Mismatch where it does not.
  void must_match(const std::string* target) { target_ = target; }
  /// Expands a shape to a string of its own instead of the text (no capital at its start).
  std::string phrase(std::string_view shape);

 private:
  enum class RoleKind { none, person, relative, good, animal, place };
  struct Role {
    RoleKind kind = RoleKind::none;
    int index = -1;
  };
  static size_t slot(char role) { return static_cast<size_t>(role - 'A'); }
  void expand(std::string_view shape);
  void expand_slot(std::string_view key);
  void expand_list(std::string_view name);
  void expand_person(char role, std::string_view form);
  void expand_good(const Good& good, std::string_view form);
  void expand_animal(const Animal& animal, std::string_view form);
  void expand_place(const Place& place, std::string_view form);
  void put(std::string_view words);
  void check();
  size_t pick_other(size_t first, size_t count, RoleKind kind);
  int& holder(int good);

  Chooser chooser_;
  std::string text_;
  bool capital_ = false;
  std::array<Role, 26> roles_{};
  int season_ = -1;
  int time_ = -1;
  std::vector<size_t> last_;                                     // last entry taken of each word list
  std::pair<const char*, size_t> last_seen_{nullptr, SIZE_MAX};  // the thing last seen, and where
  std::vector<std::pair<int, int>> holders_;                     // good -> person
  std::vector<int> broken_;
  bool door_open_ = false;
  bool brief_ = false;
  std::vector<Event> events_;
  const std::string* target_ = nullptr;
  size_t matched_ = 0;
};

}  // namespace seedling::storyworld
