// Scenes that the plots share. See plots.h.
#include <string>

#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void opening(Teller& t) {
  t.pick_season();
  t.pick_time();
  t.pick_child('H');
  t.say({
      "One <day@> {season} {time}, <weather@>. {H} was a <trait> {H.child} who loved <hobby>.",
      "It was a <day@> {time} in {season}, and <weather@>. A <trait> {H.child} called {H} was <hobby> near {H.home}.",
      "Once there was a <trait> {H.child} whose name was {H}. One <day@> {season} {time}, when <weather@>, {he} woke up early.",
      "{H} lived near {H.home} and was fond of <hobby>. It was a <day> {time} in {season}, and <weather@>.",
      "On a <day@> {time} in {season}, while <weather@>, {H} sat by the window and thought about <hobby>.",
      "In Willowmere, near {H.home}, there lived a <trait> {H.child} called {H}. That {season} {time} was <day@>, and <weather@>.",
      "There was nothing {H} liked better than <hobby>. But this {time} was <day@>, for it was {season}, and <weather@>.",
  });
  t.perhaps(0.3, {
      "{H} had a {H.pet} called {H.petname}.",
      "{his} {H.pet}, {H.petname}, was fast asleep.",
      "Beside {him} sat {H.petname} the {H.pet}.",
      "{H.petname}, {his} {H.pet}, was hungry again.",
  });
}

void walk_to(Teller& t, char place) {
  const std::string p(1, place);
  t.go('H', place);
  const std::string a = "So {he} <walk> <along>, past <past>, to {" + p + "}.";
  const std::string b = "{H} <walk> past <past> and past <past> until {he} came to {" + p + "}.";
  const std::string c = "{he} <walk> <along> to {" + p + "}, where {he} saw {" + p + ".see}.";
  const std::string d = "The way to {" + p + "} led past <past> and <along>.";
  const std::string e = "{H} put on {his} [boots|coat|cap|scarf|hat] and <walk> <along> to {" + p + "}.";
  const std::string f = "Soon {H} stood {" + p + ".at}, before {" + p + ".see}.";
  const std::string g = "It was not far to {" + p + "}: past <past>, <along>, and there {he} was.";
  t.say({a, b, c, d, e, f, g});
}

void weather_again(Teller& t) {
  t.perhaps(0.35, {"<mid@>.", "<mid@>, but {H} did not mind.", "<mid@>, and {H} [hummed|whistled|sang] a tune.",
                   "<mid@>. {H} felt <simile>."});
}

void meet(Teller& t) {
  t.say({
      "{V.job} was busy with {P.see}. \"<hello>, {V},\" said {H} <how>.",
      "There stood {V.job}, whose name was {V}, beside {P.see}.",
      "{V.job}, {V}, looked up from {P.see} and <smile>.",
      "\"<hello>, {H},\" said {V.job} <how>. \"What brings you here?\"",
      "{V}, {V.job}, came out to meet {him}. \"<hello>!\" {V.he} called.",
      "\"Come in,\" said {V.job}. {V} was always <trait> with visitors.",
  });
}

void about_good(Teller& t) {
  t.perhaps(0.45, {
      "The {G} of {V.job} {G.was} always {G.col}.",
      "\"{G.this} {G.is} made from {G.source},\" {V} explained.",
      "Everyone knew that {V.job} used {G.source} for the {G}.",
      "\"{G.they} come{G.s} from {G.source},\" said {V.job} <how>.",
      "The {G} {G.was} {G.col}, as {V.job} liked {G.it} best.",
  });
}

void feel_glad(Teller& t) {
  t.say({
      "{H} was <glad>.",
      "\"<cheer>!\" cried {H}, and {he} felt <glad>.",
      "{H} <smile> <how>, for {he} was <glad>.",
      "How <glad> {H} was!",
      "{H} danced all the way to <past>, {he} was so <glad>.",
      "{H} felt <glad> and <simile>.",
  });
}

void feel_sad(Teller& t) {
  t.say({
      "{H} was <sad>.",
      "\"<gasp>,\" sighed {H}, and {he} was <sad>.",
      "{H} felt <sad> and sat down <look>.",
      "A tear ran down {his} nose, for {H} was <sad>.",
      "{H} stared at {his} [shoes|hands|toes|knees] and felt <sad>.",
      "\"<gasp>!\" said {H}. {he} had never been so <sad>.",
  });
}

void ending(Teller& t, std::string_view moral) {
  const std::string m(moral);
  t.say({
      "When <ending>, {H} told {his} {R} everything. \"" + m + ",\" said {R.he} <how>.",
      "That evening they had <supper>, and <ending>. {H} never forgot that " + m + ".",
      "\"You see,\" said {his} {R} over a plate of <supper>, \"" + m + ".\" Outside, <ending>.",
      "Then <ending>, and {H} fell asleep and dreamed of <hobby>. Remember: " + m + ".",
      "{H} went home, where {his} {R} had made <supper>. From that day on {he} knew that " + m + ".",
      "\"What did you learn today?\" asked {his} {R} when <ending>. \"That " + m + ",\" said {H}.",
      "{his} {R} <smile> and gave {him} <treat>. \"" + m + ",\" {R.he} said, and <ending>.",
  });
}

}  // namespace seedling::storyworld
