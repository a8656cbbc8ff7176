// Plots about friends: a quarrel, a contest, a walk in the fog. See plots.h.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_quarrel(Teller& t) {
  opening(t);
  t.pick_child('F');
  t.pick_good('G', Kind::toy);
  t.have('F', 'G');
  t.say({
      "{his} friend {F} had {G.ac}, and {H} wanted to {G.use} {G.it} too.",
      "{F} came along <along> with {G.ac}. \"Let me have {G.it},\" said {H}.",
      "\"Look what I have!\" said {F}. It was {G.ac}. {H} wanted {G.it} at once.",
      "{H} went to visit {F}, who had got {G.ac} for {F.his} birthday.",
  });
  t.say({
      "\"{G.they} {G.is} mine,\" said {F} <how>, and would not share.",
      "But {F} held the {G} tight. \"Go and <plan> by yourself,\" {F.he} said.",
      "\"Not now,\" said {F}. \"Perhaps in <number> days.\"",
      "{F} shook {F.his} head and hid the {G} <look>.",
  });
  t.say({
      "So {H} pulled, and {F} pulled, and both fell into the [mud|grass|ditch|hay|nettles].",
      "They shouted so loudly that <past> seemed to shake.",
      "\"Then you are not my friend!\" cried {H} and <walk> away <along>.",
      "{H} stamped {his} foot and called {F} a [donkey|turnip|goose|cabbage|pickle].",
  });
  feel_sad(t);
  weather_again(t);
  t.say({
      "Alone, even <hobby> was dull.",
      "{he} tried to <plan>, but it was no fun alone.",
      "{F} played with the {G} for <number> minutes and was lonely too.",
      "For <number> hours neither of them said a word.",
  });
  t.say({
      "\"A quarrel is like a thorn,\" said {his} {R}. \"Pull it out quickly.\"",
      "{his} {R} gave {him} <treat>. \"Half of it is for {F},\" {R.he} said.",
      "Then {H} had an idea.",
      "{his} {R} <smile>. \"Who will speak first?\" {R.he} asked.",
  });
  t.say({
      "\"I am sorry,\" said {H} <how>. \"So am I,\" said {F}.",
      "{H} took <treat> and brought it to {F}. \"Peace?\" {he} asked.",
      "By <past> they met. Both said \"sorry\" at the same time.",
      "{H} sang <song> under the window until {F} <smile>.",
  });
  t.give('F', 'H', 'G');
  t.say({
      "\"You may {G.use} {G.it} first,\" said {F}, and gave {H} the {G}.",
      "{F} held out the {G}. \"Your turn,\" {F.he} said <how>.",
      "After that they shared the {G}: <number> minutes for {H}, <number> minutes for {F}.",
      "Now they took turns with the {G}, and then they went to <plan>.",
  });
  feel_glad(t);
  ending(t, "<moral_sharing>");
}

void plot_contest(Teller& t) {
  opening(t);
  t.say({
      "In Willowmere it was the day of <contest_event>.",
      "\"On Sunday there will be <contest_event>,\" said {his} {R}.",
      "On the wall hung a poster: <contest_event>, at <number> o'clock!",
      "Everybody in the village talked about <contest_event>.",
  });
  t.pick_good('G', Kind::gift);
  t.say({
      "The prize was {G.ac}.",
      "Whoever won would get {G.ac}.",
      "The winner could take home {G.ac}, and {H} wanted {G.it} badly.",
      "For the best there was {G.ac}.",
  });
  t.note(Act::want, 'H', 'G');
  t.bind_maker('V', 'G');
  t.have('V', 'G');
  t.perhaps(0.5, {
      "{V.job} had made {G.it} from {G.source}.",
      "{G.they} came from {V}, {V.job}.",
      "{V}, {V.job}, had given {G.it}.",
  });
  t.say({
      "So {he} practised for <number> days, past <past> and back.",
      "{he} practised <how> every morning and ate nothing but <supper>.",
      "\"I shall win,\" {he} told {his} {R} <how>.",
      "{H} had no time for <hobby>. {he} practised and practised.",
  });
  t.pick_child('F');
  t.say({
      "The strongest rival was {F}, who was <simile>.",
      "{F}, the <trait> one, wanted to win too.",
      "Next to {him} stood {F}. \"Good luck,\" {F} said <how>.",
      "<number> children took part, and one of them was {F}.",
  });
  weather_again(t);
  t.say({
      "The bell rang, and off they went <along>.",
      "\"Ready, steady, go!\" called {V.job}.",
      "At first {H} was in front, then {F}, then {H} again.",
      "Halfway <mishap>, and the people shouted.",
  });
  if (t.chooser().chance(0.5)) {
    t.note(Act::win, 'H', 'G');
    t.give('V', 'H', 'G');
    t.say({
        "{H} came first, and the {G} {G.was} {H.his}!",
        "In the end {H} won by a nose, and {V.job} gave {him} the {G}.",
        "\"The winner is {H}!\" called {V}, and handed {him} the {G}.",
    });
    t.perhaps(0.4, {
        "{F} came second and clapped <how>.",
        "\"Well done,\" said {F}. \"Next year I shall win.\"",
        "{H} gave {F} <treat>, for {F} had been good too.",
    });
  } else {
    t.note(Act::fail, 'H', 'G');
    t.give('V', 'F', 'G');
    t.say({
        "But {F} was faster, and the {G} went to {F}.",
        "In the end {F} won by a nose, and {V.job} gave {F.him} the {G}.",
        "\"The winner is {F}!\" called {V}. {H} came only in place <number>.",
    });
    feel_sad(t);
    t.say({
        "Yet {he} went to {F} and said <how>: \"You were great.\"",
        "\"You ran well,\" said {F}, and shared <treat> with {him}.",
        "\"Next year,\" said {his} {R}, \"you will do better. Come, let us <plan>.\"",
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
      "{H} and {F} wanted to <plan> {P.at}.",
      "\"Let us go to {P} and <plan>,\" said {his} friend {F}.",
      "With {F}, who lived near {F.home}, {he} set out for {P}.",
  });
  walk_to(t, 'P');
  t.say({
      "They played between {P.see} and {P.see} and forgot the time.",
      "There they found <treasure>, and they ate <treat>.",
      "It was great fun to <plan>, and nobody looked at the sky.",
      "{F} looked for beetles while {H} rested by {P.see}.",
  });
  t.say({
      "Suddenly fog came up, thick as <supper>.",
      "Then it grew dark, and there was no path any more.",
      "When they turned round, everything was white and still.",
      "\"Which way did we come?\" asked {F}. Nobody knew.",
  });
  t.say({
      "\"I am <afraid>,\" said {F} <how>.",
      "{H} and {F} held hands. Both were <afraid>.",
      "{F} began to cry, and {H} was <afraid> too.",
      "They heard <night_sound>. Was it <night_thing>?",
  });
  t.say({
      "\"We have passed this place <number> times,\" said {H}.",
      "They <walk> <along>, and came back to {P.see}.",
      "{H} called \"<hello>!\", but only <night_sound> answered.",
      "They counted <number> steps this way and <number> steps that way.",
  });
  if (t.chooser().chance(0.5)) {
    t.pick_animal('A');
    t.say({
        "Then something {A.sound}. It was a {A}, and a {A} always goes home: it lives {A.home}.",
        "A <animal_mood> {A} {A.gait} by. \"It is going home,\" said {F}. \"It lives {A.home}.\"",
        "\"Listen, a {A}!\" cried {H}. It {A.sound} and {A.gait} ahead of them.",
    });
    t.say({
        "They followed it <along> until they saw <past>.",
        "Step by step they went behind it, and soon there was <past>.",
        "It led them <along> to <past>, and from there they knew the way.",
    });
  } else {
    t.pick_grown_up('V');
    t.say({
        "Then they heard {V.job} sing <song>.",
        "\"Is someone there?\" It was {V}, {V.job}, with a lamp.",
        "Far away rang a bell. It was {V}, {V.job}, who rang it for them.",
    });
    t.say({
        "\"Follow me,\" said {V}, \"<along> and past <past>.\"",
        "{V} took both by the hand and brought them home <how>.",
        "They went towards it, <along>, until they could touch {V.his} sleeve.",
    });
  }
  t.say({
      "{F} thanked {H}, for {H} had been calm all the time.",
      "\"Alone I would have been lost,\" said {F}.",
      "{his} {R} wrapped them both in a blanket and brought <treat>.",
      "At home there was <treat> for each of them.",
  });
  feel_glad(t);
  ending(t, "<moral_way>");
}

}  // namespace seedling::storyworld
