// Plots about work and goods: an errand, a repair, a helping hand, a present. See plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {
namespace {

/// On the way: a small mishap, or nothing.
void mishap(Teller& t) {
  t.perhaps(0.35, {"on the way <mishap>.", "halfway there <mishap>, but {he} only <smile>.",
                   "near <past> <mishap>.", "then <mishap>. \"<gasp>,\" <said> {H}, and went on <how>."});
}

}  // namespace

void plot_errand(Teller& t) {
  opening(t);
  t.pick_relative('R');
  t.pick_good_of_anyone('G');
  t.note(Act::want, 'R', 'G');
  t.say({
      "{his} {R} came out of the <padj> kitchen. \"{H}, bring me {G.a}, please,\" {R.he} <said>.",
      "{his} {R} called {him} in <how>. \"I need {G.a} [today|tonight|now|soon],\" {R.he} <said>.",
      "\"Will you run an errand for me?\" <asked> {his} {R}. \"I would like {G.ac}.\"",
      "{his} {R} gave {him} <number> coins and <treat> and asked for {G.a}.",
      "\"{H},\" <said> {his} {R} <how>, \"fetch me {G.a}, and do not <plan> on the way.\"",
  });
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.have('V', 'G');
  walk_to(t, 'P');
  mishap(t);
  aside(t);
  meet(t);
  t.say({
      "\"May I have {G.ac}, please?\" {H} asked <how>.",
      "\"My {R} wants {G.a},\" {H} <said> <how>.",
      "{H} put <number> coins on the <padj> table and asked <how> for {G.a}.",
      "{H} pointed at the {G.col} {G}. \"How much {G.is} {G.this}?\" {he} asked <how>.",
  });
  about_good(t);
  t.give('V', 'H', 'G');
  t.say({
      "\"<yes>,\" <said> {V}, and gave {H} {G.ac}.",
      "{V} wrapped the {G} in <colour> paper and added <treat>.",
      "\"<yes>! Greet your {R} from me,\" <said> {V.job}, and handed over the {G} <how>.",
      "{V} picked out {G.ac}. \"<number> coins,\" {V.he} <said> <how>.",
  });
  if (t.chooser().chance(0.5)) {
    t.say({
        "on the way back a <trait> boy wanted to <plan>, but {H} shook {his} head <how>.",
        "\"Come and <plan> with us!\" <said> <number> <trait> children. {H} thought of {his} {R} and <walk> "
        "on.",
        "by <past> {he} longed to <plan>, yet {he} held the {G} tight and <walk> on.",
        "it would have been fun to <plan> or to <plan>. \"Not now,\" {H} told {himself} <how>.",
    });
  } else {
    t.say({
        "{he} <walk> home <along>, past <past>.",
        "{H} carried the {G} <how>, past <past>.",
        "the way home led <along>, and {H} held the {G} <how>.",
        "{H} thanked {V.job} and <walk> home, <simile>.",
    });
  }
  t.give('H', 'R', 'G');
  t.say({
      "{his} {R} took the {G} and kissed {him} <how>.",
      "\"What {G.ac}!\" <said> {his} {R}, and gave {him} <treat>.",
      "{he} gave the {G} to {his} {R}, who <smile> <how>.",
      "\"That was quick,\" {his} {R} <said> <how> when {he} held out the {G}.",
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
      "{H} owned {G.ac}, but {G.they} fell down the <padj> stairs and broke.",
      "crash! {his} {G.col} {G} fell <along> and broke.",
      "{H} <walk> <along>, tripped and dropped {his} {G.col} {G}. Now {G.they} {G.was} broken.",
      "{his} {G.col} {G} had been a present from {his} {R}. But a <trait> <passer> sat down on {G.it}. "
      "Crack!",
  });
  feel_sad(t);
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.say({
      "\"Do not cry,\" <said> {his} {R} <how>. \"{V.job} makes such things. Go to {P}.\"",
      "who could help? {V}, {V.job}, knew all about such things, and worked {P.at}.",
      "\"<gasp>,\" {his} {R} <said> <how>. \"Take the {G} to {V}, {V.job}.\"",
      "{he} thought <how> of {V.job}, who worked {P.at}.",
  });
  walk_to(t, 'P');
  mishap(t);
  aside(t);
  meet(t);
  t.say({
      "{H} showed {V} the {G}. \"Can you help?\" {he} asked <how>.",
      "\"Look,\" <said> {H} <how>, and held out the broken {G}.",
      "{H} put the {G} down beside {P.see} and told {V} <how> what had happened.",
      "\"My {G} {G.is} broken,\" {H} <said> <how>.",
  });
  t.mend('V', 'G');
  t.say({
      "{V} took some {G.source} and worked <how> for <number> minutes. Then the {G} {G.was} as good as new.",
      "\"<yes>,\" <said> {V}, and began <how>. After <number> hours {H} could {G.use} {G.it} again.",
      "{V.job} sang <song> and worked <how> until the {G} {G.was} whole again.",
      "\"Nothing easier,\" <said> {V} <how>. Before <number> minutes had passed, the {G} {G.was} mended.",
  });
  about_good(t);
  t.say({
      "\"What do I owe you?\" {H} asked <how>. \"Just <chore> for me,\" <said> {V}.",
      "\"Pay me with <song>,\" <said> {V.job}, and {H} sang <how>.",
      "{H} gave {V} <number> coins and <treat>.",
      "\"No coins,\" <said> {V} <how>. \"You may come and <chore> and <chore>.\"",
  });
  feel_glad(t);
  ending(t, "<moral_care>");
}

void plot_helper(Teller& t) {
  opening(t);
  t.pick_grown_up('V');
  t.bind_place_of('P', 'V');
  walk_to(t, 'P');
  aside(t);
  meet(t);
  t.say({
      "but {V} looked <tired>. \"I must <chore>, and my [back|foot|head|arm|knee] hurts,\" {V.he} <said>.",
      "\"I cannot <plan> with you,\" {V} <said> <how>. \"First I must <chore>.\"",
      "\"So much work!\" <said> {V.job}. \"I must <chore> and <chore> before evening.\"",
      "{V} wiped {V.his} forehead with a <colour> cloth. \"Who will <chore> for me?\" {V.he} asked.",
  });
  t.say({
      "\"Let me do it,\" <said> {H} <how>.",
      "{H} had wanted to <plan>, but {he} rolled up {his} <colour> sleeves.",
      "\"I am <trait> and <trait>, and I can <chore>,\" {H} <said>.",
      "{H} did not wait to be asked. {he} fetched a <padj> <carried> and began.",
  });
  t.say({
      "they worked <how> and sang <song>. It took <number> hours.",
      "it was harder than <hobby>, and {his} arms grew <tired>, but {he} did not stop.",
      "while {he} worked, {V} told {him} about <treasure> and <treasure>.",
      "once <mishap>, and once <mishap>, yet before long all of it was done.",
      "{he} worked <how> beside {P.see}, and {V} worked <how> beside {P.see}.",
  });
  t.pick_good_by('G', 'V');
  t.have('V', 'G');
  t.give('V', 'H', 'G');
  t.say({
      "\"You have earned this,\" {V} <said> <how>, and gave {H} {G.ac}.",
      "when everything was done, {V.job} went to a <padj> cupboard and brought out {G.ac} for {him}.",
      "\"Take {G.ac},\" <said> {V} <how>. \"There is nothing better in Willowmere.\"",
      "for {his} trouble {H} got {G.ac} and <treat>.",
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
      "tomorrow was the birthday of {his} <trait> friend {F}, who had always wanted {G.a}.",
      "\"What shall I give {F} for {F.his} birthday?\" {H} wondered <how>. Then {he} thought of {G.ac}.",
      "{H} had a <trait> friend called {F}. \"If only I had {G.a}!\" {F} had <said> last week.",
      "{his} <trait> friend {F} was ill in bed and dreamed of {G.ac}.",
  });
  t.note(Act::want, 'F', 'G');
  t.bind_maker('V', 'G');
  t.bind_place_of('P', 'V');
  t.have('V', 'G');
  walk_to(t, 'P');
  aside(t);
  meet(t);
  t.say({
      "\"{G.ac} costs <number> coins,\" {V} <said> <how>. {H} had only one.",
      "{H} counted {his} coins <how>. There were not enough for {G.a}.",
      "\"I would like {G.a} for {F},\" {H} <said> <how>, \"but I have no money.\"",
      "{H} turned out {his} pockets and found <number> <stuff>, a <padj> whistle and one coin.",
  });
  about_good(t);
  t.say({
      "\"Then <chore> for me,\" <said> {V}, and {H} did so <how>.",
      "\"Never mind,\" <said> {V.job}. \"If you <chore>, the {G} {G.is} yours.\" It took <number> hours.",
      "so {he} stayed to <chore> and to <chore>, until {V} <smile>.",
      "\"Sing me <song> and <chore>,\" {V} <said> <how>. {H} did both.",
  });
  t.give('V', 'H', 'G');
  t.give('H', 'F', 'G');
  t.say({
      "in the evening {F} opened the <padj> parcel, and there {G.was} the {G}. \"<cheer>!\" {F} <said> "
      "<how>.",
      "{H} hid the {G} <look>, and {F} found {G.it} after <number> minutes.",
      "\"For you,\" {H} <said> <how>. {F} held the {G} and <smile>.",
      "when {F} saw the {G}, {F.he} <smile> <how> and gave {H} <treat>.",
  });
  feel_glad(t);
  ending(t, "<moral_kindness>");
}

}  // namespace seedling::storyworld
