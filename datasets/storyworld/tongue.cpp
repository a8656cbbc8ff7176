// Tamori's lexicon and grammar. See tongue.h.
#include "datasets/storyworld/tongue.h"

#include <map>
#include <set>
#include <stdexcept>

#include "base/random.h"
#include "datasets/storyworld/capital.h"
#include "datasets/storyworld/world.h"

namespace seedling::storyworld {
namespace {

struct Noun {
  const char* one;
  const char* many;
};
struct Verb {
  const char* base;
  const char* third;
  const char* past;
};

constexpr Noun kBeings[] = {
    {"baker", "bakers"},       {"miller", "millers"},     {"weaver", "weavers"},   {"potter", "potters"},
    {"tailor", "tailors"},     {"gardener", "gardeners"}, {"farmer", "farmers"},   {"shepherd", "shepherds"},
    {"painter", "painters"},   {"doctor", "doctors"},     {"teacher", "teachers"}, {"girl", "girls"},
    {"boy", "boys"},           {"mother", "mothers"},     {"father", "fathers"},   {"friend", "friends"},
    {"goat", "goats"},         {"fox", "foxes"},          {"duck", "ducks"},       {"hedgehog", "hedgehogs"},
    {"squirrel", "squirrels"}, {"rabbit", "rabbits"},     {"donkey", "donkeys"},   {"owl", "owls"},
    {"pony", "ponies"},        {"crow", "crows"},         {"badger", "badgers"},   {"pig", "pigs"},
    {"frog", "frogs"},         {"robin", "robins"},       {"cat", "cats"},         {"dog", "dogs"},
};
constexpr Noun kThings[] = {
    {"kite", "kites"},     {"drum", "drums"},       {"doll", "dolls"},       {"ball", "balls"},
    {"book", "books"},     {"map", "maps"},         {"lantern", "lanterns"}, {"blanket", "blankets"},
    {"bowl", "bowls"},     {"jug", "jugs"},         {"stool", "stools"},     {"sled", "sleds"},
    {"ladder", "ladders"}, {"coat", "coats"},       {"cap", "caps"},         {"rose", "roses"},
    {"candle", "candles"}, {"pumpkin", "pumpkins"}, {"carrot", "carrots"},   {"apple", "apples"},
    {"cake", "cakes"},     {"watch", "watches"},    {"picture", "pictures"}, {"rope", "ropes"},
    {"basket", "baskets"}, {"bell", "bells"},       {"flute", "flutes"},     {"key", "keys"},
    {"letter", "letters"}, {"coin", "coins"},
};
constexpr const char* kSpots[] = {"bakery", "mill",   "forge",   "harbour", "garden", "orchard",
                                  "dairy",  "farm",   "library", "inn",     "school", "forest",
                                  "river",  "meadow", "bridge",  "well",    "pond",   "cave",
                                  "beach",  "marsh",  "tower",   "village"};
constexpr const char* kTongueQualities[] = {
    "red", "blue",  "green",  "white",  "black", "yellow", "old",  "new",   "little", "big",   "good",
    "bad", "quiet", "clever", "hungry", "happy", "sad",    "lost", "heavy", "clean",  "round", "wooden"};
constexpr Verb kActions[] = {
    // what a being does with a thing or a being
    {"see", "sees", "saw"},          {"find", "finds", "found"},
    {"carry", "carries", "carried"}, {"love", "loves", "loved"},
    {"want", "wants", "wanted"},     {"buy", "buys", "bought"},
    {"lose", "loses", "lost"},       {"bring", "brings", "brought"},
    {"help", "helps", "helped"},     {"follow", "follows", "followed"},
    {"hide", "hides", "hid"},        {"paint", "paints", "painted"},
    {"wash", "washes", "washed"},    {"sell", "sells", "sold"},
    {"hold", "holds", "held"},       {"take", "takes", "took"},
};
constexpr Verb kDoings[] = {
    // what a being does alone
    {"sleep", "sleeps", "slept"}, {"sing", "sings", "sang"},   {"wait", "waits", "waited"},
    {"work", "works", "worked"},  {"play", "plays", "played"}, {"dance", "dances", "danced"},
    {"rest", "rests", "rested"},  {"sit", "sits", "sat"},
};
constexpr const char* kPlaceWords[] = {"in", "near", "behind", "beside"};
constexpr const char* kTimeWords[3][3] = {
    {"today", "now", "always"}, {"yesterday", "once", "long ago"}, {"tomorrow", "soon", "one day"}};
constexpr const char* kTenseSuffix[3] = {"i", "ul", "esh"};

/// Words of consistent sound: consonant-vowel syllables, closed by one of a few consonants before a suffix.
std::string invent(const std::string& english, char sort, std::set<std::string>& taken) {
  static constexpr const char* kOnset[] = {"b", "d", "f", "g", "h", "k",  "l",  "m",  "n",  "p",
                                           "r", "s", "t", "v", "z", "sh", "br", "dr", "tr", "kl"};
  static constexpr const char* kCoda[] = {"l", "m", "n", "r", "s", "k", "t", "v"};
  static constexpr char kVowel[] = {'a', 'e', 'i', 'o', 'u'};
  uint64_t key = static_cast<uint64_t>(sort);
  for (const char c : english) key = derive_key(key, static_cast<unsigned char>(c));
  for (Random random(key);;) {
    std::string word = kOnset[random.below(20)];
    word += kVowel[random.below(5)];
    if (sort == 'n' || sort == 'v' || sort == 'a') {
      if (random.below(2)) word.append(kOnset[random.below(15)]) += kVowel[random.below(5)];
      word += kCoda[random.below(8)];
      if (sort == 'n') word += "oae"[random.below(3)];
    } else {
      word += kCoda[random.below(8)];
      if (sort == 't') word.append(1, kVowel[random.below(5)]);
    }
    if (taken.insert(word).second) return word;
  }
}

struct Dictionary {
  std::vector<Entry> entries;
  std::map<std::string, std::string> stem;
  std::set<std::string> taken{"ni", "ka"};

  void add(const std::string& english, char sort) {
    if (stem.count(english))
      throw std::logic_error("storyworld: '" + english + "' stands twice in the dictionary");
    stem[english] = invent(english, sort, taken);
    entries.push_back({english, stem[english], sort});
  }
  Dictionary() {
    for (const Noun& noun : kBeings) add(noun.one, 'n');
    for (const Noun& noun : kThings) add(noun.one, 'n');
    for (const char* noun : kSpots) add(noun, 'n');
    for (const char* word : kTongueQualities) add(word, 'a');
    for (const Verb& verb : kActions) add(verb.base, 'v');
    for (const Verb& verb : kDoings) add(verb.base, 'v');
    for (const char* word : kPlaceWords) add(word, 'p');
    for (const auto& tense : kTimeWords)
      for (const char* word : tense) add(word, 't');
    for (const char* word : {"he", "she", "we", "they"}) add(word, 't');
    entries.push_back({"the", "t", 'f'});
    entries.push_back({"a", "s", 'f'});
    entries.push_back({"my", "m", 'f'});
    entries.push_back({"not", "ni", 'f'});
    entries.push_back({"?", "ka", 'f'});
  }
};

const Dictionary& dictionary() {
  static const Dictionary instance;
  return instance;
}

/// A phrase in both languages.
struct Phrase {
  std::string english;
  std::vector<Aligned> tamori;
  bool plural = false;
};

std::string stem(const std::string& english) { return dictionary().stem.at(english); }

bool vowel(const std::string& word) { return std::string("aeiou").find(word.front()) != std::string::npos; }

/// Determiner, adjective and noun: "the two-way agreement" of class and number.
Phrase noun_phrase(Chooser& chooser, const char* one, const char* many, bool plain) {
  Phrase phrase;
  phrase.plural = many && chooser.chance(0.3);
  const std::string noun = stem(one);
  const std::string ending = std::string(1, noun.back()) + (phrase.plural ? "n" : "");
  const size_t determiner = plain ? 0 : chooser.uniform(phrase.plural ? 2 : 3);  // the, my, a
  const bool described = !plain && chooser.chance(0.45);
  const std::string quality = described ? kTongueQualities[chooser.zipf(std::size(kTongueQualities))] : "";
  const std::string head = phrase.plural ? many : one;
  const std::string rest = described ? quality + " " + head : head;
  const char* english = determiner == 0 ? "the" : determiner == 1 ? "my" : vowel(rest) ? "an" : "a";
  phrase.english = std::string(english) + " " + rest;
  phrase.tamori.push_back({std::string(determiner == 0   ? "t"
                                       : determiner == 1 ? "m"
                                                         : "s") +
                               ending,
                           determiner == 0   ? "the"
                           : determiner == 1 ? "my"
                                             : "a"});
  phrase.tamori.push_back({noun + (phrase.plural ? "n" : ""), one});
  if (described) phrase.tamori.push_back({stem(quality) + ending, quality});
  return phrase;
}

Phrase subject(Chooser& chooser) {
  if (chooser.chance(0.2)) {
    const size_t child = chooser.zipf(child_count());
    return {people()[child].name, {{people()[child].name, people()[child].name}}, false};
  }
  if (chooser.chance(0.125)) {
    static constexpr const char* kPronouns[] = {"he", "she", "we", "they"};
    const size_t which = chooser.uniform(4);
    return {kPronouns[which], {{stem(kPronouns[which]), kPronouns[which]}}, which >= 2};
  }
  const Noun& being = kBeings[chooser.zipf(std::size(kBeings))];
  return noun_phrase(chooser, being.one, being.many, false);
}

/// Verb, subject and the rest, in the order of each language.
Bilingual compose(const Verb& verb, size_t tense, bool question, bool negated, const Phrase& who,
                  const std::vector<Phrase>& rest) {
  // English verb group: does (not) eat, did (not) eat, will (not) eat; without "not" or a question: eats,
  // ate, will eat.
  static constexpr const char* kHelpers[] = {"does", "did", "will"};
  const std::string helper = tense == 0 && who.plural ? "do" : kHelpers[tense];
  std::string english;
  if (question) {
    english = helper + " " + who.english + (negated ? " not " : " ") + verb.base;
  } else if (negated) {
    english = who.english + " " + helper + " not " + verb.base;
  } else {
    english = who.english + " " +
              (tense == 0   ? std::string(who.plural ? verb.base : verb.third)
               : tense == 1 ? std::string(verb.past)
                            : std::string("will ") + verb.base);
  }
  std::vector<Aligned> tamori;
  if (question) tamori.push_back({"ka", "?"});
  if (negated) tamori.push_back({"ni", "not"});
  tamori.push_back({stem(verb.base) + kTenseSuffix[tense] + (who.plural ? "am" : ""), verb.base});
  tamori.insert(tamori.end(), who.tamori.begin(), who.tamori.end());
  for (const Phrase& phrase : rest) {
    english += " " + phrase.english;
    tamori.insert(tamori.end(), phrase.tamori.begin(), phrase.tamori.end());
  }
  Bilingual result;
  const char* mark = question ? "?" : ".";
  result.source = upper(english) + mark;
  for (const Aligned& word : tamori) result.target += (result.target.empty() ? "" : " ") + word.tamori;
  result.target = upper(result.target) + mark;
  result.aligned = std::move(tamori);
  return result;
}

}  // namespace

std::span<const Entry> tamori_dictionary() { return dictionary().entries; }

Bilingual make_bilingual(Chooser& chooser, const std::function<bool(const std::string&)>& may) {
  const size_t tense = chooser.uniform(3);
  const bool question = chooser.chance(0.15);
  const Phrase who = subject(chooser);
  const bool negated = chooser.chance(0.2);
  const bool action = chooser.chance(0.7);
  std::vector<Phrase> rest;  // object, place, time
  if (action) {
    const bool thing = chooser.chance(0.7);
    const Noun& object =
        thing ? kThings[chooser.zipf(std::size(kThings))] : kBeings[chooser.zipf(std::size(kBeings))];
    rest.push_back(noun_phrase(chooser, object.one, object.many, false));
  }
  if (chooser.chance(0.4)) {
    const char* word = kPlaceWords[chooser.uniform(std::size(kPlaceWords))];
    rest.push_back({word, {{stem(word), word}}, false});
    rest.push_back(noun_phrase(chooser, kSpots[chooser.uniform(std::size(kSpots))], nullptr, true));
  }
  if (chooser.chance(0.4)) {
    const char* word = kTimeWords[tense][chooser.uniform(3)];
    rest.push_back({word, {{stem(word), word}}, false});
  }
  const std::span<const Verb> verbs =
      action ? std::span<const Verb>(kActions) : std::span<const Verb>(kDoings);
  const auto with = [&](const Verb& verb) { return compose(verb, tense, question, negated, who, rest); };
  std::vector<const Verb*> allowed;
  for (const Verb& verb : verbs)
    if (!may || may(with(verb).source)) allowed.push_back(&verb);
  if (allowed.empty())  // not one left: once in a hundred million sentences
    for (const Verb& verb : verbs) allowed.push_back(&verb);
  return with(*allowed[chooser.uniform(allowed.size())]);
}

}  // namespace seedling::storyworld
