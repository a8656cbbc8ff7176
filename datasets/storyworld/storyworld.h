// Storyworld: an endless, seeded supply of small stories from one simulated village, with their entropy.
//
// Why: a model that learns at home in three minutes needs a language small enough to learn and rich enough to
// be worth reading, and a loss curve needs something to be held against. Every random decision of the
// generator goes through one Chooser that adds up -log2 p, so each text carries its exact probability: no
// model's mean loss can get below that sum (README.md has the argument). Document i of a seed is a pure
// function of (seed, i). Called by the data room (embedded default corpus) and, through tasks.h, by the
// fine-tuning recipes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace seedling {

/// Raised whenever the text of any (seed, index) changes: caches and recorded floors name it.
constexpr int kStoryworldVersion = 6;

/// One document and its information content in bits, -log2 of its probability under the generator.
struct Story {
  std::string text;  ///< ASCII, no newline at the end
  double bits = 0;
};

/// Story number `index` of `seed`: 80 to 180 words in one paragraph or a few.
Story make_story(uint64_t seed, uint64_t index);

/// Document number `index` of the default pre-training corpus: mostly stories, and a share of village pages
/// (facts asked and answered, lines in two languages, talks) from the same world. See README.md.
Story make_document(uint64_t seed, uint64_t index);

/// What a corpus holds. `floor` is bits / bytes: the entropy in bits a byte that a perfect model would reach.
struct CorpusSize {
  uint64_t documents = 0;
  uint64_t bytes = 0;
  double bits = 0;
  double floor() const { return bytes ? bits / static_cast<double>(bytes) : 0.0; }
};

/// Hands documents `first`, first + 1, ... of `seed` to `take` until they hold at least `bytes` bytes of
/// text.
CorpusSize stream_corpus(uint64_t seed, uint64_t first, uint64_t bytes,
                         const std::function<void(const Story&)>& take);

}  // namespace seedling
