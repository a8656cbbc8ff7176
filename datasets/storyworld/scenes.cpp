// Scenes that the plots share. See plots.h.
#include <string>

#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void opening(Teller& t) {
  t.pick_season();
  t.pick_time();
  t.pick_child('H');
  if (t.brief())
    return t.say(
        {"one {season} {time}, {H} was <hobby>.", "{H} loved <hobby>, but it was a {season} {time}."});
  t.say({
      "one <day@> {season} {time}, <weather@>. {H} was a <trait> {H.child} who loved <hobby>.",
      "it was a <day@> {time} in {season}, and <weather@>. A <trait> {H.child} called {H} was <hobby> near "
      "{H.home}.",
      "once there was a <trait>, <trait> {H.child} whose name was {H}. One <day@> {season} {time}, when "
      "<weather@>, "
      "{he} was <hobby>.",
      "{H} lived near {H.home} and was fond of <hobby>. It was a <day@> {time} in {season}, and <weather@>.",
      "on a <day@> {time} in {season}, while <weather@>, {H} sat by the <padj> window and dreamed of "
      "<hobby>.",
      "in Willowmere, near {H.home}, there lived a <trait> {H.child} called {H}. That {season} {time} was "
      "<day@>, and "
      "<weather@>.",
      "{H} liked <hobby> and <hobby>, but this {season} {time} was <day@>, and <weather@>.",
      "near {H.home}, under the <tree>, stood the <padj> house of a <trait> {H.child} called {H}. One <day@> "
      "{season} "
      "{time}, <weather@>.",
  });
  t.perhaps(0.3, {
                     "{H} had a <trait> {H.pet} called {H.petname}.",
                     "{his} {H.pet}, {H.petname}, slept on the <padj> [rug|chair|sofa|step|mat].",
                     "beside {him} sat {H.petname} the {H.pet} and watched the <bird>.",
                     "{H.petname}, {his} {H.pet}, wanted <treat>.",
                 });
}

void walk_to(Teller& t, char place) {
  const std::string p(1, place);
  t.go('H', place);
  if (t.brief()) return t.say({"{he} <walk> to {" + p + "}.", "{H} <walk> to {" + p + "}."});
  const std::string a = "{he} <walk> <along>, past <past>, to {" + p + "}.";
  const std::string b = "{H} <walk> past <past> and past <past> until {he} came to {" + p + "}.";
  const std::string c = "{he} <walk> <along> to {" + p + "}, where {he} saw {" + p + ".see}.";
  const std::string d = "the way to {" + p + "} led past <past> and <along>.";
  const std::string e = "{H} put on {his} <colour> <wear> and <walk> <along> to {" + p + "}.";
  const std::string f = "<walkadv> {H} stood {" + p + ".at} and looked at {" + p + ".see}.";
  const std::string g = "it was not far to {" + p + "}: past <past>, <along>, and there {he} was.";
  const std::string h = "{H} took a <padj> <carried>, said goodbye and <walk> <along> to {" + p + "}.";
  t.say({a, b, c, d, e, f, g, h});
}

void aside(Teller& t) {
  t.perhaps(0.5, {
                     "<mid@>, but {H} [did not mind|went on|only <smile>].",
                     "<mid@>, and {H} [hummed|whistled|sang] <song>.",
                     "<mid@>. {H} felt <simile>.",
                     "<number> <birdcolour> <bird> sat on the <padj> [roof|fence|bridge|chimney|gatepost].",
                     "a <trait> <passer> <walk> by with a <padj> <carried>.",
                     "somewhere a <trait> <passer> sang <song>.",
                     "the air smelled of <flower> and <adjfood> <veg>.",
                     "on the <padj> wall sat a <animal_mood> cat with <number> kittens.",
                     "in a <padj> window stood <number> pots of <flower>.",
                     "a <trait> <passer> sold <veg> and <flower> from a <padj> cart.",
                     "<number> <passer>s played <game> under the <tree>.",
                 });
}

void meet(Teller& t) {
  if (t.brief()) return t.say({"there was {V}, {V.job}.", "{V.job}, {V}, was at work."});
  t.say({
      "{V.job} stood between {P.see} and {P.see}. \"<hello>, {V},\" <said> {H} <how>.",
      "there sat {V.job}, whose name was {V}, beside {P.see}.",
      "{V.job}, {V}, looked up from {P.see} and <smile> <how>.",
      "\"<hello>, {H},\" <said> {V.job} <how>. \"What brings you here?\"",
      "{V}, {V.job}, came out in a <colour> <wear>. \"<hello>!\" {V.he} <said>.",
      "\"Come in,\" <said> {V.job}. {V} was always <trait> and <trait>.",
      "{V.job} wore a <colour> <wear> and had <number> <stuff> in {V.his} pocket. \"<hello>!\" <said> {V}.",
  });
}

void about_good(Teller& t) {
  t.perhaps(0.4, {
                     "the {G} of {V.job} {G.was} always {G.col}.",
                     "\"{G.they} come{G.s} from {G.source},\" <said> {V} <how>.",
                     "everyone knew that such things come from {G.source}.",
                     "\"Such things come from {G.source},\" <said> {V.job} <how>.",
                     "{G.they} {G.was} {G.col}, for {V.job} liked that best.",
                 });
}

void feel_glad(Teller& t) {
  if (t.brief()) return t.say({"{H} was <glad>."});
  t.say({
      "{H} was <very> <glad>.",
      "\"<cheer>!\" <said> {H}, and {he} felt <glad>.",
      "{H} <smile> <how>, for {he} was <glad> and <glad>.",
      "how <glad> {H} was, and how <glad> too!",
      "{H} danced past <past>, {he} was so <glad>.",
      "{H} felt <glad> and <simile>.",
      "{he} <smile>, and {his} heart was <simile>.",
  });
}

void feel_sad(Teller& t) {
  if (t.brief()) return t.say({"{H} was <sad>."});
  t.say({
      "{H} was <very> <sad>.",
      "\"<gasp>,\" <said> {H}, and {he} was <sad>.",
      "{H} felt <sad> and sat down <look>.",
      "a tear ran down {his} nose, for {H} was <sad> and <sad>.",
      "{H} stared at {his} [shoes|hands|toes|knees] and felt <very> <sad>.",
      "\"<gasp>!\" <said> {H} <how>. {he} had never been so <sad>.",
      "{he} kicked a <padj> <carried>, {he} was so <sad>.",
  });
}

void ending(Teller& t, std::string_view moral) {
  const std::string m(moral);
  if (t.brief()) return t.say({"\"" + m + ",\" <said> {his} {R}."});
  t.say({
      "when <ending>, {H} told {his} {R} everything. \"" + m + ",\" {R.he} <said> <how>.",
      "that evening they had <supper>, and <ending>. {H} never forgot that " + m + ".",
      "\"You see,\" <said> {his} {R} over a plate of <supper>, \"" + m + ".\" Outside, <ending>.",
      "then <ending>, and {H} fell asleep and dreamed of <hobby>. Remember: " + m + ".",
      "{his} {R} had made <supper> and <supper>. From that day on {H} knew that " + m + ".",
      "\"What did you learn today?\" <asked> {his} {R} when <ending>. \"That " + m + ",\" <said> {H} <how>.",
      "{his} {R} <smile> and gave {him} <treat>. \"" + m + ",\" {R.he} <said>, and <ending>.",
  });
}

}  // namespace seedling::storyworld
