// Plots about things: one is lost, two change hands, one is behind a locked door, one is spoiled and hidden.
#include "datasets/storyworld/plots.h"

namespace seedling::storyworld {

void plot_lost(Teller& t) {
  opening(t);
  t.pick_good('G', t.chooser().chance(0.6) ? Kind::toy : Kind::clothing);
  t.have('H', 'G');
  t.lose('H', 'G');
  t.say({
      "{H} wanted to {G.use} {his} {G.col} {G}, but {G.they} {G.was} not <look>, nor <look>.",
      "\"Where {G.is} my {G}?\" <asked> {H} <how>. {G.they} {G.was} {G.col}, and {he} loved {G.it}.",
      "<number> days ago {H} still had {G.ac}. Today {he} could not find {G.it}.",
      "{H} had lost {his} {G}, the <nice> {G.col} {G} from {his} {R}.",
  });
  feel_sad(t);
  t.say({
      "{he} <search> <look> and <look>. Nothing.",
      "{he} <search> <how> <look>. There was only <treasure>.",
      "\"Perhaps {G.they} {G.is} <look>,\" <said> {his} {R}. But no.",
      "{he} <search> <look>, <look> and even <look>.",
  });
  t.pick_wild_place('P');
  t.say({
      "but <number> days ago {he} had been {P.at} to <plan>.",
      "\"Did you not <plan> {P.at}?\" {his} {R} asked <how>.",
      "\"Where did I <plan>?\" {he} asked {himself} <how>. \"It was {P.at}!\"",
      "a <trait> <passer> had seen something {G.col} {P.at}.",
  });
  walk_to(t, 'P');
  aside(t);
  if (t.chooser().chance(0.5)) {
    t.pick_animal('A');
    t.say({
        "there sat a <animal_mood> {A}. It {A.sound} and looked at {P.see}.",
        "a <animal_mood>, <animal_mood> {A} {A.gait} out from behind {P.see}.",
        "something {A.sound} <cry>. It was a {A.col} {A}, as <animal_mood> as could be.",
    });
    t.say({
        "{H} gave it some {A.food}, for that is what every {A} likes best. It {A.sound} <cry>.",
        "\"Are you after {A.food}?\" {H} asked <how> and put some down.",
        "{H} found some {A.food} near <past>, and the {A} came closer.",
    });
    t.find('H', 'G');
    t.say({
        "behind the {A} lay the {G}!",
        "the {A} led {him} <along> to a <size> hole, and in it {G.was} the {G}.",
        "and there, near {P.see}, where the {A} had slept, {he} saw the {G}.",
    });
  } else {
    t.find('H', 'G');
    t.say({
        "there, between {P.see} and {P.see}, lay the {G}!",
        "{he} <search> near {P.see} and put {his} hand on the {G}.",
        "something {G.col} shone beside {P.see}. It was the {G}!",
        "after <number> minutes {he} found the {G} near {P.see}.",
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
      "{he} <search> <look> and found {G.ac} that nobody used.",
      "{his} {R} had given {him} {G.ac}. \"What can I do with {G.this}?\" {H} asked <how>.",
      "{H} had won {G.ac} in <contest_event>.",
  });
  t.pick_good('K', Kind::toy);
  t.note(Act::want, 'H', 'K');
  t.say({
      "what {he} really wanted was {K.ac}.",
      "\"I would rather have {K.a},\" {he} <said> <how>.",
      "for <number> days {he} had dreamed of {K.ac}.",
      "for <number> weeks {he} had wished <how> for {K.a}.",
  });
  t.pick_child('F');
  t.have('F', 'K');
  t.say({
      "near <past> {he} met {F}, who had {K.ac}. \"I want {G.a},\" {F} <said> <how>.",
      "{his} <trait> neighbour {F} owned {K.a}, but wanted {G.a} instead.",
      "\"I have {K.ac},\" <said> {F} when they met by <past>, \"but I need {G.a}.\"",
      "there was {F}, the <trait> one, with {K.ac}. \"<gasp>, if only I had {G.a}!\" {F.he} <said>.",
  });
  if (t.chooser().chance(0.6)) {
    t.say({
        "\"Shall we swap?\" {H} asked <how>. {F} thought about it for <number> minutes.",
        "\"Let us trade!\" {H} <said> <how>. \"My {G} for your {K}.\"",
        "{H} held up the {G}. \"Would you give me the {K} for {G.it}?\" {he} asked <how>.",
    });
  } else {
    t.say({
        "{F} wanted the {G} and <treat> besides. {H} <said> <how>: \"<yes>.\"",
        "\"First you must <chore> and <chore>,\" {F} <said>. So {H} did that <how>.",
        "\"Let me hear <song> as well,\" {F} <said>, and {H} sang <how>.",
    });
  }
  t.give('H', 'F', 'G');
  t.give('F', 'H', 'K');
  t.say({
      "so {F} got the {G}, and {H} got the {K}.",
      "they shook hands <how>. Now the {G} belonged to {F}, and the {K} belonged to {H}.",
      "{H} gave {F} the {G} and took the {K} <how>.",
      "the {G} went into the <padj> bag of {F}, and the {K} went to {H}.",
  });
  aside(t);
  t.say({
      "{H} began to {K.use} {K.it} <along> and past <past>.",
      "\"I like this very much,\" {H} <said> <how>. \"So do I!\" {F} <said> <how>.",
      "for <number> hours {H} could {K.use} {K.it}, and {F} could {G.use} {G.it}.",
      "together they went to <plan> and to <plan>.",
  });
  feel_glad(t);
  ending(t, "<moral_trade>");
}

void plot_locked(Teller& t) {
  opening(t);
  t.pick_wild_place('P');
  t.say({
      "one thing made {him} <trait>: a <padj> door {P.at}, which was always locked.",
      "{P.at} stood a <padj> chest with a <padj> lock. Nobody knew what was in it.",
      "{H} had found a <padj> trapdoor {P.at}, but it would not open.",
      "near {P.see} {P.at} there was a <padj> gate, and it was locked.",
  });
  t.say({
      "\"Where can the key be?\" {he} asked {his} {R}. \"Perhaps <look>,\" {R.he} <said> <how>.",
      "{he} pushed <how>, {he} pulled <how>, {he} knocked <number> times. It stayed shut.",
      "{he} <search> <look> for a key, and <look> as well.",
      "\"It needs a <padj> key,\" <said> {H} <how>.",
  });
  t.pick_grown_up('V');
  t.bind_place_of('Q', 'V');
  walk_to(t, 'Q');
  t.say({
      "{V}, {V.job}, kept a <padj> key on a nail. \"I found it near <past>,\" {V.he} <said>.",
      "\"A key?\" {V.job} asked <how>. \"<yes>. It has been <look> for <number> years.\"",
      "\"If you <chore>, I shall give you a <padj> key,\" {V.job} <said> <how>. So {H} did.",
      "{V.job} <search> <look> and came back with a <padj> key. \"Try this one,\" <said> {V}.",
  });
  walk_to(t, 'P');
  aside(t);
  t.open_door();
  t.say({
      "the key turned with <night_sound>, and it was open.",
      "{H} put the key into the lock <how>. Click! It opened.",
      "it took <number> tries, then the <padj> lock gave way.",
      "{he} turned the key <how>, and the hinges made <night_sound>.",
  });
  t.say({
      "inside lay <treasure> and <treasure>.",
      "{he} looked in <how> and saw <treasure>, covered with [dust|cobwebs|moss|sand|ashes|straw].",
      "there was no gold. There was <treasure>, and beside it <treasure>.",
      "and what did {he} find? <treasure>!",
  });
  t.perhaps(0.5, {
                     "\"Was it worth it?\" {his} {R} asked. \"Yes,\" <said> {H} <how>.",
                     "{he} told {V} about it <how>, and {V} <smile>.",
                     "there was also a <padj> note: \"For one who is <trait> and <trait>.\"",
                 });
  t.close_door();
  t.say({
      "{he} took nothing but locked it again <how>.",
      "{he} shut it <how> and hid the key <look>.",
      "{he} closed it again <how> and whistled <song>.",
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
      "{V}, {V.job}, was out. {H} only wanted to touch the <nice> {G}, but dropped {G.it}.",
      "nobody was there. {H} danced <how> between {P.see} and {P.see}, bumped into the {G} of {V.job} and "
      "spoiled "
      "{G.it}.",
      "{H} played <how> with the {G} of {V}, {V.job}, until {he} had spoiled {G.it}.",
      "on a <padj> shelf {G.was} {G.ac}. {H} climbed up <how>, and the {G} fell into the mud. What would "
      "{V.job} say?",
  });
  t.say({
      "quickly {he} hid the {G} <look>.",
      "{he} laid the {G} <look> and <walk> away <along>.",
      "{his} heart beat fast. {he} put the {G} <look> and <walk> home.",
      "no one had seen it, so {he} left the {G} <look>.",
  });
  t.perhaps(0.6, {
                     "\"Who was here?\" {V} asked <how>. \"<excuse>,\" <said> {H}.",
                     "when {V} came back, {H} <said> <how> that <excuse>.",
                     "\"<excuse>,\" {he} told {V} <how>, and turned <colour>.",
                 });
  aside(t);
  t.say({
      "but at home {he} could not eat {his} <supper>.",
      "at night {he} lay awake and listened to <night_sound>.",
      "even <hobby> and <hobby> were no fun any more.",
      "{his} {R} gave {him} <treat>, but it tasted of nothing.",
  });
  feel_sad(t);
  t.say({
      "\"Tell {V} the truth,\" <said> {his} {R} <how>.",
      "{he} made up {his} mind <how>.",
      "\"What is wrong?\" asked {his} {R}, and {H} told {R.him} <how>.",
      "after <number> hours {he} could bear it no longer.",
  });
  t.say({
      "{he} went back to {P}. \"It was me,\" {he} told {V} <how>. \"I spoiled the {G}.\"",
      "{he} <walk> <along> to {P}. \"<gasp>, {V}, I spoiled your {G}. I am <sad>,\" {he} <said>.",
      "\"I must tell you something,\" {he} <said> {P.at}, and told {V.job} <how> about the {G}.",
  });
  t.say({
      "{V} looked at {him} for <number> minutes. \"Thank you for telling me,\" {V.he} <said>, and <smile>.",
      "\"I knew it,\" <said> {V} <how>. \"Now <chore>, and all is well.\"",
      "{V} was not <sad>. \"More will come from {G.source},\" {V.he} <said> <how>.",
      "\"<gasp>,\" <said> {V}, \"but it was <right>. Let us <chore> together.\"",
  });
  feel_glad(t);
  ending(t, "<moral_honesty>");
}

}  // namespace seedling::storyworld
