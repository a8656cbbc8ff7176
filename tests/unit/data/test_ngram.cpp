// The count models against their definition, spelt out slowly on a small text.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "data/ngram.h"
#include "data/token_writer.h"
#include "fakes.h"

using namespace seedling;

namespace {

using Ids = std::vector<int32_t>;

std::shared_ptr<TokenFile> file_of(const test::Scratch& scratch, const char* name, const Ids& ids) {
  TokenWriter writer(scratch.path / name, 300);
  writer.add(ids);
  writer.add_text_bytes(2 * static_cast<int64_t>(ids.size()));
  writer.finish();
  return TokenFile::open(scratch.path / name);
}

/// Ids with some order in them: each depends on the one before.
Ids patterned(uint64_t key, size_t count, int32_t vocabulary) {
  Ids ids = {0};
  Random random(key);
  while (ids.size() < count) {
    const auto drift = static_cast<int32_t>(random.below(3));
    ids.push_back(random.uniform() < 0.8
                      ? (ids.back() * 5 + drift) % vocabulary
                      : static_cast<int32_t>(random.below(static_cast<uint64_t>(vocabulary))));
  }
  return ids;
}

/// p_k(w | h) by its recursion, counting anew each time.
double slow_p(const Ids& train, const Ids& context, int32_t w, double d, int vocabulary) {
  double total = 0, own = 0;
  std::set<int32_t> types;
  for (size_t i = context.size(); i < train.size(); ++i) {
    if (!std::equal(context.begin(), context.end(),
                    train.begin() + static_cast<std::ptrdiff_t>(i - context.size()))) {
      continue;
    }
    ++total;
    types.insert(train[i]);
    own += train[i] == w;
  }
  const double lower = context.empty()
                           ? 1.0 / vocabulary
                           : slow_p(train, Ids(context.begin() + 1, context.end()), w, d, vocabulary);
  if (total == 0) return lower;
  return (std::max(own - d, 0.0) + d * static_cast<double>(types.size()) * lower) / total;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ngram)

BOOST_AUTO_TEST_CASE(scores_are_those_of_the_definition) {
  const test::Scratch scratch;
  const int vocabulary = 23;
  const Ids train = patterned(1, 1500, 20);
  Ids validation = patterned(2, 118, 20);
  validation.insert(validation.begin() + 60, {21, 22});  // never seen in training
  CountOptions options;
  options.discount = 0.7;
  const auto scores =
      score_ngrams(*file_of(scratch, "t", train), *file_of(scratch, "v", validation), vocabulary, options);
  BOOST_TEST(scores.size() == 5u);
  for (const CountScore& score : scores) {
    double nats = 0;
    for (size_t i = 1; i < validation.size(); ++i) {
      const size_t length = std::min(i, static_cast<size_t>(score.order - 1));
      const Ids context(validation.begin() + static_cast<std::ptrdiff_t>(i - length),
                        validation.begin() + static_cast<std::ptrdiff_t>(i));
      nats -= std::log(slow_p(train, context, validation[i], options.discount, vocabulary));
    }
    BOOST_TEST(score.nats_per_token == nats / 119, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(score.bits_per_byte == nats / std::log(2.0) / 240, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(scores[1].nats_per_token < scores[0].nats_per_token);  // there is order in the text
}

BOOST_AUTO_TEST_CASE(a_models_probabilities_add_up_to_one) {
  const test::Scratch scratch;
  const Ids train = patterned(1, 500, 10);
  const auto file = file_of(scratch, "t", train);
  for (const Ids& context : {Ids{3, 1}, Ids{9, 9}, Ids{11, 2}}) {
    double sum = 0;
    for (int32_t w = 0; w < 12; ++w) {
      Ids text = context;
      text.push_back(w);
      // The score of three tokens is -(log p(second | first) + log p(third | both)) / 2; the pair's is the
      // first part.
      CountOptions options;
      options.max_order = 3;
      const double both =
          score_ngrams(*file, *file_of(scratch, "v", text), 12, options)[2].nats_per_token * 2;
      const double first =
          score_ngrams(*file, *file_of(scratch, "w", context), 12, options)[2].nats_per_token;
      sum += std::exp(first - both);
    }
    BOOST_TEST(sum == 1.0, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(an_enormous_text_is_sampled_and_it_is_said) {
  const test::Scratch scratch;
  const Ids train = patterned(1, 300000, 50), validation = patterned(2, 5000, 50);
  const auto counted = file_of(scratch, "t", train), scored = file_of(scratch, "v", validation);
  CountOptions options;
  const double whole = score_ngrams(*counted, *scored, 50, options)[1].nats_per_token;
  options.limit = 140000;
  std::string said;
  options.say = [&](const std::string& line) { said += line; };
  const double part = score_ngrams(*counted, *scored, 50, options)[1].nats_per_token;
  BOOST_TEST(said.find("300000") != said.npos);
  BOOST_TEST(part != whole);
  BOOST_TEST(std::abs(part - whole) < 0.02);
}

BOOST_AUTO_TEST_CASE(masked_rivals_know_both_neighbours) {
  // "0 x 0" or "1 y 1" with x, y told by the neighbours: the trigram knows all, the unigram half of it.
  const test::Scratch scratch;
  const test::ByteTokenizer tokenizer(true);
  Ids ids;
  for (uint64_t i = 0; i < 3000; ++i) {
    const Ids part = mix64(i) % 2 == 0 ? Ids{10, 20, 10} : Ids{11, 21, 11};
    ids.insert(ids.end(), part.begin(), part.end());
  }
  const auto file = file_of(scratch, "t", ids);
  const auto scores = score_masked_counts(*file, *file, tokenizer);
  BOOST_REQUIRE(scores.size() == 2u);
  std::map<int32_t, double> counts;
  for (const int32_t id : ids) counts[id] += 1.0 / static_cast<double>(ids.size());
  double entropy = 0, best = 0;
  for (const auto& [id, share] : counts) {
    entropy -= share * std::log(share);
    best = std::max(best, share);
  }
  BOOST_TEST(std::abs(scores[0].nats_per_token - entropy) < 0.05);
  BOOST_TEST(std::abs(scores[0].accuracy - best) < 0.05);
  BOOST_TEST(scores[1].accuracy > 0.74);  // the middles for certain, most edges too
  BOOST_TEST(scores[1].nats_per_token < 0.6 * entropy);
}

BOOST_AUTO_TEST_SUITE_END()
