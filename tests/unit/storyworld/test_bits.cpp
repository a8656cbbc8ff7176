// The bits of a text are the whole truth: no second path of choices makes the same text, and the sums add up.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <set>

#include "datasets/storyworld/plots.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/telling.h"

using namespace seedling;
using namespace seedling::storyworld;

namespace {

using Picks = std::vector<Chooser::Pick>;

/// The next path in the order of an odometer; false when all have been walked.
bool advance(Picks& picks) {
  while (!picks.empty() && picks.back().pick + 1 >= picks.back().count) picks.pop_back();
  if (picks.empty()) return false;
  ++picks.back().pick;
  return true;
}

/// The probability of `text`: the sum over EVERY path of choices that tells it. Paths are cut where they
/// leave it.
double probability_over_all_paths(const std::string& text, int& ways) {
  double sum = 0;
  ways = 0;
  Picks picks;
  do {
    Teller teller(Chooser::replay(picks));
    teller.must_match(&text);
    try {
      tell_story(teller);
      if (teller.text() == text) {
        sum += std::exp2(-teller.chooser().bits());
        ++ways;
      }
    } catch (const Mismatch&) {
    }
    picks = teller.chooser().picks();
  } while (advance(picks));
  return sum;
}

std::string told(const Picks& picks) {
  Teller teller(Chooser::replay(picks));
  tell_document(teller);
  return teller.text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storyworld_bits)

// The heart of the entropy floor: for sampled stories, all paths of the generator are searched exhaustively.
BOOST_AUTO_TEST_CASE(a_story_has_exactly_one_path) {
  for (uint64_t i = 0; i < 4; ++i) {
    const Story story = make_story(12, i);
    int ways = 0;
    const double p = probability_over_all_paths(story.text, ways);
    BOOST_CHECK_MESSAGE(ways == 1, "told in " << ways << " ways: " << story.text);
    BOOST_CHECK_SMALL(std::log2(p) + story.bits, 1e-9);
  }
}

// For pages, whose lines are too rich to search: a different decision at any point makes a different text.
BOOST_AUTO_TEST_CASE(no_choice_is_silent) {
  int checked = 0;
  for (uint64_t i = 0; i < 60; ++i) {
    Teller teller{Chooser(1000 + i)};
    tell_document(teller);
    const Picks picks = teller.chooser().picks();
    for (size_t k = 0; k < picks.size(); ++k) {
      Picks kept(picks.begin(), picks.begin() + static_cast<long>(k) + 1);
      Picks other = kept;
      other.back().pick = (picks[k].pick + 1 + i % 2) % picks[k].count;
      if (other.back().pick == picks[k].pick) continue;
      BOOST_REQUIRE_MESSAGE(told(kept) != told(other), "choice " << k << " does not show in " << told(kept));
      ++checked;
    }
  }
  BOOST_CHECK_GT(checked, 3000);
}

// A grammar small enough to write out: every text of two scenes, with probabilities that sum to 1.
BOOST_AUTO_TEST_CASE(a_small_grammar_adds_up_to_one) {
  std::map<std::string, double> texts;
  double entropy = 0, sum = 0;
  Picks picks;
  do {
    Teller teller(Chooser::replay(picks));
    teller.be_brief();
    teller.bind_person('H', 0);
    feel_sad(teller);
    ending(teller, "<moral_honesty>");
    const double bits = teller.chooser().bits(), p = std::exp2(-bits);
    BOOST_REQUIRE_MESSAGE(texts.emplace(teller.text(), p).second, "made twice: " << teller.text());
    sum += p;
    entropy += p * bits;
    picks = teller.chooser().picks();
  } while (advance(picks));
  BOOST_CHECK_GT(texts.size(), 5000u);
  BOOST_CHECK_CLOSE(sum, 1.0, 1e-9);

  double mean = 0;  // and the generator's own draws have that entropy
  const int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    Teller teller{Chooser(static_cast<uint64_t>(i))};
    teller.be_brief();
    teller.bind_person('H', 0);
    feel_sad(teller);
    ending(teller, "<moral_honesty>");
    BOOST_REQUIRE_CLOSE(std::exp2(-teller.chooser().bits()), texts.at(teller.text()), 1e-6);
    mean += teller.chooser().bits() / draws;
  }
  BOOST_CHECK_CLOSE(mean, entropy, 0.3);
}

// The draws follow the probabilities that the bits are counted with.
BOOST_AUTO_TEST_CASE(frequencies_are_what_the_bits_say) {
  constexpr size_t kOptions = 9, kSkip = 2;
  std::vector<int> counts(kOptions);
  std::vector<double> probability(kOptions);
  const int draws = 200000;
  for (int i = 0; i < draws; ++i) {
    Chooser chooser(static_cast<uint64_t>(i));
    const size_t pick = chooser.zipf(kOptions, kSkip);
    ++counts[pick];
    probability[pick] = std::exp2(-chooser.bits());
  }
  BOOST_CHECK_EQUAL(counts[kSkip], 0);
  double chi_square = 0, total = 0;
  for (size_t i = 0; i < kOptions; ++i) {
    if (i == kSkip) continue;
    const double expected = probability[i] * draws;
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    total += probability[i];
  }
  BOOST_CHECK_CLOSE(total, 1.0, 1e-9);
  BOOST_CHECK_LT(chi_square, 24.3);  // 7 degrees of freedom, p = 0.001
}

BOOST_AUTO_TEST_CASE(the_corpus_adds_up) {
  double bits = 0;
  uint64_t bytes = 0, documents = 0;
  const CorpusSize size = stream_corpus(5, 100, 200000, [&](const Story& story) {
    BOOST_REQUIRE_EQUAL(story.text, make_document(5, 100 + documents).text);
    bits += story.bits;
    bytes += story.text.size();
    ++documents;
  });
  BOOST_CHECK_EQUAL(size.documents, documents);
  BOOST_CHECK_EQUAL(size.bytes, bytes);
  BOOST_CHECK_CLOSE(size.bits, bits, 1e-9);
  BOOST_CHECK_GE(bytes, 200000u);
  BOOST_CHECK_GT(size.floor(), 0.20);
  BOOST_CHECK_LT(size.floor(), 0.27);
}

BOOST_AUTO_TEST_SUITE_END()
