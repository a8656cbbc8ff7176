// Village pages: the eighth of the corpus that is not stories. See telling.h.
//
// Facts stated and asked, lines in two languages, talks. Stories alone would hardly show a question mark
// after a fact or a word of Tamori, and the later tasks have only seconds to learn from; an eighth is enough
// to sow them and leaves the corpus what it is. They are simulated by the same Chooser, so the floor covers
// them as well.
#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/telling.h"
#include "datasets/storyworld/tongue.h"

namespace seedling::storyworld {
namespace {

void facts_page(Teller& t) {
  Chooser& chooser = t.chooser();
  t.line("What we know in Willowmere.");
  for (int i = 0; i < 7; ++i) {
    const Fact& fact = world_facts()[chooser.uniform(world_facts().size())];
    if (chooser.chance(0.5))
      t.line(fact.statement);
    else
      t.line(fact.questions[chooser.uniform(fact.questions.size())] + " " + fact.answer);
  }
}

void tamori_page(Teller& t) {
  t.line("In English and in Tamori.");
  for (int i = 0; i < 7; ++i) {
    const Bilingual pair = make_bilingual(t.chooser());
    t.line(pair.source + " = " + pair.target);
  }
}

void talk_page(Teller& t) {
  const auto talk = tell_dialogue(t);
  const std::string asks = t.phrase("{H}: "), answers = t.phrase("{V}: ");
  t.line(t.phrase("{H} talks with {V}, {V.job}."));
  for (size_t i = 1; i < talk.size(); ++i) t.line((talk[i].role == "user" ? asks : answers) + talk[i].text);
}

}  // namespace

void tell_document(Teller& teller) {
  if (teller.chooser().chance(0.875)) {
    tell_story(teller);
    return;
  }
  switch (teller.chooser().uniform(3)) {
    case 0:
      return facts_page(teller);
    case 1:
      return tamori_page(teller);
    default:
      return talk_page(teller);
  }
}

}  // namespace seedling::storyworld
