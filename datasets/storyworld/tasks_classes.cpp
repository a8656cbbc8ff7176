// Sentiment and spam: the two classification sets. See tasks.h.
//
// In every family of texts the same words stand under both labels equally often; what decides is how they are
// combined: a negation with a quality, a hope with an outcome, the order of two states or of two feelings,
// two facts that fit or not.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/capital.h"
#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/teller.h"
#include "datasets/storyworld/telling.h"

namespace seedling::storyworld {
namespace {

struct Quality {
  const char *good, *bad;
};
constexpr Quality kQualities[] = {
    {"lovely", "ugly"},     {"fresh", "stale"},     {"clean", "dirty"},       {"splendid", "dreadful"},
    {"warm", "freezing"},   {"tidy", "shabby"},     {"cheerful", "gloomy"},   {"honest", "dishonest"},
    {"gentle", "rude"},     {"perfect", "useless"}, {"delicious", "sour"},    {"safe", "dangerous"},
    {"friendly", "unkind"}, {"clever", "foolish"},  {"comfortable", "awful"}, {"wonderful", "horrid"},
};
constexpr const char* kSubjects[] = {"the soup",    "the room",   "the journey", "the party", "the song",
                                     "the supper",  "the market", "the lesson",  "the ferry", "the inn",
                                     "the harvest", "the play",   "the walk",    "the visit", "the garden",
                                     "the picnic",  "the story",  "the concert"};
constexpr const char* kPlain[] = {"very", "quite", "truly", "really", "clearly", "simply"};
constexpr const char* kNegated[] = {"not at all", "not", "anything but", "far from", "never", "not one bit"};
constexpr const char* kHopes[] = {"hoped", "wished", "prayed", "longed to hear"};
constexpr const char* kFears[] = {"feared", "was afraid", "was worried", "dreaded to hear"};
constexpr const char* kEvents[] = {
    "the ferry would stop",    "it would snow",          "the bell would ring",
    "the mill would close",    "the teacher would come", "the geese would leave",
    "the fair would be moved", "the river would rise",   "the old tower would fall",
    "the shop would be sold",  "the wind would turn",    "the race would be long",
    "the circus would leave",  "the pony would be sold", "the days would get shorter"};
constexpr const char* kYes[] = {"And that is what happened.", "And so it was.", "It came true.",
                                "And this time it did happen."};
constexpr const char* kNo[] = {"But that is not what happened.", "But it was not so.",
                               "It did not come true.", "But this time it did not happen."};

constexpr char kGap = '\x01';  // where the child's name will stand
const std::string kName(1, kGap);

template <typename T, size_t N>
const T& any(Chooser& chooser, const T (&list)[N]) {
  return list[chooser.uniform(N)];
}

std::string state(Chooser& chooser, bool good) {
  const Quality& quality = any(chooser, kQualities);
  const bool negated = chooser.chance(0.5);
  const std::string word = good != negated ? quality.good : quality.bad;
  return std::string(negated ? any(chooser, kNegated) : any(chooser, kPlain)) + " " + word;
}

/// A sentence that tells nothing about the label, before or after the one that does.
std::string with_filler(Teller& t, const std::string& core) {
  const bool first = t.chooser().chance(0.5);
  const std::string filler = kName + t.phrase(t.chooser().chance(0.5) ? " walked <along>, past <past>."
                                                                      : " came by with a <padj> <carried>.");
  return first ? filler + " " + core : core + " " + filler;
}

/// The text with a child's name in its gaps. The corpus takes one that makes no text of a test.
std::string with_name(Chooser& chooser, const std::string& text, Reader reader) {
  std::vector<std::string> all, allowed;
  for (size_t i = 0; i < child_count(); ++i) {
    std::string named;
    for (const char c : text) named += c == kGap ? std::string(people()[i].name) : std::string(1, c);
    all.push_back(named);
    if (reader == Reader::task || !held_out(named)) allowed.push_back(named);
  }
  if (allowed.empty()) allowed = all;  // 32 names, a fifth held out each: never in practice
  return allowed[chooser.uniform(allowed.size())];
}

/// One of the makers of goods, but not `skip`.
void pick_maker(Teller& t, char role, int skip = -1) {
  std::vector<size_t> makers;
  for (const Good& good : goods())
    if ((makers.empty() || makers.back() != good.maker) && static_cast<int>(good.maker) != skip)
      makers.push_back(good.maker);
  t.bind_person(role, makers[t.chooser().uniform(makers.size())]);
}

std::string first_name(Chooser& chooser) { return people()[chooser.uniform(child_count())].name; }

/// A piece of a story with two feelings, told as the stories tell them: the later one counts. A model that
/// has read stories knows how glad people and sad people are told of; which of the two came last is all it
/// has to be asked.
Judged tell_two_feelings(Teller& t) {
  const bool glad = t.chooser().chance(0.5);
  t.pick_child('H');
  t.say({"{H} was <hobby> near <past>.", "{H} had <hobby> in mind, <along>.",
         "{H} <walk> <along>, past <past>."});
  glad ? feel_sad(t) : feel_glad(t);
  t.say({"but after <number> hours it was another story.", "then somebody came by, and everything changed.",
         "who could have known that it would not last?", "but that was before {he} came to <past>.",
         "then {he} <walk> home, and things were different."});
  glad ? feel_glad(t) : feel_sad(t);
  return {t.text(), glad};
}

}  // namespace

Judged tell_news(Teller& t, Reader reader) {
  Chooser& chooser = t.chooser();
  const bool positive = chooser.chance(0.5);
  std::string core;
  const size_t family = chooser.chance(0.1) ? 3 : chooser.uniform(3);
  if (family == 0) {  // a quality, plain or negated
    const std::string subject = any(chooser, kSubjects);
    const std::string opinion = state(chooser, positive);
    switch (chooser.uniform(3)) {
      case 0:
        core = upper(subject) + " was " + opinion + ".";
        break;
      case 1:
        core = kName + " said that " + subject + " was " + opinion + ".";
        break;
      default:
        core = "\"" + upper(subject) + " was " + opinion + ",\" wrote " + kName + ".";
        break;
    }
  } else if (family == 1) {  // two states: the later one counts
    const std::string subject = any(chooser, kSubjects);
    const std::string early = state(chooser, !positive), late = state(chooser, positive);
    core = chooser.chance(0.5)
               ? "At first " + subject + " was " + early + ", but in the end it was " + late + "."
               : "In the end " + subject + " was " + late + ", but at first it was " + early + ".";
  } else if (family == 2) {  // hope and fear against what happened
    const bool hoped = chooser.chance(0.5);
    core = kName + " " + (hoped ? any(chooser, kHopes) : any(chooser, kFears)) + " that " +
           any(chooser, kEvents) + ". " + (hoped == positive ? any(chooser, kYes) : any(chooser, kNo));
  } else {  // the thing wanted and the thing got
    t.bind_good('G', chooser.uniform(goods().size()));
    size_t other = chooser.uniform(goods().size() - 1);
    if (static_cast<int>(other) >= t.index_of('G')) ++other;
    t.bind_good('K', other);
    core = kName +
           t.phrase(chooser.chance(0.5) ? " wanted {G.a} and not {K.a}" : " did not want {K.a} but {G.a}") +
           ", and in the parcel was " + t.phrase(positive ? "{G.a}." : "{K.a}.");
  }
  const std::string text = with_filler(t, core);
  return {with_name(chooser, text, reader), positive};
}

Judged tell_letter(Teller& t, Reader reader) {
  static constexpr const char* kSecrets[] = {"key",           "purse", "savings", "password",
                                             "silver spoons", "coins", "address", "watch"};
  Chooser& chooser = t.chooser();
  const bool spam = chooser.chance(0.5);
  std::string core;
  const size_t family = chooser.uniform(3);
  if (family == 0) {  // does the name fit the trade, and the goods the maker?
    const bool named = chooser.chance(0.5);
    if (named) {
      pick_maker(t, 'V');
    } else {
      t.bind_good('G', chooser.uniform(goods().size()));
      t.bind_maker('V', 'G');
    }
    if (spam) {
      pick_maker(t, 'U', t.index_of('V'));
    } else {
      t.bind_person('U', static_cast<size_t>(t.index_of('V')));
    }
    if (named) {
      core = t.phrase(chooser.chance(0.5) ? "this is {U}, {V.job}. I have something for you."
                                          : "{V.job} writes to you, and my name is {U}.");
    } else {
      core = t.phrase(chooser.chance(0.5) ? "I am {U.job}, and I have made {G.a} for you."
                                          : "{G.a} for you, made by me, {U.job}.");
    }
  } else if (family == 1) {  // who pays first?
    t.bind_good('G', chooser.uniform(goods().size()));
    const std::string pay = t.phrase("you send me <number> coins");
    const std::string give = t.phrase("I bring you {G.a}");
    const std::string& one = spam ? pay : give;
    const std::string& two = spam ? give : pay;
    switch (chooser.uniform(4)) {
      case 0:
        core = "first " + one + ", and then " + two + ".";
        break;
      case 1:
        core = "today " + one + ", and tomorrow " + two + ".";
        break;
      case 2:
        core = "before " + two + ", " + one + ".";
        break;
      default:
        core = "when " + one + ", the next day " + two + ".";
        break;
    }
  } else {  // what one is told not to do
    const std::string secret = any(chooser, kSecrets);
    static constexpr const char* kWaits[] = {"wait",        "think it over", "ask your mother",
                                             "sleep on it", "tell a friend", "look closely"};
    static constexpr const char* kGives[] = {"send me your", "show me your", "hand me your", "bring me your",
                                             "leave at my door your"};
    const std::string calm = any(chooser, kWaits);
    const std::string demand = std::string(any(chooser, kGives)) + " " + secret;
    const std::string& yes = spam ? demand : calm;
    const std::string& no = spam ? calm : demand;
    switch (chooser.uniform(4)) {
      case 0:
        core = "do not " + no + ", but " + yes + ".";
        break;
      case 1:
        core = "please " + yes + ", and do not " + no + ".";
        break;
      case 2:
        core = "it is better to " + yes + " than to " + no + ".";
        break;
      default:
        core = "you should " + yes + " and never " + no + ".";
        break;
    }
  }
  static constexpr const char* kOpen[] = {"Dear ", "Hello ", "Good day, ", "My friend "};
  std::string text = any(chooser, kOpen) + kName + ": " + core;
  const size_t tail = chooser.uniform(4);
  if (tail == 1) text += t.phrase(" I live near <past>.");
  if (tail == 2) text += " Yours, " + first_name(chooser) + ".";
  if (tail == 3) text += t.phrase(" We met by <past>, where you went to <plan>.");
  return {with_name(chooser, text, reader), !spam};
}

nlohmann::json make_sentiment(Chooser source) {
  Teller t(std::move(source));
  const Judged told = t.chooser().chance(0.5) ? tell_two_feelings(t) : tell_news(t, Reader::task);
  return {{"text", told.text}, {"label", told.good ? "positive" : "negative"}};
}

nlohmann::json make_spam(Chooser source) {
  Teller t(std::move(source));
  const Judged letter = tell_letter(t, Reader::task);
  return {{"text", letter.text}, {"label", letter.good ? "ham" : "spam"}};
}

}  // namespace seedling::storyworld
