// Dialogues: a villager answers a child, from what the village knows. See tasks.h.
#include <nlohmann/json.hpp>

#include "datasets/storyworld/tasks.h"
#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {
namespace {

std::string upper(std::string text) {
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

}  // namespace

nlohmann::json make_dialogue(Chooser source) {
  Teller t(std::move(source));
  Chooser& chooser = t.chooser();
  t.bind_person('V', child_count() + chooser.uniform(people().size() - child_count()));
  t.bind_person('H', chooser.zipf(child_count()));
  nlohmann::json messages = nlohmann::json::array();
  const auto add = [&](const char* role, const std::string& text) {
    messages.push_back({{"role", role}, {"content", upper(text)}});
  };
  add("system", t.phrase("You are {V}, {V.job} of Willowmere."));

  const size_t turns = 1 + chooser.uniform(3);
  bool named = false;
  size_t last = 3;
  for (size_t turn = 0; turn < turns; ++turn) {
    std::string hello =
        turn == 0 ? t.phrase(chooser.chance(0.5) ? "Good day, {V}! I am {H}. " : "Hello! My name is {H}. ")
                  : "";
    named = true;
    size_t topic = chooser.uniform(3);
    if (topic == last) topic = (topic + 1) % 3;
    last = topic;
    if (topic == 0) {  // does this villager make it?
      if (chooser.chance(0.5))
        t.pick_good_by('G', 'V');
      else
        t.bind_good('G', chooser.uniform(goods().size()));
      t.bind_maker('W', 'G');
      add("user", hello + t.phrase(chooser.chance(0.5) ? "Do you have {G.a} for me?" : "May I have {G.a}?"));
      if (t.index_of('W') == t.index_of('V'))
        add("assistant",
            t.phrase("Yes, {H}, I have {G.a}. The {G} {G.is} {G.col} and made from {G.source}."));
      else
        add("assistant", t.phrase("No, {H}, I do not have {G.a}. Go to {W}, {W.job}."));
    } else if (topic == 1) {  // what does it eat?
      t.bind_animal('A', chooser.zipf(animals().size()));
      add("user", hello + t.phrase(chooser.chance(0.5) ? "I found a hungry {A}. What shall I give it?"
                                                       : "There is a {A} at my door. What does it eat?"));
      add("assistant", t.phrase("Give it {A.food}, {H}. It lives {A.home}."));
    } else {  // where is it?
      t.bind_person('W', child_count() + chooser.uniform(people().size() - child_count()));
      add("user",
          hello + t.phrase(chooser.chance(0.5) ? "Where can I find {W.job}?" : "I am looking for {W.job}."));
      if (t.index_of('W') == t.index_of('V'))
        add("assistant", t.phrase("That is me, {H}. I am {V}, and I work {V.at}."));
      else
        add("assistant", t.phrase("{W.job} is called {W}, {H}, and works {W.at}."));
    }
  }
  if (named && chooser.chance(0.5)) {
    add("user", chooser.chance(0.5) ? "Thank you! Goodbye." : "Goodbye, and thank you.");
    add("assistant", t.phrase("Goodbye, {H}. Come again to {V.home}."));
  }
  return {{"messages", messages}};
}

}  // namespace seedling::storyworld
