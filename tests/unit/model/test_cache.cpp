// Generation with the KV cache: what the full pass says, token for token.
#include "support/model_checks.h"

using namespace seedling;

namespace {

const char* const kCausal[] = {"gpt2", "llama", "qwen3", "seedling"};

std::vector<float> last_row(const std::vector<float>& logits, size_t V) {
  return {logits.end() - V, logits.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cache)

BOOST_AUTO_TEST_CASE(cached_logits_are_those_of_the_full_pass) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : kCausal) {
      Model model(small_config(arch, Objective::causal), backend, false);
      randomize(model, 5);
      const std::vector<int32_t> tokens = some_tokens(8, 6);
      const std::unique_ptr<KvCache> cache = model.make_cache(8);
      // A prompt of three, one by one, then two at once; then back to four tokens and another way on.
      size_t seen = 0;
      for (const size_t count : {3, 1, 1, 2, 1}) {
        const std::vector<int32_t> part(tokens.begin() + seen, tokens.begin() + seen + count);
        seen += count;
        const std::vector<float> full = model.logits(sequence({tokens.begin(), tokens.begin() + seen}));
        BOOST_TEST(difference(last_row(full, 17), model.next_logits(part, *cache)) < 1e-5, arch);
        BOOST_TEST(cache->length() == static_cast<int64_t>(seen));
      }
      cache->truncate(4);
      std::vector<int32_t> other(tokens.begin(), tokens.begin() + 4);
      other.push_back((tokens[4] + 1) % 17);
      const std::vector<float> full = model.logits(sequence(other));
      BOOST_TEST(difference(last_row(full, 17), model.next_logits({other.back()}, *cache)) < 1e-5, arch);
    }
  });
}

BOOST_AUTO_TEST_CASE(greedy_tokens_are_the_same_with_and_without_the_cache) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : kCausal) {
      ModelConfig config = small_config(arch, Objective::causal);
      config.context_length = 40;
      Model model(config, backend, false);
      for (uint64_t seed = 1; seed <= 5; ++seed) {
        randomize(model, seed);
        std::vector<int32_t> with = some_tokens(4, seed), without = with, feed = with;
        const std::unique_ptr<KvCache> cache = model.make_cache(40);
        for (int i = 0; i < 36; ++i) {
          with.push_back(largest(model.next_logits(feed, *cache)));
          feed = {with.back()};
          without.push_back(largest(last_row(model.logits(sequence(without)), 17)));
        }
        BOOST_TEST(with == without, boost::test_tools::per_element());
      }
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
