// Plots about things: one is lost, three change hands, one is behind a locked door, one is broken and hidden.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_lost(Teller& t) {
  opening(t);
  t.pick_good('G', t.chooser().chance(0.6) ? Kind::toy : Kind::clothing);
  t.have('H', 'G');
  t.lose('H', 'G');
  t.say({
      "{H} wanted to {G.use} {his} {G.col} {G}, but {G.they} {G.was} gone.",
      "\"Where {G.is} my {G}?\" cried {H}. {G.they} {G.was} {G.col}, and {he} loved {G.it}.",
      "Yesterday {H} had {G.ac}. Today {he} could not find {G.it}.",
      "{H} had lost {his} {G}, the {G.col} {G} from {his} {R}.",
  });
  feel_sad(t);
  t.say({
      "{he} <search> <look> and <look>. Nothing.",
      "First {he} <search> <look>. There was only <treasure>.",
      "\"Perhaps {G.they} {G.is} <look>,\" said {his} {R}. But no.",
      "{he} <search> <look>, <look> and even <look>.",
  });
  t.pick_wild_place('P');
  t.say({
      "Then {he} remembered: yesterday {he} had been {P.at}.",
      "\"Did you not <plan> {P.at} yesterday?\" asked {his} {R}.",
      "\"Think,\" {he} told {himself}. \"Where did I <plan>? It was {P.at}!\"",
      "A neighbour had seen something {G.col} {P.at}.",
  });
  walk_to(t, 'P');
  weather_again(t);
  if (t.chooser().chance(0.5)) {
    t.pick_animal('A');
    t.say({
        "There sat a <animal_mood> {A}. It {A.sound} and looked at {P.see}.",
        "A {A.col} {A} {A.gait} out from behind {P.see} and {A.sound}.",
        "Something {A.sound}. It was a <animal_mood> {A}, and under its paws lay something {G.col}.",
    });
    t.say({
        "{H} gave it some {A.food}, for that is what every {A} likes best.",
        "\"Are you after {A.food}?\" asked {H} and put some down. The {A} ate them all up.",
        "{H} found some {A.food} for the {A}, and the {A} let {him} come close.",
    });
    t.find('H', 'G');
    t.say({
        "Behind the {A} lay the {G}!",
        "The {A} led {him} to a hole, and in it {G.was} the {G}.",
        "And there, where the {A} had slept, {he} saw the {G}.",
    });
  } else {
    t.find('H', 'G');
    t.say({
        "There, between {P.see} and {P.see}, lay the {G}!",
        "{he} <search> near {P.see} and put {his} hand on the {G}.",
        "Something {G.col} shone beside {P.see}. It was the {G}!",
        "After <number> minutes {he} found the {G} under {P.see}.",
    });
  }
  feel_glad(t);
  ending(t, "<moral_care>");
}

void plot_trade(Teller& t) {
  opening(t);
  t.pick_good_of_anyone('G');
  t.have('H', 'G');
  t.say({
      "{H} had {G.ac}, but {he} did not need {G.it}.",
      "In a drawer {H} found {G.ac} that nobody used.",
      "{his} {R} had given {him} {G.ac}. \"What can I do with {G.this}?\" {he} wondered.",
      "{H} had won {G.ac} at the fair.",
  });
  t.pick_good('K', Kind::toy);
  t.note(Act::want, 'H', 'K');
  t.say({
      "What {he} really wanted was {K.a}.",
      "\"I would rather have {K.a},\" {he} said.",
      "{he} dreamed of {K.ac}.",
      "For weeks {he} had wished for {K.ac}.",
  });
  t.pick_child('F');
  t.have('F', 'K');
  t.say({
      "Near <past> {he} met {F}, who had {K.a}. \"I want {G.a},\" said {F}.",
      "{his} neighbour {F} owned {K.a}, but was tired of {K.it} and asked for {G.a}.",
      "\"I have {K.a},\" said {F} when they met by <past>, \"but I need {G.a}.\"",
      "There was {F} with {K.ac}. \"<gasp>,\" {F.he} sighed, \"if only I had {G.a}!\"",
  });
  if (t.chooser().chance(0.6)) {
    t.say({
        "\"Shall we swap?\" asked {H} <how>. {F} thought about it for <number> minutes.",
        "\"Then let us trade!\" {H} said. \"My {G} for your {K}.\"",
        "{H} held up the {G}. \"Would you give me the {K} for {G.it}?\"",
    });
  } else {
    t.say({
        "{F} wanted the {G} and <treat> besides. {H} said <how>: \"<yes>.\"",
        "\"First you must <chore> for me,\" said {F}. So {H} did that <how>.",
        "\"Let me hear <song> as well,\" {F} demanded, and {H} sang <how>.",
    });
  }
  t.give('H', 'F', 'G');
  t.give('F', 'H', 'K');
  t.say({
      "So {F} got the {G}, and {H} got the {K}.",
      "They shook hands. Now the {G} belonged to {F}, and the {K} belonged to {H}.",
      "{H} gave {F} the {G} and took the {K} <how>.",
      "The {G} went into the bag of {F}, and the {K} went to {H}.",
  });
  t.say({
      "{H} began to {K.use} {K.it} at once, past <past> and <along>.",
      "\"{K.they} {K.is} <nice>,\" said {H}. \"And {G.this}?\" \"<nice> too!\" {F} answered.",
      "All afternoon {H} could {K.use} {K.it}, and {F} could {G.use} {G.it}.",
      "Together they went to <plan>.",
  });
  feel_glad(t);
  ending(t, "<moral_trade>");
}

void plot_locked(Teller& t) {
  opening(t);
  t.pick_wild_place('P');
  t.say({
      "One thing made {him} curious: a little door {P.at}, which was always locked.",
      "{P.at} stood an old chest with an iron lock. Nobody knew what was in it.",
      "{H} had found a <size> trapdoor {P.at}, but it would not open.",
      "Behind {P.see} {P.at} there was a <size> wooden gate, and it was locked.",
  });
  t.say({
      "\"Where can the key be?\" {he} asked {his} {R}. \"Ask those who know locks,\" {R.he} said.",
      "{he} pushed, {he} pulled, {he} knocked <number> times. It stayed shut.",
      "{he} <search> <look> for a key, and <look> as well.",
      "\"It needs a key,\" said {H} <how>.",
  });
  t.pick_grown_up('V');
  t.bind_place_of('Q', 'V');
  walk_to(t, 'Q');
  t.say({
      "{V}, {V.job}, kept a <size> key on a nail. \"I found it near <past>,\" {V.he} said.",
      "\"A key?\" said {V.job}. \"<yes>. It lies <look>, and has lain there for <number> years.\"",
      "\"If you <chore>, I shall give you a key,\" said {V.job} <how>. So {H} did.",
      "{V.job} <search> <look> and came back with a rusty key. \"Try this one,\" said {V}.",
  });
  walk_to(t, 'P');
  weather_again(t);
  t.open_door();
  t.say({
      "The key turned with <night_sound>, and it was open.",
      "{H} put the key into the lock. Click! It opened.",
      "It took <number> tries, then the lock gave way.",
      "With both hands {he} turned the key, and the hinges cried.",
  });
  t.say({
      "Inside lay <treasure> and <treasure>.",
      "{he} looked in and saw <treasure>, covered with dust.",
      "There was no gold. There was <treasure>, and beside it <treasure>.",
      "And what did {he} find? <treasure>!",
  });
  t.perhaps(0.5, {
      "\"Was it worth it?\" asked {his} {R}. \"Yes,\" said {H} <how>.",
      "{he} told {V} about it, and {V} <smile>.",
      "There was also a note: \"For the one who did not give up.\"",
  });
  t.close_door();
  t.say({
      "{he} took nothing but locked it again <how>.",
      "Before {he} left, {he} shut it and hid the key <look>.",
      "Then {he} closed it again, as one should.",
  });
  feel_glad(t);
  ending(t, "<moral_effort>");
}

void plot_confession(Teller& t) {
  opening(t);
  t.pick_grown_up('V');
  t.bind_place_of('P', 'V');
  walk_to(t, 'P');
  t.pick_good_by('G', 'V');
  t.have('V', 'G');
  t.breaks('H', 'G');
  t.say({
      "{V}, {V.job}, was out. {H} only wanted to touch the {G.col} {G}, but dropped {G.it}.",
      "Nobody was there. {H} began to dance between {P.see}, bumped into the {G} of {V.job} and spoiled {G.it}.",
      "{H} played with the {G} of {V}, {V.job}, until {he} had spoiled {G.it}.",
      "On a shelf {G.was} {G.ac}. {H} climbed up, slipped, and the {G} fell into the mud. What would {V.job} say?",
  });
  t.say({
      "Quickly {he} hid the {G} <look>.",
      "{he} pushed the {G} <look> and ran out.",
      "{his} heart beat fast. {he} put the {G} <look> and said nothing.",
      "No one had seen it, so {he} left the {G} <look>.",
  });
  t.perhaps(0.6, {
      "\"Who was here?\" asked {V}. \"<excuse>,\" said {H}.",
      "When {V} came back, {H} said that <excuse>.",
      "\"<excuse>,\" {he} told {V} <how>, and turned red.",
  });
  weather_again(t);
  t.say({
      "But at home {he} could not eat {his} <supper>.",
      "At night {he} lay awake and listened to <night_sound>.",
      "Even <hobby> was no fun any more.",
      "{his} {R} gave {him} <treat>, but it tasted of nothing.",
  });
  feel_sad(t);
  t.say({
      "\"Tell {V} the truth,\" said {his} {R}.",
      "Then {he} made up {his} mind.",
      "\"What is wrong?\" asked {his} {R}, and {H} told {R.him} <how>.",
      "In the end {he} could bear it no longer.",
  });
  t.say({
      "{he} went back to {P}. \"It was me,\" {he} said to {V} <how>. \"I spoiled the {G}.\"",
      "{he} <walk> to {P}. \"<gasp>, {V}, I spoiled your {G} and I am sorry,\" {he} said.",
      "\"I must tell you something,\" {he} said {P.at}, and told {V.job} about the {G}.",
  });
  t.say({
      "{V} looked at {him} for a long time. \"Thank you for telling me,\" {V.he} said, and <smile>.",
      "\"I knew it,\" said {V} <how>. \"I was waiting for you. Now <chore>, and all is well.\"",
      "{V} was not angry. \"A new one can be made from {G.source},\" {V.he} said.",
      "\"<gasp>,\" said {V}, \"but that was brave. Let us <chore> together.\"",
  });
  feel_glad(t);
  ending(t, "<moral_honesty>");
}

}  // namespace seedling::storyworld
