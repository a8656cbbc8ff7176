// Sentiment and spam: the two classification sets. See tasks.h.
//
// In every family of texts the same words stand under both labels equally often; what decides is how they are
// combined: a negation with a quality, a hope with an outcome, the order of two states, two facts that fit or
// not.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/capital.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/teller.h"

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
  const std::string filler = upper(t.phrase(
      t.chooser().chance(0.5) ? "{H} walked <along>, past <past>." : "{H} came by with a <padj> <carried>."));
  return first ? filler + " " + core : core + " " + filler;
}

std::string first_name(Chooser& chooser) { return people()[chooser.uniform(child_count())].name; }

}  // namespace

nlohmann::json make_sentiment(Chooser source) {
  Teller t(std::move(source));
  Chooser& chooser = t.chooser();
  const bool positive = chooser.chance(0.5);
  t.bind_person('H', chooser.uniform(child_count()));
  const std::string hero = t.phrase("{H}");
  std::string core;
  const size_t family = chooser.uniform(20);
  if (family < 8) {  // a quality, plain or negated
    const std::string subject = any(chooser, kSubjects);
    const std::string opinion = state(chooser, positive);
    switch (chooser.uniform(3)) {
      case 0:
        core = upper(subject) + " was " + opinion + ".";
        break;
      case 1:
        core = hero + " said that " + subject + " was " + opinion + ".";
        break;
      default:
        core = "\"" + upper(subject) + " was " + opinion + ",\" wrote " + hero + ".";
        break;
    }
  } else if (family < 13) {  // two states: the later one counts
    const std::string subject = any(chooser, kSubjects);
    const std::string early = state(chooser, !positive), late = state(chooser, positive);
    core = chooser.chance(0.5)
               ? "At first " + subject + " was " + early + ", but in the end it was " + late + "."
               : "In the end " + subject + " was " + late + ", but at first it was " + early + ".";
  } else if (family < 18) {  // hope and fear against what happened
    const bool hoped = chooser.chance(0.5);
    core = hero + " " + (hoped ? any(chooser, kHopes) : any(chooser, kFears)) + " that " +
           any(chooser, kEvents) + ". " + (hoped == positive ? any(chooser, kYes) : any(chooser, kNo));
  } else {  // the thing wanted and the thing got
    t.bind_good('G', chooser.uniform(goods().size()));
    size_t other = chooser.uniform(goods().size() - 1);
    if (static_cast<int>(other) >= t.index_of('G')) ++other;
    t.bind_good('K', positive ? static_cast<size_t>(t.index_of('G')) : other);
    core = t.phrase("{H} wanted {G.a}, and in the parcel was {K.a}.");
  }
  return {{"text", with_filler(t, core)}, {"label", positive ? "positive" : "negative"}};
}

nlohmann::json make_spam(Chooser source) {
  static constexpr const char* kSecrets[] = {"key",           "purse", "savings", "password",
                                             "silver spoons", "coins", "address", "watch"};
  Teller t(std::move(source));
  Chooser& chooser = t.chooser();
  const bool spam = chooser.chance(0.5);
  t.bind_person('H', chooser.uniform(child_count()));
  t.bind_good('G', chooser.uniform(goods().size()));
  t.bind_maker('V', 'G');
  std::string core;
  const size_t family = chooser.uniform(20);
  if (family < 6) {  // does the sender fit the trade, and the goods the sender?
    t.bind_person('U', static_cast<size_t>(t.index_of('V')));
    while (spam && t.index_of('U') == t.index_of('V')) {
      t.bind_good('K', chooser.uniform(goods().size()));
      t.bind_maker('U', 'K');
    }
    if (chooser.chance(0.5)) {
      core = t.phrase(chooser.chance(0.5) ? "this is {U}, {V.job}. I have something for you."
                                          : "{V.job} writes to you, and my name is {U}.");
    } else {
      core = t.phrase(chooser.chance(0.5) ? "I am {U.job}, and I have made {G.a} for you."
                                          : "{G.a} for you, made by me, {U.job}.");
    }
  } else if (family < 13) {  // who pays first?
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
  std::string text = any(chooser, kOpen) + t.phrase("{H}") + ": " + core;
  const size_t tail = chooser.uniform(4);
  if (tail == 1) text += t.phrase(" I live near <past>.");
  if (tail == 2) text += " Yours, " + first_name(chooser) + ".";
  if (tail == 3) text += t.phrase(" We met by <past>, where you went to <plan>.");
  return {{"text", text}, {"label", spam ? "spam" : "ham"}};
}

}  // namespace seedling::storyworld
