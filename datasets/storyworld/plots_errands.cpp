// Plots about work and goods: an errand, a repair, a helping hand, a present. See plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {
namespace {

/// On the way: a small mishap, or nothing.
void mishap(Teller& t) {
  t.perhaps(0.35, {"On the way <mishap>.", "Halfway there <mishap>, but {he} only <smile>.",
                   "Near <past> <mishap>.", "Then <mishap>. \"<gasp>,\" said {H}, and went on <how>."});
}

}  // namespace

void plot_errand(Teller& t) {
  opening(t);
  t.pick_relative('R');
  t.pick_good_of_anyone('G');
  t.note(Act::want, 'R', 'G');
  t.say({
      "{his} {R} came out of the kitchen. \"{H}, please bring me {G.a},\" {R.he} said.",
      "{his} {R} called {him} in. \"I need {G.a} today,\" {R.he} said <how>.",
      "\"Will you run an errand for me?\" asked {his} {R}. \"I would like {G.ac}.\"",
      "{his} {R} gave {him} <number> coins and asked for {G.a}.",
      "\"{H},\" said {his} {R} <how>, \"fetch me {G.a}, and do not <plan> on the way.\"",
  });
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.have('V', 'G');
  walk_to(t, 'P');
  mishap(t);
  weather_again(t);
  meet(t);
  t.say({
      "\"May I have {G.ac}, please?\" asked {H}.",
      "\"My {R} wants {G.a},\" {H} said <how>.",
      "{H} put <number> coins on the table and asked for {G.a}.",
      "{H} pointed at the {G.col} {G}. \"How much {G.is} {G.this}?\" {he} asked.",
  });
  about_good(t);
  t.give('V', 'H', 'G');
  t.say({
      "\"<yes>,\" said {V}, and gave {H} {G.ac}.",
      "{V} wrapped the {G} in paper and added <treat> for the way.",
      "\"<yes>! Tell your {R} to come and see me,\" said {V.job}, and handed over the {G}.",
      "{V} picked out {G.ac}. \"<number> coins,\" {V.he} said.",
  });
  if (t.chooser().chance(0.5)) {
    t.say({
        "On the way back some children wanted to <plan>, but {H} shook {his} head.",
        "\"Come and <plan> with us!\" the others shouted. {H} thought of {his} {R} and walked on.",
        "By <past> {he} longed to <plan>, yet {he} held the {G} <how> and went on.",
        "It would have been fun to <plan>. \"Not now,\" {H} told {himself} <how>.",
    });
  } else {
    t.say({
        "Then {he} <walk> home <along>.",
        "{H} carried the {G} home, past <past>.",
        "The way home led <along>, and {H} held the {G} tight.",
        "{H} thanked {V.job} and <walk> home, <simile>.",
    });
  }
  t.give('H', 'R', 'G');
  t.say({
      "{his} {R} took the {G} and kissed {him} on the nose.",
      "\"What <nice> {G}!\" said {his} {R}, and gave {him} <treat>.",
      "At home {he} gave the {G} to {his} {R}, who <smile> <how>.",
      "\"That was quick,\" {his} {R} said when {he} held out the {G}.",
  });
  feel_glad(t);
  ending(t, "<moral_help>");
}

void plot_repair(Teller& t) {
  opening(t);
  t.pick_good('G', Kind::toy);
  t.have('H', 'G');
  t.breaks('H', 'G');
  t.say({
      "{H} owned {G.ac}, but today the {G} {G.was} broken.",
      "Crash! {his} {G.col} {G} fell down the stairs and broke.",
      "{H} tripped over {his} own feet and dropped {his} {G.col} {G}. Now {G.they} {G.was} broken.",
      "{his} {G.col} {G} had been a present from {his} {R}. But a dog got hold of the {G} and broke {G.it}.",
  });
  feel_sad(t);
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.say({
      "\"Do not cry,\" said {his} {R}. \"{V.job} makes such things. Go to {P}.\"",
      "Who could help? {V}, {V.job}, knew all about such things, and worked {P.at}.",
      "\"<gasp>,\" {his} {R} said <how>. \"Take the {G} to {V}, {V.job}.\"",
      "Then {he} thought of {V.job}, who worked {P.at}.",
  });
  walk_to(t, 'P');
  mishap(t);
  weather_again(t);
  meet(t);
  t.say({
      "{H} showed {V.him} the {G}. \"Can you help?\" {he} asked <how>.",
      "\"Look,\" said {H}, and held out the broken {G}.",
      "{H} put the {G} down beside {P.see} and told {V} what had happened.",
      "\"My {G} {G.is} broken,\" {H} said <how>.",
  });
  t.mend('V', 'G');
  t.say({
      "{V} took some {G.source} and worked for <number> minutes. Then the {G} {G.was} as good as new.",
      "\"<yes>,\" said {V}, and began at once. Soon {H} could {G.use} {G.it} again.",
      "{V.job} [hummed|whistled|muttered] and worked until the {G} {G.was} whole again.",
      "\"Nothing easier,\" said {V} <how>. Before <number> minutes had passed, the {G} {G.was} mended.",
  });
  about_good(t);
  t.say({
      "\"What do I owe you?\" asked {H}. \"Just <chore> for me,\" said {V}.",
      "\"Pay me with <song>,\" said {V.job}, and {H} sang <how>.",
      "{H} gave {V} <number> coins and <treat>.",
      "\"No coins,\" said {V}. \"You may come and <chore> next week.\"",
  });
  feel_glad(t);
  ending(t, "<moral_care>");
}

void plot_helper(Teller& t) {
  opening(t);
  t.pick_grown_up('V');
  t.bind_place_of('P', 'V');
  walk_to(t, 'P');
  weather_again(t);
  meet(t);
  t.say({
      "But {V} looked <tired>. \"I still have to <chore>, and my back hurts,\" {V.he} said.",
      "\"Today I cannot <plan> with you,\" sighed {V}. \"First I must <chore>.\"",
      "\"So much work!\" said {V.job}. \"I must <chore> and <chore> before evening.\"",
      "{V} wiped {V.his} forehead. \"Who will <chore> for me?\" {V.he} asked.",
  });
  t.say({
      "\"Let me do it,\" said {H} <how>.",
      "{H} had wanted to <plan>, but {he} rolled up {his} sleeves.",
      "\"I am small, but I can <chore>,\" {H} answered.",
      "{H} did not wait to be asked. {he} fetched a [bucket|broom|brush|cloth|ladder|barrow] and began.",
  });
  t.say({
      "They worked side by side and sang <song>. It took <number> hours.",
      "It was harder than <hobby>, and {his} arms grew tired, but {he} did not stop.",
      "While {he} worked, {V} told {him} about <treasure> that a sailor had once brought home.",
      "Once <mishap>, yet before long all of it was done.",
      "{he} worked <how> among {P.see}, and {V} worked <how> beside {him}.",
  });
  t.pick_good_by('G', 'V');
  t.have('V', 'G');
  t.give('V', 'H', 'G');
  t.say({
      "\"You have earned this,\" said {V}, and gave {H} {G.ac}.",
      "When everything was done, {V.job} went to a cupboard and brought out {G.ac} for {him}.",
      "\"Take {G.ac},\" said {V}. \"{G.they} {G.is} the best I have.\"",
      "For {his} trouble {H} got {G.ac} and <treat>.",
  });
  about_good(t);
  feel_glad(t);
  ending(t, "<moral_help>");
}

void plot_gift(Teller& t) {
  opening(t);
  t.pick_child('F');
  t.pick_good('G', Kind::gift);
  t.say({
      "Tomorrow was the birthday of {his} friend {F}, who had always wanted {G.a}.",
      "\"What shall I give {F} for {F.his} birthday?\" {H} wondered. Then {he} thought of {G.ac}.",
      "{H} had a friend called {F}. \"If only I had {G.a}!\" {F} had said last week.",
      "{his} best friend {F} was ill in bed and dreamed of {G.ac}.",
  });
  t.note(Act::want, 'F', 'G');
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.have('V', 'G');
  walk_to(t, 'P');
  weather_again(t);
  meet(t);
  t.say({
      "\"{G.ac} costs <number> coins,\" said {V}. {H} had only two.",
      "{H} counted {his} coins. There were not enough for {G.a}.",
      "\"I would like {G.a} for {F},\" said {H}, \"but I have no money.\"",
      "{H} turned out {his} pockets and found a button, a string and one coin.",
  });
  about_good(t);
  t.say({
      "\"Then <chore> for me,\" said {V}, and {H} did so <how>.",
      "\"Never mind,\" said {V.job}. \"If you <chore>, the {G} {G.is} yours.\" It took <number> hours.",
      "So {he} stayed to <chore> and to <chore>, until {V} <smile>.",
      "\"Sing me <song> and <chore>,\" {V} said <how>. {H} did both.",
  });
  t.give('V', 'H', 'G');
  t.give('H', 'F', 'G');
  t.say({
      "In the evening {F} opened the parcel, and there {G.was} the {G}. \"<cheer>!\" cried {F}.",
      "{H} hid the {G} <look> of {F.his} room, and {F} found {G.it} at once.",
      "\"For you,\" said {H}. {F} held the {G} and <smile>. \"{G.they} {G.is} <nice>!\"",
      "When {F} saw the {G}, {F.he} laughed and hugged {H}.",
  });
  feel_glad(t);
  ending(t, "<moral_kindness>");
}

}  // namespace seedling::storyworld
