// make_story and the corpus stream. See storyworld.h.
#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/telling.h"

namespace seedling {
namespace storyworld {

std::span<const Plot> plots() {
  static constexpr Plot kPlots[] = {
      {"errand", plot_errand},   {"repair", plot_repair},
      {"helper", plot_helper},   {"gift", plot_gift},
      {"lost", plot_lost},       {"trade", plot_trade},
      {"locked", plot_locked},   {"confession", plot_confession},
      {"animal", plot_animal},   {"night", plot_night},
      {"seed", plot_seed},       {"quarrel", plot_quarrel},
      {"contest", plot_contest}, {"fog", plot_fog},
  };
  return kPlots;
}

size_t tell_story(Teller& teller) {
  const size_t plot = teller.chooser().uniform(plots().size());
  plots()[plot].tell(teller);
  return plot;
}

}  // namespace storyworld

Story make_story(uint64_t seed, uint64_t index) {
  storyworld::Teller teller{storyworld::Chooser(derive_key(derive_key(seed, 0x53544F5259), index))};
  storyworld::tell_story(teller);
  return {teller.text(), teller.chooser().bits()};
}

Story make_document(uint64_t seed, uint64_t index) {
  storyworld::Teller teller{storyworld::Chooser(derive_key(derive_key(seed, 0x444F43), index))};
  storyworld::tell_document(teller);
  return {teller.text(), teller.chooser().bits()};
}

CorpusSize stream_corpus(uint64_t seed, uint64_t first, uint64_t bytes,
                         const std::function<void(const Story&)>& take) {
  CorpusSize size;
  while (size.bytes < bytes) {
    const Story story = make_document(seed, first + size.documents);
    ++size.documents;
    size.bytes += story.text.size();
    size.bits += story.bits;
    take(story);
  }
  return size;
}

}  // namespace seedling
