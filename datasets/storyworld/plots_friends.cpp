// Plots about friends: a quarrel, a contest, a walk in the fog. See plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_quarrel(Teller& t) {
  opening(t);
  t.pick_child('F');
  t.pick_good('G', Kind::toy);
  t.have('F', 'G');
  t.say({
      "{his} <trait> friend {F} had {G.ac}, and {H} wanted to {G.use} {G.it} too.",
      "{F} came <along> with {G.ac}. \"Let me have {G.it},\" <said> {H} <how>.",
      "\"Look what I have!\" <said> {F} <how>. It was {G.ac}. {H} wanted {G.it} too.",
      "{H} went to visit {F}, who had got {G.ac} for {F.his} birthday.",
  });
  t.say({
      "\"{G.they} {G.is} mine,\" <said> {F} <how>, and would not share.",
      "but {F} held the {G} tight. \"Go and <plan>,\" {F.he} <said> <how>.",
      "\"Not now,\" <said> {F} <how>. \"Perhaps in <number> days.\"",
      "{F} shook {F.his} head <how> and hid the {G} <look>.",
  });
  t.say({
      "so {H} pulled <how>, and {F} pulled <how>, and both fell into the [mud|grass|ditch|hay|nettles].",
      "they shouted so <how> that <past> seemed to shake.",
      "\"You are <sad> and <trait>!\" <said> {H} and <walk> away <along>.",
      "{H} stamped {his} foot <how> and called {F} a <size> [donkey|turnip|goose|cabbage|pickle].",
  });
  feel_sad(t);
  aside(t);
  t.say({
      "alone, even <hobby> and <hobby> were dull.",
      "{he} tried <how> to <plan>, but it was no fun alone.",
      "{F} played with the {G} for <number> minutes and was <sad> too.",
      "for <number> hours neither of them <smile>.",
  });
  t.say({
      "\"A quarrel is like a thorn,\" <said> {his} {R} <how>. \"Pull it out quickly.\"",
      "{his} {R} gave {him} <treat>. \"Half of it is for {F},\" {R.he} <said>.",
      "then {H} had a <nice> idea.",
      "{his} {R} <smile> <how>. \"Who will speak first?\" {R.he} asked.",
  });
  t.say({
      "\"I am sorry,\" <said> {H} <how>. \"So am I,\" <said> {F} <how>.",
      "{H} took <treat> and brought it to {F}. \"Peace?\" {he} asked <how>.",
      "by <past> they met. Both <smile> at the same time.",
      "{H} sang <song> under the <padj> window until {F} <smile>.",
  });
  t.give('F', 'H', 'G');
  t.say({
      "\"You may {G.use} {G.it} first,\" <said> {F} <how>, and gave {H} the {G}.",
      "{F} held out the {G}. \"Your turn,\" {F.he} <said> <how>.",
      "after that they shared the {G}: <number> minutes for {H}, <number> minutes for {F}.",
      "now they took turns with the {G}, and then they went to <plan>.",
  });
  feel_glad(t);
  ending(t, "<moral_sharing>");
}

void plot_contest(Teller& t) {
  opening(t);
  t.say({
      "in Willowmere it was the day of <contest_event>.",
      "\"In <number> days there will be <contest_event>,\" <said> {his} {R} <how>.",
      "on the <padj> wall hung a <colour> poster: <contest_event>, at <number> o'clock!",
      "everybody in the village talked <how> about <contest_event>.",
  });
  t.pick_good('G', Kind::gift);
  t.say({
      "the prize was {G.ac}.",
      "whoever won would get {G.ac} and <treat>.",
      "the winner could take home {G.ac}, and {H} wanted {G.it} <very> much.",
      "for the best there was {G.ac}, for the others <treat>.",
  });
  t.note(Act::want, 'H', 'G');
  t.bind_maker('V', 'G');
  t.have('V', 'G');
  t.say({
      "{V.job} had brought {G.it} in a <padj> <carried>.",
      "{G.they} came from {V}, {V.job}, who was <trait> and <trait>.",
      "{V}, {V.job}, had given {G.it} <how>.",
  });
  t.say({
      "so {he} practised for <number> days, past <past> and back.",
      "{he} practised <how> and ate nothing but <supper>.",
      "\"I shall win,\" {he} told {his} {R} <how>.",
      "{H} had no time for <hobby> and <hobby>.",
  });
  t.pick_child('F');
  t.say({
      "the strongest rival was {F}, who was <trait> and <simile>.",
      "{F}, the <trait> one, wanted to win too.",
      "next to {him} stood {F} in a <colour> <wear>. \"Good luck,\" {F} <said> <how>.",
      "<number> children took part, and one of them was {F}.",
  });
  aside(t);
  t.say({
      "the bell rang, and off they went <along>, past <past>.",
      "\"Ready, steady, go!\" <said> {V.job} <how>.",
      "at first {H} was in front, then {F}, then, by <past>, {H} again.",
      "halfway <mishap>, and <number> people shouted <how>.",
  });
  if (t.chooser().chance(0.5)) {
    t.note(Act::win, 'H', 'G');
    t.give('V', 'H', 'G');
    t.say({
        "{H} came first, and {V.job} gave {him} the {G} <how>!",
        "in the end {H} won by <number> points, and {V.job} gave {him} the {G}.",
        "\"The winner is {H}!\" <said> {V}, and handed {him} the {G} <how>.",
    });
    t.perhaps(0.4, {
                       "{F} came second and clapped <how>.",
                       "\"Well done,\" <said> {F} <how>. \"Next year I shall win.\"",
                       "{H} gave {F} <treat>, for {F} had been <nice> too.",
                   });
  } else {
    t.note(Act::fail, 'H', 'G');
    t.give('V', 'F', 'G');
    t.say({
        "but {F} was faster, and the {G} went to {F}.",
        "in the end {F} won by <number> points, and {V.job} gave {F.him} the {G}.",
        "\"The winner is {F}!\" <said> {V}. {H} was <number> steps behind.",
    });
    feel_sad(t);
    t.say({
        "yet {he} went to {F} and <said> <how>: \"You were [great|fast|splendid|wonderful|better].\"",
        "\"You did well,\" <said> {F} <how>, and shared <treat> with {him}.",
        "\"Next year,\" <said> {his} {R}, \"you will do better. Come, let us <plan>.\"",
    });
  }
  feel_glad(t);
  ending(t, "<moral_effort>");
}

void plot_fog(Teller& t) {
  opening(t);
  t.pick_child('F');
  t.pick_wild_place('P');
  t.say({
      "{H} and {his} <trait> friend {F} wanted to <plan> {P.at}.",
      "\"Let us go to {P} and <plan>,\" <said> {his} friend {F} <how>.",
      "with {F}, who lived near {F.home}, {he} set out for {P} to <plan>.",
  });
  walk_to(t, 'P');
  t.say({
      "they played <game> between {P.see} and {P.see} and forgot the time.",
      "there they found <treasure>, and they ate <treat>.",
      "it was great fun to <plan> and to <plan>, and nobody looked at the sky.",
      "{F} looked for <finds> while {H} rested by {P.see}.",
  });
  t.say({
      "suddenly fog came up, thick as <vegsoup> soup.",
      "then it grew <nadj> and <nadj>, and there was no path any more.",
      "after <number> minutes everything was <nadj> and <nadj>.",
      "\"Which way did we come?\" {F} asked <how>. Nobody knew.",
  });
  t.say({
      "\"I am <afraid> and <tired>,\" <said> {F} <how>.",
      "{H} and {F} held hands. Both were <very> <afraid>.",
      "{F} began to cry <how>, and {H} was <afraid> too.",
      "they heard <night_sound>. Was it <night_thing>?",
  });
  t.say({
      "\"We have passed this place <number> times,\" <said> {H} <how>.",
      "they <walk> <along>, and came back to {P.see}.",
      "{H} called \"<hello>!\", but only <night_sound> answered.",
      "they counted <number> steps this way and <number> steps that way.",
  });
  if (t.chooser().chance(0.5)) {
    t.pick_animal('A');
    t.say({
        "then something {A.sound} <cry>. It was a {A}, and a {A} always finds home: it lives {A.home}.",
        "a <animal_mood> {A} {A.gait} by. \"It lives {A.home},\" {F} <said> <how>.",
        "\"Listen, a {A}!\" <said> {H}. It {A.sound} <cry> and {A.gait} ahead of them.",
    });
    t.say({
        "they followed it <along> until they saw <past>.",
        "step by step they went behind it <how>, and soon there was <past>.",
        "it led them <along> to <past>, and from there they knew the way.",
    });
  } else {
    t.pick_grown_up('V');
    t.say({
        "then they heard {V.job} sing <song>.",
        "\"Is someone there?\" It was {V}, {V.job}, with a <padj> lamp.",
        "far away rang a <padj> bell. It was {V}, {V.job}, who rang it <how>.",
    });
    t.say({
        "\"Follow me,\" {V} <said> <how>, \"<along> and past <past>.\"",
        "{V} took both by the hand and brought them home <along>.",
        "they <walk> <along> until they could touch {V.his} <colour> <wear>.",
    });
  }
  t.say({
      "{F} thanked {H} <how>, for {H} had been <trait> all the time.",
      "\"Alone I would have been <afraid>,\" <said> {F} <how>.",
      "{his} {R} wrapped them both in a <colour> blanket and brought <treat>.",
      "at home there was <treat> for {H} and <treat> for {F}.",
  });
  feel_glad(t);
  ending(t, "<moral_way>");
}

}  // namespace seedling::storyworld
