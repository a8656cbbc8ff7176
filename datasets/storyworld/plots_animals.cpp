// Plots about living things: an animal in need, a noise in the night, a seed that will not hurry. See plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_animal(Teller& t) {
  opening(t);
  t.pick_wild_place('P');
  walk_to(t, 'P');
  weather_again(t);
  t.pick_animal('A');
  t.say({
      "Beside {P.see} sat a <animal_mood> {A}.",
      "Something {A.sound} behind {P.see}. It was a <animal_mood> {A.col} {A}.",
      "A <animal_mood> {A} {A.gait} out from {P.see} and {A.sound}.",
      "\"<gasp>!\" said {H}, for there lay a <animal_mood> {A}.",
  });
  t.say({
      "It {A.sound} and had not eaten for <number> days.",
      "\"Are you hungry?\" {he} asked <how>. The {A} {A.sound}.",
      "The {A} {A.sound} so sadly that {H} knelt down beside it.",
      "{he} saw at once that it was hungry.",
  });
  if (t.chooser().chance(0.5)) {
    t.say({
        "{H} offered it <treat>, but the {A} turned away.",
        "First {he} tried <treat>. The {A} sniffed and shook its head.",
        "It did not want <treat>, and it did not want <supper>.",
    });
    t.pick_grown_up('V');
    t.say({
        "\"What does a {A} eat?\" {he} asked {V.job}. \"It eats {A.food},\" said {V}.",
        "{V}, {V.job}, came by. \"You must give it {A.food},\" {V.he} said <how>.",
        "{he} ran to {V.job}. \"A {A} lives {A.home} and eats {A.food},\" {V} explained.",
    });
  } else {
    t.say({
        "{H} knew that a {A} eats {A.food}.",
        "\"A {A} likes {A.food},\" {he} remembered.",
        "In a book {he} had read that {A.food} are what a {A} wants most.",
        "{his} {R} had once told {him}: a {A} eats {A.food}.",
    });
  }
  t.say({
      "So {he} <search> <along> until {his} pockets were full of {A.food}.",
      "{he} <walk> <along>, past <past>, and came back with {A.food}.",
      "Near <past> {he} found enough {A.food} to fill {his} cap.",
      "It was not easy to find {A.food}, but <along> there were some.",
  });
  t.note(Act::eat, 'H');
  t.say({
      "The {A} ate everything and {A.sound} happily.",
      "How it ate! Then it put its head on {his} knee.",
      "It took the {A.food} out of {his} hand, {A.sound} and licked {his} fingers.",
      "The {A} ate, {A.sound}, and ate again.",
  });
  t.say({
      "Then it {A.gait} home, for a {A} lives {A.home}.",
      "{H} brought it home, and in the evening it slept {A.home}.",
      "From then on it waited for {him} by <past> every evening.",
      "\"Where do you live?\" {he} asked. It {A.gait} away, and {he} saw that it lived {A.home}.",
  });
  if (t.chooser().chance(0.4)) {
    t.say({
        "Some days later {H} lost the way. Who came to help? The {A}!",
        "A week later <mishap>, and it was the {A} that came running and {A.sound}.",
        "Next morning <treasure> lay at {his} door. Had the {A} brought it?",
    });
  }
  feel_glad(t);
  ending(t, "<moral_kindness>");
}

void plot_night(Teller& t) {
  opening(t);
  t.say({
      "In the middle of the night {H} heard <night_sound>.",
      "{he} went to bed early, but <night_sound> woke {him} up.",
      "That night, when everybody slept, there was <night_sound> outside.",
      "At <number> o'clock at night came <night_sound>.",
  });
  t.say({
      "Was it <night_thing>? {H} was <afraid>.",
      "\"It must be <night_thing>,\" {he} thought, and was <afraid>.",
      "{he} pulled the blanket over {his} head and thought of <night_thing> and <night_thing>.",
      "{his} {R} snored. {H} was all alone and <afraid>.",
  });
  t.pick_good('G', Kind::tool);
  t.have('H', 'G');
  t.say({
      "Then {he} took a candle and {G.ac} and went to the door <how>.",
      "But {he} wanted to know. With {G.ac} in {his} hand {he} crept downstairs.",
      "\"I am brave,\" {he} whispered, took {G.ac}, and opened the door.",
      "There {G.was} {G.ac} in the hall. {he} took {G.it} and tiptoed out.",
  });
  weather_again(t);
  t.say({
      "Again there was <night_sound>, this time close by.",
      "There it was again: <night_sound>!",
      "{his} knees trembled, but {he} went on, one step, <number> steps.",
      "Two eyes shone in the dark, near <past>.",
      "A shadow moved by <past>, as <size> as a house.",
  });
  t.pick_animal('A');
  t.say({
      "And what was it? It was only a <animal_mood> {A}, which {A.sound}.",
      "Then something {A.sound}. It was a {A}!",
      "{he} lifted the candle, and there stood a {A.col} {A} and {A.sound}.",
      "Out of the dark {A.gait} a <animal_mood> {A}.",
  });
  t.say({
      "It was looking for {A.food}.",
      "It wanted nothing but {A.food}.",
      "It lived {A.home} and had lost its way.",
      "\"You should sleep {A.home},\" said {H} <how>, \"and not wake people.\"",
      "\"You only want {A.food}!\" laughed {H}.",
  });
  t.say({
      "{H} laughed until {his} {R} woke up.",
      "{he} stroked it <how>, and it followed {him} to the door.",
      "\"So it was you!\" {he} said and <smile>.",
      "{his} {R} came with a lamp. \"<gasp>, who is that?\" {R.he} asked.",
      "They sat together until the morning.",
  });
  feel_glad(t);
  ending(t, "<moral_courage>");
}

void plot_seed(Teller& t) {
  opening(t);
  t.pick_grown_up('V');
  t.say({
      "{V}, {V.job}, gave {H} a <crop> seed.",
      "{H} got a <size> seed from {V.job}. \"It is a <crop>,\" {V} said.",
      "In an old pocket {he} found a seed. \"A <crop>!\" said {V.job}, who was called {V}.",
      "{H} bought a <crop> seed from {V.job} for <number> coins.",
  });
  t.say({
      "{he} put it into the earth near <past> and watered it <how>.",
      "{he} planted it in a pot and put the pot <look>.",
      "{he} made a hole beside <past> and covered the seed <how>.",
  });
  t.say({
      "After <number> minutes {he} looked. Nothing had happened.",
      "The next day {he} ran out at once. There was nothing to see.",
      "\"Grow!\" {he} told it. It did not grow.",
      "{he} sang <song> for it. It did not help.",
  });
  feel_sad(t);
  t.say({
      "\"How long must I wait?\" {he} asked. \"Perhaps <number> weeks,\" said {V}.",
      "\"You must not dig it up,\" said {his} {R} <how>. \"Come, let us <plan>.\"",
      "{V} <smile>. \"Water it, and go on with <hobby>,\" {V.he} said.",
      "\"Even the crooked oak was small once,\" {his} {R} said.",
  });
  t.say({
      "So {he} waited. {he} went to <plan>, and {he} watered it every evening.",
      "Days went by. <mid@>. {H} gave it water and was patient.",
      "{he} helped to <chore> and to <chore>, and almost forgot it.",
      "Once <mishap>, and once a snail came by, but the seed stayed safe.",
  });
  weather_again(t);
  t.say({
      "Then, after <number> weeks, there was a <size> green leaf!",
      "One morning a green tip looked out of the earth.",
      "At last it grew and grew, until it was taller than {he} was.",
      "And one day it stood there, green and <nice>.",
  });
  if (t.chooser().chance(0.5)) {
    t.pick_animal('A');
    t.say({
        "A <animal_mood> {A} wanted to nibble at it, but {H} gave it {A.food} instead.",
        "Even the {A} came to look and {A.sound}.",
        "{H} built a fence around it, for a {A} lived {A.home} close by.",
    });
  }
  feel_glad(t);
  ending(t, "<moral_patience>");
}

}  // namespace seedling::storyworld
