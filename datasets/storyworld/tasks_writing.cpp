// Writing: one-line summaries, the same event in another style, and Tamori. See tasks.h.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets/storyworld/capital.h"
#include "datasets/storyworld/chronicle.h"
#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/telling.h"
#include "datasets/storyworld/tongue.h"

namespace seedling::storyworld {
namespace {

/// What each plot comes to, in the roles of its cast.
std::string summary_of(Teller& t, std::string_view plot) {
  if (plot == "errand") return t.phrase("{H} fetched {G.a} for {his} {R} from {V.job}.");
  if (plot == "repair") return t.phrase("{V.job} mended the broken {G} of {H}.");
  if (plot == "helper") return t.phrase("{H} helped {V.job} and got {G.a}.");
  if (plot == "gift") return t.phrase("{H} worked for {V.job} to give {F} {G.a}.");
  if (plot == "lost") return t.phrase("{H} lost {his} {G} and found {G.it} {P.at}.");
  if (plot == "trade") return t.phrase("{H} gave {F} the {G} for the {K}.");
  if (plot == "locked") return t.phrase("{H} got a key from {V.job} and opened something {P.at}.");
  if (plot == "confession") return t.phrase("{H} spoiled the {G} of {V.job} and told the truth.");
  if (plot == "animal") return t.phrase("{H} fed a hungry {A} {P.at} with {A.food}.");
  if (plot == "night") return t.phrase("{H} heard a noise at night, but it was only a {A}.");
  if (plot == "seed") return t.phrase("{H} planted a seed from {V.job} and learned to wait.");
  if (plot == "quarrel") return t.phrase("{H} and {F} quarrelled over the {G} and made peace.");
  if (plot == "fog")
    return t.phrase(t.bound('A') ? "{H} and {F} lost the way {P.at}, and a {A} led them home."
                                 : "{H} and {F} lost the way {P.at}, and {V.job} led them home.");
  const auto& log = t.events();
  const bool won =
      std::any_of(log.begin(), log.end(), [](const Event& event) { return event.act == Act::win; });
  return t.phrase(won ? "{H} won {G.a} against {F}." : "{F} won {G.a} against {H}.");
}

size_t at(Deed deed) { return static_cast<size_t>(deed); }

/// "bought a red kite at the toyshop" with another verb: verb, thing, "to" the receiver, place.
std::string retold(const Line& line, const char* verb, bool with_time) {
  std::string words = verb;
  if (line.deed == Deed::go) words += " " + line.where;
  if (!line.what.empty()) words += " " + line.what;
  if (!line.receiver.empty()) words += " to " + line.receiver;
  if (line.deed != Deed::go && !line.where.empty()) words += " " + line.where;
  if (with_time) words += " " + line.when;
  return words;
}

// Verbs by deed: go, buy, give, lose, see, hide.
constexpr const char* kPirate[kDeeds] = {"sailed to",      "plundered", "handed over",
                                         "lost overboard", "spied",     "buried"};
constexpr const char* kOld[kDeeds] = {"did journey to", "did purchase", "did bestow",
                                      "did lose",       "did behold",   "did conceal"};
constexpr const char* kNews[kDeeds] = {"visits", "buys", "gives", "loses", "sees", "hides"};

/// The second line of a couplet, by the word that ends the first.
struct Rhyme {
  const char *colour, *line;
};
constexpr Rhyme kRhymes[] = {
    {"red", "and $he dreamed of $it that night in bed"},
    {"blue", "and soon the neighbours wanted $it too"},
    {"green", "the finest that was ever seen"},
    {"brown", "the best in all of Willowmere town"},
    {"white", "and everybody liked the sight"},
    {"black", "and $he never gave $it back"},
    {"grey", "and $he thought of $it all day"},
    {"pink", "and faster than you think"},
    {"yellow", "said every merry fellow"},
};

}  // namespace

nlohmann::json make_summary(Chooser chooser) {
  Teller t(std::move(chooser));
  t.be_brief();
  const size_t plot = tell_story(t);
  const std::string document = t.text();
  return {{"document", document}, {"summary", upper(summary_of(t, plots()[plot].name))}};
}

void tell_with_summary(Teller& t) {
  t.be_brief();
  const size_t plot = tell_story(t);
  t.line("In short: " + upper(summary_of(t, plots()[plot].name)));
}

nlohmann::json make_style(Chooser chooser) {
  const size_t style = chooser.uniform(4);
  std::vector<size_t> taken_people, taken_goods;
  Line line = make_line(chooser, taken_people, taken_goods);
  const Rhyme* rhyme = nullptr;
  while (style == 3 && !rhyme) {  // a rhyme needs a thing with a colour that rhymes
    if (line.good >= 0)
      for (const Rhyme& row : kRhymes)
        if (std::string_view(goods()[static_cast<size_t>(line.good)].colour) == row.colour) rhyme = &row;
    if (!rhyme) {
      taken_people.clear();
      taken_goods.clear();
      line = make_line(chooser, taken_people, taken_goods);
    }
  }
  const bool she = people()[static_cast<size_t>(line.person)].she;
  std::string told;
  const char* name = "";
  switch (style) {
    case 0:
      name = "Like a pirate";
      told = "Arr! Captain " + line.who + " " + retold(line, kPirate[at(line.deed)], true) + ", me hearties!";
      break;
    case 1:
      name = "In the old fashion";
      told = std::string("Hear ye: ") + (she ? "fair " : "good ") + line.who + " " +
             retold(line, kOld[at(line.deed)], true) + ".";
      break;
    case 2:
      name = "As a headline";
      told = "WILLOWMERE NEWS: " + line.who + " " + retold(line, kNews[at(line.deed)], false) + "!";
      break;
    default: {
      name = "In rhyme";
      const Good& good = goods()[static_cast<size_t>(line.good)];
      std::string second = rhyme->line;
      const auto fill = [&second](const std::string& key, const char* word) {
        if (const size_t found = second.find(key); found != std::string::npos)
          second.replace(found, key.size(), word);
      };
      fill("$he", she ? "she" : "he");
      fill("$it", good.plural ? "them" : "it");
      static constexpr const char* kPast[kDeeds] = {"went to", "bought", "gave away", "lost", "saw", "hid"};
      std::string plain = good.a;
      plain.erase(plain.find('@'), 2);
      told = line.who + " " + kPast[at(line.deed)] + " " + plain + ", and " +
             (good.plural ? "they were " : "it was ") + good.colour + ", / " + second + ".";
    }
  }
  return {{"prompt", std::string(name) + ": " + line.text}, {"completion", told}};
}

nlohmann::json make_translation(Chooser chooser) {
  const Bilingual pair = make_bilingual(chooser);
  return {{"source", pair.source}, {"target", pair.target}};
}

}  // namespace seedling::storyworld
