// Dialogues: a villager answers a child, from what the village knows. See tasks.h.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/capital.h"
#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {
namespace {

/// One message.
struct Turn {
  std::string role, text;
};

/// A child, H, talks with a grown-up, V.
std::vector<Turn> tell_dialogue(Teller& t) {
  Chooser& chooser = t.chooser();
  const size_t grown_ups = people().size() - child_count();
  t.bind_person('V', child_count() + chooser.uniform(grown_ups));
  t.bind_person('H', chooser.zipf(child_count()));
  std::vector<Turn> talk;
  const auto add = [&](const char* role, const std::string& text) { talk.push_back({role, upper(text)}); };
  add("system", t.phrase("You are {V}, {V.job} of Willowmere."));

  const size_t turns = 1 + chooser.uniform(3);
  size_t topic = 3;
  for (size_t turn = 0; turn < turns; ++turn) {
    std::string hello;
    if (turn == 0)
      hello = t.phrase(chooser.chance(0.5) ? "Good day, {V}! I am {H}. " : "Hello! My name is {H}. ");
    topic = turn == 0 ? chooser.uniform(3)
                      : (topic + 1 + chooser.uniform(2)) % 3;  // never the same one twice running
    if (topic == 0) {                                          // does this villager make it?
      const auto own = goods_by(static_cast<size_t>(t.index_of('V')));
      if (chooser.chance(0.5)) {
        t.bind_good('G', own[chooser.uniform(own.size())]);
      } else {  // somebody else's; a maker's goods stand together in the table
        const size_t other = chooser.uniform(goods().size() - own.size());
        t.bind_good('G', other < own.front() ? other : other + own.size());
      }
      t.bind_maker('W', 'G');
      add("user", hello + t.phrase(chooser.chance(0.5) ? "Do you have {G.a} for me?" : "May I have {G.a}?"));
      add("assistant",
          t.phrase(t.index_of('W') == t.index_of('V')
                       ? "Yes, {H}, I have {G.a}. The {G} {G.is} {G.col} and come{G.s} from {G.source}."
                       : "No, {H}, I do not have {G.a}. Go to {W}, {W.job}."));
    } else if (topic == 1) {  // what does it eat?
      t.bind_animal('A', chooser.zipf(animals().size()));
      add("user", hello + t.phrase(chooser.chance(0.5) ? "I found a hungry {A}. What shall I give it?"
                                                       : "There is a {A} at my door. What does it eat?"));
      add("assistant", t.phrase("Give it {A.food}, {H}. It lives {A.home}."));
    } else {  // where is somebody?
      t.bind_person('W', child_count() + chooser.uniform(grown_ups));
      add("user",
          hello + t.phrase(chooser.chance(0.5) ? "Where can I find {W.job}?" : "I am looking for {W.job}."));
      add("assistant",
          t.phrase(t.index_of('W') == t.index_of('V') ? "That is me, {H}. I am {V}, and I work {V.at}."
                                                      : "{W.job} is called {W}, {H}, and works {W.at}."));
    }
  }
  if (chooser.chance(0.5)) {
    add("user", chooser.chance(0.5) ? "Thank you! Goodbye." : "Goodbye, and thank you.");
    add("assistant", t.phrase("Goodbye, {H}. Come again to {V.home}."));
  }
  return talk;
}

}  // namespace

nlohmann::json make_dialogue(Chooser source) {
  Teller t(std::move(source));
  nlohmann::json messages = nlohmann::json::array();
  for (const Turn& turn : tell_dialogue(t)) messages.push_back({{"role", turn.role}, {"content", turn.text}});
  return {{"messages", messages}};
}

}  // namespace seedling::storyworld
