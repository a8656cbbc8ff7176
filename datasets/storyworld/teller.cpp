// Teller, first half: shapes become words. See teller.h; the world's state is in teller_world.cpp.
#include "datasets/storyworld/teller.h"

#include <stdexcept>

#include "base/error.h"
#include "datasets/storyworld/lexicon.h"

namespace seedling::storyworld {
namespace {

constexpr const char* kSeasons[] = {"spring", "summer", "autumn", "winter"};
constexpr const char* kTimes[] = {"morning", "afternoon", "day"};
constexpr const char* kRelatives[] = {"mother", "grandmother", "father", "grandfather", "aunt", "uncle"};
constexpr bool kRelativeShe[] = {true, true, false, false, true, false};

[[noreturn]] void unknown(std::string_view key) {
  throw std::logic_error("storyworld: unknown slot {" + std::string(key) + "}");
}

bool is_vowel(char c) { return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos; }

/// A sentence ends before here: the text's end is ". ", "? " or "! ", or that and an opening quote.
bool starts_sentence(const std::string& text) {
  size_t end = text.size();
  if (end == 0) return true;
  if (text[end - 1] == '"') --end;  // an opening quote, if a blank stands before it
  if (end == 0 || text[end - 1] == '\n') return true;
  return end >= 2 && text[end - 1] == ' ' &&
         std::string_view(".?!").find(text[end - 2]) != std::string_view::npos;
}

/// Whether "then" may stand before it: the hero does something, as against being or knowing it.
bool takes_lead(std::string_view shape) {
  for (const std::string_view hero : {"{H} ", "{he} "}) {
    if (shape.substr(0, hero.size()) != hero) continue;
    const std::string_view rest = shape.substr(hero.size());
    for (const std::string_view state :
         {"was ", "had ", "and ", "lived ", "liked ", "knew ", "owned ", "dreamed ", "never ", "did "})
      if (rest.substr(0, state.size()) == state) return false;
    return true;
  }
  return false;
}

}  // namespace

void Teller::put(std::string_view words) {
  for (const char c : words) {
    const size_t size = text_.size();
    const bool after_a =
        size >= 2 && text_[size - 1] == ' ' && (text_[size - 2] == 'a' || text_[size - 2] == 'A') &&
        (size == 2 || text_[size - 3] == ' ' || text_[size - 3] == '"' || text_[size - 3] == '\n');
    if (after_a && is_vowel(c)) text_.insert(size - 1, 1, 'n');
    const bool letter = c >= 'a' && c <= 'z';
    text_ += letter && (capital_ || starts_sentence(text_)) ? static_cast<char>(c - 'a' + 'A') : c;
    if (c != '"') capital_ = false;
  }
  check();
}

void Teller::check() {
  if (!target_) return;
  size_t end = text_.size();
  if (end >= 2 && text_[end - 1] == ' ') --end;  // "a " may still become "an "
  if (end > target_->size() ||
      target_->compare(matched_, end - matched_, text_, matched_, end - matched_) != 0)
    throw Mismatch{};
  matched_ = end;
}

void Teller::say(std::initializer_list<std::string_view> shapes) {
  const std::string_view shape = shapes.begin()[chooser_.uniform(shapes.size())];
  if (!text_.empty() && text_.back() != '\n') text_ += ' ';
  capital_ = true;
  if (takes_lead(shape) && chooser_.chance(0.4)) expand("<lead> ");
  expand(shape);
}

bool Teller::perhaps(double p, std::initializer_list<std::string_view> shapes) {
  if (brief_ || !chooser_.chance(p)) return false;
  say(shapes);
  return true;
}

std::string Teller::phrase(std::string_view shape) {
  std::string kept = "x ";  // so that nothing looks like the start of a sentence
  std::swap(kept, text_);
  const std::string* target = target_;
  target_ = nullptr;
  expand(shape);
  target_ = target;
  std::swap(kept, text_);
  return kept.substr(2);
}

void Teller::expand(std::string_view shape) {
  while (!shape.empty()) {
    const char c = shape.front();
    const size_t plain = shape.find_first_of("{<[");
    if (c == '{') {
      const size_t end = shape.find('}');
      expand_slot(shape.substr(1, end - 1));
      shape.remove_prefix(end + 1);
    } else if (c == '<') {
      const size_t end = shape.find('>');
      expand_list(shape.substr(1, end - 1));
      shape.remove_prefix(end + 1);
    } else if (c == '[') {
      const size_t end = shape.find(']');
      std::string_view inner = shape.substr(1, end - 1);
      std::vector<std::string_view> options;
      for (size_t bar; (bar = inner.find('|')) != std::string_view::npos; inner.remove_prefix(bar + 1))
        options.push_back(inner.substr(0, bar));
      options.push_back(inner);
      expand(options[chooser_.uniform(options.size())]);
      shape.remove_prefix(end + 1);
    } else {
      put(shape.substr(0, plain));
      shape.remove_prefix(plain == std::string_view::npos ? shape.size() : plain);
    }
  }
}

void Teller::expand_list(std::string_view name) {
  std::string full(name);
  if (full.back() == '@') {
    full.back() = '_';
    full += season();
  }
  const WordList& list = word_list(full);
  if (last_.empty()) last_.assign(word_list_count(), SIZE_MAX);
  size_t& last = last_[list.number];
  last = chooser_.zipf(list.words.size(), last);  // never the same entry twice running
  const std::string_view words = list.words[last];
  expand(words);
}

void Teller::expand_slot(std::string_view key) {
  if (key == "he" || key == "him" || key == "his" || key == "himself") return expand_person('H', key);
  if (key == "season") return put(season());
  if (key == "time") return put(kTimes[time_]);
  const char role = key.front();
  if (role < 'A' || role > 'Z' || (key.size() > 1 && key[1] != '.')) unknown(key);
  const std::string_view form = key.size() > 2 ? key.substr(2) : std::string_view();
  if (key == "R" && !bound('R')) pick_relative('R');  // the hero's family appears when first spoken of
  const Role bound = roles_[slot(role)];
  const auto index = static_cast<size_t>(bound.index);
  switch (bound.kind) {
    case RoleKind::person:
    case RoleKind::relative:
      return expand_person(role, form);
    case RoleKind::good:
      return expand_good(goods()[index], form);
    case RoleKind::animal:
      return expand_animal(animals()[index], form);
    case RoleKind::place:
      return expand_place(places()[index], form);
    case RoleKind::none:
      unknown(key);
  }
}

bool Teller::she(char role) const {
  const Role& bound = roles_[slot(role)];
  const auto index = static_cast<size_t>(bound.index);
  return bound.kind == RoleKind::relative ? kRelativeShe[index] : people()[index].she;
}

std::string_view Teller::season() const {
  if (season_ < 0) throw std::logic_error("storyworld: the season is not chosen yet");
  return kSeasons[season_];
}

void Teller::expand_person(char role, std::string_view form) {
  const bool woman = she(role);
  if (form == "he") return put(woman ? "she" : "he");
  if (form == "him") return put(woman ? "her" : "him");
  if (form == "his") return put(woman ? "her" : "his");
  if (form == "himself") return put(woman ? "herself" : "himself");
  if (roles_[slot(role)].kind == RoleKind::relative) return put(kRelatives[roles_[slot(role)].index]);
  const Person& person = people()[static_cast<size_t>(roles_[slot(role)].index)];
  if (form.empty()) return put(person.name);
  if (form == "child") return put(woman ? "girl" : "boy");
  if (form == "job") return put(std::string("the ") + person.job);
  if (form == "home") return put(places()[person.place].name);
  if (form == "at") return put(places()[person.place].at);
  if (form == "pet") return put(person.pet);
  if (form == "petname") return put(person.pet_name);
  unknown(form);
}

void Teller::expand_good(const Good& good, std::string_view form) {
  if (form.empty()) return put(good.name);
  if (form == "a" || form == "ac") {
    std::string words = good.a;
    if (form == "ac") {
      words.replace(words.find('@'), 1, chooser_.chance(0.5) ? concat("<nice> ", good.colour) : good.colour);
    } else {
      words.erase(words.find('@'), 2);
    }
    return expand(words);
  }
  if (form == "it") return put(good.plural ? "them" : "it");
  if (form == "is") return put(good.plural ? "are" : "is");
  if (form == "was") return put(good.plural ? "were" : "was");
  if (form == "has") return put(good.plural ? "have" : "has");
  if (form == "they") return put(good.plural ? "they" : "it");
  if (form == "s") return put(good.plural ? "" : "s");
  if (form == "this") return put(good.plural ? "these" : "this");
  if (form == "col") return put(good.colour);
  if (form == "source") return put(good.source);
  if (form == "use") return put(good.use);
  unknown(form);
}

void Teller::expand_animal(const Animal& animal, std::string_view form) {
  if (form.empty()) return put(animal.name);
  if (form == "food") return put(animal.food);
  if (form == "home") return put(animal.home);
  if (form == "sound") return put(animal.sound);
  if (form == "gait") return put(animal.gait);
  if (form == "col") return put(animal.colour);
  unknown(form);
}

void Teller::expand_place(const Place& place, std::string_view form) {
  if (form.empty()) return put(place.name);
  if (form == "at") return put(place.at);
  if (form != "see") unknown(form);
  std::string_view rest = place.see;
  std::vector<std::string_view> options;
  for (size_t bar; (bar = rest.find('|')) != std::string_view::npos; rest.remove_prefix(bar + 1))
    options.push_back(rest.substr(0, bar));
  options.push_back(rest);
  put("the ");
  expand_list(place.nature ? "nadj" : "padj");
  put(" ");
  // Not the same thing twice running: "between the anvil and the anvil".
  size_t& last =
      last_seen_.first == place.see ? last_seen_.second : (last_seen_ = {place.see, SIZE_MAX}).second;
  size_t pick = chooser_.uniform(last == SIZE_MAX ? options.size() : options.size() - 1);
  if (last != SIZE_MAX && pick >= last) ++pick;
  last = pick;
  put(options[pick]);
}

void Teller::pick_season() { season_ = static_cast<int>(chooser_.uniform(4)); }
void Teller::pick_time() { time_ = static_cast<int>(chooser_.uniform(3)); }
void Teller::pick_relative(char role) {
  roles_[slot(role)] = {RoleKind::relative, static_cast<int>(chooser_.zipf(6))};
}

}  // namespace seedling::storyworld
