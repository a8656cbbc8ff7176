// Village pages: three documents in ten of the corpus, those that are not stories. See telling.h.
//
// What people read is not stories alone: they read letters and learn which to trust, books with questions at
// the end, lines in two languages, summaries. Stories alone would hardly show a question mark after a fact or
// a word of Tamori, and the later tasks have only seconds to learn from. Pages are told by the same Chooser,
// so the floor covers them as well; and they leave out what a test will ask (tasks.h, held_out).
#include "datasets/storyworld/facts.h"
#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/tasks.h"
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
  for (int i = 0; i < 8; ++i) {
    const Bilingual pair =
        make_bilingual(t.chooser(), [](const std::string& source) { return !held_out(source); });
    t.line(pair.source + " = " + pair.target);
  }
}

void questions_page(Teller& t) {
  t.line("Read and answer.");
  for (int i = 0; i < 3; ++i) tell_questions(t, 4);
}

void letters_page(Teller& t) {
  t.line("Which letters can be trusted?");
  for (int i = 0; i < 6; ++i) {
    const Judged letter = tell_letter(t, Reader::corpus);
    t.line(letter.text + (letter.good ? " Trust it." : " Burn it."));
  }
}

void news_page(Teller& t) {
  t.line("Good news and bad news.");
  for (int i = 0; i < 6; ++i) {
    const Judged news = tell_news(t, Reader::corpus);
    t.line(news.text + (news.good ? " Good news." : " Bad news."));
  }
}

}  // namespace

void tell_document(Teller& teller) {
  Chooser& chooser = teller.chooser();
  if (chooser.chance(0.7)) {
    tell_story(teller);
  } else if (chooser.chance(0.35)) {  // what takes the most practice comes most often
    questions_page(teller);
  } else if (chooser.chance(0.3)) {
    tamori_page(teller);
  } else {
    using Page = void (*)(Teller&);
    static constexpr Page kOthers[] = {facts_page, letters_page, news_page, tell_with_summary};
    kOthers[chooser.uniform(std::size(kOthers))](teller);
  }
}

}  // namespace seedling::storyworld
