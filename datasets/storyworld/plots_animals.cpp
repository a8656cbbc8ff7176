// Plots about living things: an animal in need, a noise in the night, a seed that will not hurry. See
// plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_animal(Teller& t) {
  opening(t);
  t.pick_wild_place('P');
  walk_to(t, 'P');
  aside(t);
  t.pick_animal('A');
  t.say({
      "beside {P.see} sat a <animal_mood>, <animal_mood> {A}.",
      "something {A.sound} <cry> behind {P.see}. It was a <animal_mood> {A.col} {A}.",
      "a <animal_mood> {A} {A.gait} out from behind {P.see} and {A.sound} <cry>.",
      "\"<gasp>!\" <said> {H}, for there lay a <animal_mood> {A}.",
  });
  t.say({
      "it {A.sound} <cry> and had not eaten for <number> days.",
      "\"Are you hungry?\" {he} asked <how>. The {A} {A.sound}.",
      "the {A} {A.sound} so <how> that {H} knelt down beside it.",
      "\"You look <animal_mood> and <animal_mood>,\" {he} <said> <how>.",
  });
  if (t.chooser().chance(0.5)) {
    t.say({
        "{H} offered it <treat>, but the {A} turned away <how>.",
        "{he} tried <treat>. The {A} sniffed <how> and shook its head.",
        "it did not want <treat>, and it did not want <supper>.",
    });
    t.pick_grown_up('V');
    t.say({
        "\"What does a {A} eat?\" {he} asked {V.job} <how>. \"It eats {A.food},\" <said> {V}.",
        "{V}, {V.job}, came by with a <carried>. \"You must give it {A.food},\" {V.he} <said> <how>.",
        "{he} <walk> to {V.job}. \"A {A} lives {A.home} and eats {A.food},\" {V} <said> <how>.",
    });
  } else {
    t.say({
        "{H} knew that a {A} eats {A.food}.",
        "\"A {A} likes {A.food},\" {he} remembered <how>.",
        "in a <padj> book {he} had read that a {A} wants nothing but {A.food}.",
        "{his} {R} had once told {him} <how>: a {A} eats {A.food}.",
    });
  }
  t.say({
      "{he} <search> <along> until {his} <wear> was full of {A.food}.",
      "{he} <walk> <along>, past <past>, and came back with {A.food}.",
      "near <past> {he} found enough {A.food} to fill a <padj> <carried>.",
      "it was not easy to find {A.food}, but near <past> {he} found plenty.",
  });
  t.note(Act::eat, 'H');
  t.say({
      "the {A} ate everything <how> and {A.sound}.",
      "how it ate! Then it put its head on {his} <colour> <wear>.",
      "it took the {A.food} out of {his} hand and {A.sound} <cry>.",
      "the {A} ate <how>, {A.sound} <cry>, and ate again.",
  });
  t.say({
      "then it {A.gait} home <how>, for a {A} lives {A.home}.",
      "{H} brought it home <along>, and it slept {A.home}.",
      "from then on it waited for {him} by <past> every [evening|morning|Sunday|day].",
      "\"Where do you live?\" {he} asked <how>. It {A.gait} away: it lived {A.home}.",
  });
  if (t.chooser().chance(0.4)) {
    t.say({
        "<number> days later {H} lost the way. Who came to help? The {A}!",
        "<number> weeks later <mishap>, and the {A} came running and {A.sound}.",
        "next morning <treasure> lay <look>. Had the {A} brought it?",
    });
  }
  feel_glad(t);
  ending(t, "<moral_kindness>");
}

void plot_night(Teller& t) {
  opening(t);
  t.say({
      "in the middle of the night {H} heard <night_sound>.",
      "{he} went to bed <how>, but <night_sound> woke {him} up.",
      "that night, when everybody slept <how>, there was <night_sound> <look>.",
      "at <number> o'clock at night came <night_sound> and <night_sound>.",
  });
  t.say({
      "was it <night_thing>? {H} was <very> <afraid>.",
      "\"It must be <night_thing>,\" {he} thought, and was <afraid> and <afraid>.",
      "{he} pulled the <padj> blanket over {his} head and thought of <night_thing>.",
      "{his} {R} snored <how>. {H} was all alone and <afraid>.",
  });
  t.pick_good('G', Kind::tool);
  t.have('H', 'G');
  t.say({
      "{he} took a <padj> candle and {G.ac} and went to the door <how>.",
      "but {he} wanted to know. With {G.ac} in {his} hand {he} <walk> downstairs.",
      "\"I am not <afraid>,\" {he} <said>, took {G.ac}, and opened the <padj> door.",
      "there {G.was} {G.ac} <look>. {he} took {G.it} and <walk> out <how>.",
  });
  aside(t);
  t.say({
      "again there was <night_sound>, <number> steps away.",
      "there it was again: <night_sound>, then <night_sound>!",
      "{his} knees trembled, but {he} went on, one step, <number> steps.",
      "two <colour> eyes shone in the dark, near <past>.",
      "a <size> shadow moved by <past>.",
  });
  t.pick_animal('A');
  t.say({
      "and what was it? It was only a <animal_mood> {A}, which {A.sound} <cry>.",
      "then something {A.sound} <cry>. It was a <animal_mood> {A}!",
      "{he} lifted the lamp <how>, and there stood a {A.col} {A}, which {A.sound} <cry>.",
      "out of the dark {A.gait} a <animal_mood>, <animal_mood> {A}.",
  });
  t.say({
      "it was looking <how> for {A.food}.",
      "it was <animal_mood> and wanted nothing but {A.food}.",
      "it lived {A.home} and had lost its way near <past>.",
      "\"You should sleep {A.home},\" <said> {H} <how>, \"and not wake people.\"",
      "\"You only want {A.food}!\" <said> {H} <how>.",
  });
  t.say({
      "{H} <smile> until {his} {R} woke up.",
      "{he} stroked it <how>, and it followed {him} <along>.",
      "\"So it was you and not <night_thing>!\" <said> {H}.",
      "{his} {R} came with a <padj> lamp. \"<gasp>, who is that?\" {R.he} asked <how>.",
      "they sat together <how> and ate <treat>.",
  });
  feel_glad(t);
  ending(t, "<moral_courage>");
}

void plot_seed(Teller& t) {
  opening(t);
  t.note(Act::want, 'H');
  t.pick_grown_up('V');
  t.say({
      "{V}, {V.job}, gave {H} a <size> <crop> seed.",
      "{H} got a <size> seed from {V.job}. \"It is a <crop>,\" {V} <said> <how>.",
      "{he} <search> <look> and found a seed. \"A <crop>!\" <said> {V.job}, who was called {V}.",
      "{H} bought a <crop> seed from {V}, {V.job}, for <number> coins.",
  });
  t.say({
      "{he} put it into the earth near <past> and watered it <how>.",
      "{he} planted it in a <padj> pot and put the pot <look>.",
      "{he} made a <size> hole beside <past> and covered the seed <how>.",
  });
  t.say({
      "after <number> minutes {he} looked <how>. Nothing had happened.",
      "the next day {he} <walk> out <how>. There was nothing to see.",
      "\"Grow!\" {he} <said> <how>. It did not grow.",
      "{he} sang <song> for it. It did not help.",
  });
  feel_sad(t);
  t.say({
      "\"How long must I wait?\" {he} asked <how>. \"Perhaps <number> weeks,\" <said> {V}.",
      "\"You must not dig it up,\" <said> {his} {R} <how>. \"Come, let us <plan>.\"",
      "{V} <smile>. \"Water it, and go on with <hobby>,\" {V.he} <said> <how>.",
      "\"Even the <padj> oak was small once,\" {his} {R} <said> <how>.",
  });
  t.say({
      "so {he} waited. {he} went to <plan>, and {he} watered it every [evening|morning|day|night].",
      "days went by. <mid@>. {H} gave it water and was <trait>.",
      "{he} helped to <chore> and to <chore>, and almost forgot it.",
      "once <mishap>, and once <number> <bird> came by, but the seed stayed safe.",
  });
  aside(t);
  t.say({
      "then, after <number> weeks, there was a <size> green leaf!",
      "one <day@> morning a green tip looked out of the <nadj> earth.",
      "at last it grew and grew, until it was taller than <past>.",
      "and one day it stood there, green and <nice>.",
  });
  if (t.chooser().chance(0.4)) {
    t.pick_animal('A');
    t.say({
        "a <animal_mood> {A} wanted to nibble at it, but {H} gave it {A.food} instead.",
        "even the <animal_mood> {A} came to look and {A.sound} <cry>.",
        "{H} built a <padj> fence around it, for a {A} lived {A.home} close by.",
    });
  }
  feel_glad(t);
  ending(t, "<moral_patience>");
}

}  // namespace seedling::storyworld
