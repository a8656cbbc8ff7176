// Whatever goes into a byte-level tokenizer comes out again, byte for byte; offsets tile the text.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "support.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(tokenizer_round_trip)

namespace {

constexpr int kStrings = 10000;

void check_round_trip(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::pair<size_t, size_t>> offsets;
  const std::vector<int32_t> ids = tokenizer.encode_with_offsets(text, offsets);
  BOOST_REQUIRE(tokenizer.encode(text) == ids);
  BOOST_REQUIRE(tokenizer.decode(ids, false) == text);
  BOOST_REQUIRE_EQUAL(offsets.size(), ids.size());
  size_t at = 0;
  std::string joined;
  for (size_t i = 0; i < ids.size(); ++i) {
    BOOST_REQUIRE_EQUAL(offsets[i].first, at);
    at = offsets[i].second;
    BOOST_REQUIRE(tokenizer.token_bytes(ids[i]) == text.substr(offsets[i].first, at - offsets[i].first));
    BOOST_REQUIRE_EQUAL(tokenizer.token_id(tokenizer.token_text(ids[i])), ids[i]);
  }
  BOOST_REQUIRE_EQUAL(at, text.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_strings_in_every_byte_level_kind) {
  for (const std::string kind : {"bpe", "byte"})
    for (const bool masked : {false, true}) {
      const auto tokenizer = trained(kind, masked);
      Random random(mix64(masked + kind.size()));
      for (int i = 0; i < kStrings; ++i) check_round_trip(*tokenizer, random_bytes(random, 40));
      for (int i = 0; i < kStrings; ++i) check_round_trip(*tokenizer, random_unicode(random, 30));
    }
}

BOOST_AUTO_TEST_CASE(long_texts_and_words) {
  const auto tokenizer = trained("bpe");
  Random random(3);
  check_round_trip(*tokenizer, sample_text());
  check_round_trip(*tokenizer, random_unicode(random, 100000));
  check_round_trip(*tokenizer, std::string(1000000, 'e'));
  check_round_trip(*tokenizer, std::string(1000000, ' '));
  check_round_trip(*tokenizer, "");
}

BOOST_AUTO_TEST_CASE(characters_of_the_text_come_back) {
  const auto tokenizer = trained("char");
  BOOST_TEST(tokenizer->decode(tokenizer->encode(sample_text())) == sample_text());
  check_round_trip(*tokenizer, "森林 café");
  const std::vector<int32_t> ids = tokenizer->encode("a\xFFz火");  // neither is in the text
  BOOST_REQUIRE_EQUAL(ids.size(), 4u);
  BOOST_TEST(ids[1] == tokenizer->special().unk);
  BOOST_TEST(ids[3] == tokenizer->special().unk);
}

BOOST_AUTO_TEST_CASE(threads_share_a_tokenizer) {
  const auto tokenizer = trained("bpe");
  const std::vector<int32_t> expected = tokenizer->encode(sample_text());
  std::vector<std::vector<int32_t>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) threads.emplace_back([&] { result = tokenizer->encode(sample_text()); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) BOOST_TEST(result == expected);
}

BOOST_AUTO_TEST_SUITE_END()
