// Batches: windows without replacement, masks as promised, evaluation that predicts every token once.
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "base/random.h"
#include "data/dataset.h"
#include "data/masking.h"
#include "data/token_writer.h"
#include "fakes.h"

using namespace seedling;

namespace {

/// Ids 0, 1, 2, ...: a token's value is its position.
std::shared_ptr<TokenFile> counting_file(const test::Scratch& scratch, int64_t count) {
  TokenWriter writer(scratch.path / "count.tok", 1 << 20);
  std::vector<int32_t> ids(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) ids[static_cast<size_t>(i)] = static_cast<int32_t>(i);
  writer.add(ids);
  writer.finish();
  return TokenFile::open(scratch.path / "count.tok");
}

/// Words of one to four letters between spaces.
std::shared_ptr<TokenFile> word_file(const test::Scratch& scratch, int64_t count) {
  std::string text;
  for (uint64_t i = 0; static_cast<int64_t>(text.size()) < count; ++i)
    text += std::string(1 + mix64(i) % 4, 'a' + i % 26) + " ";
  text.resize(static_cast<size_t>(count));
  TokenWriter writer(scratch.path / "words.tok", 261);
  writer.add(test::ByteTokenizer().encode(text));
  writer.finish();
  return TokenFile::open(scratch.path / "words.tok");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(loaders)

BOOST_AUTO_TEST_CASE(permute_is_a_permutation) {
  for (const uint64_t n : {1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 1025}) {
    for (const uint64_t key : {0, 1, 99}) {
      std::set<uint64_t> images;
      for (uint64_t i = 0; i < n; ++i) {
        const uint64_t image = permute(i, n, key);
        BOOST_TEST(image < n);
        images.insert(image);
      }
      BOOST_TEST(images.size() == n);
    }
  }
  BOOST_TEST(permute(5, uint64_t{1} << 63, 1) != permute(5, uint64_t{1} << 63, 2));
}

BOOST_AUTO_TEST_CASE(permute_spreads_evenly) {
  // The image of each of 8 numbers, over 8,000 keys: every pair within five standard deviations of 1,000.
  int counts[8][8] = {};
  for (uint64_t key = 0; key < 8000; ++key) {
    for (uint64_t i = 0; i < 8; ++i) ++counts[i][permute(i, 8, mix64(key))];
  }
  for (auto& row : counts) {
    for (const int count : row) BOOST_TEST(std::abs(count - 1000) < 5 * 30);
  }
}

BOOST_AUTO_TEST_CASE(an_epoch_takes_every_window_once) {
  const test::Scratch scratch;
  const int64_t T = 16, B = 5;
  const CausalLoader loader(counting_file(scratch, 1003), T, 7);
  const int64_t windows = loader.windows();
  BOOST_TEST(windows == (1003 - T) / T);
  std::map<int64_t, std::set<int64_t>> starts;  // epoch -> first tokens
  std::set<int64_t> phases;
  for (int64_t index = 0; index * B < 20 * windows; ++index) {
    const Batch batch = loader.batch(index, B);
    BOOST_TEST(batch.target_count() == B * T);
    for (int64_t b = 0; b < B; ++b) {
      const int32_t* tokens = batch.tokens.data() + b * T;
      for (int64_t t = 0; t < T; ++t) {
        BOOST_TEST_REQUIRE(tokens[t] == tokens[0] + t);
        BOOST_TEST_REQUIRE(batch.targets[static_cast<size_t>(b * T + t)] == tokens[0] + t + 1);
      }
      BOOST_TEST(tokens[0] + T < 1003);
      starts[(index * B + b) / windows].insert(tokens[0]);
      phases.insert(tokens[0] % T);
    }
  }
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    BOOST_TEST(static_cast<int64_t>(starts[epoch].size()) == windows);
    for (const int64_t start : starts[epoch]) BOOST_TEST(start % T == *starts[epoch].begin() % T);
  }
  BOOST_TEST(phases.size() > 8u);  // 20 epochs, 16 phases
  BOOST_TEST((starts[0] != starts[1]));
}

BOOST_AUTO_TEST_CASE(a_batch_is_a_pure_function_of_seed_and_number) {
  const test::Scratch scratch;
  const auto file = counting_file(scratch, 5000);
  const Batch one = CausalLoader(file, 32, 1).batch(77, 4), same = CausalLoader(file, 32, 1).batch(77, 4);
  BOOST_TEST((one.tokens == same.tokens));
  BOOST_TEST((one.tokens != CausalLoader(file, 32, 2).batch(77, 4).tokens));
  BOOST_TEST((one.tokens != CausalLoader(file, 32, 1).batch(78, 4).tokens));
}

BOOST_AUTO_TEST_CASE(the_smallest_text_has_one_window) {
  const test::Scratch scratch;
  const CausalLoader loader(counting_file(scratch, 17), 16, 1);
  BOOST_TEST(loader.windows() == 1);
  BOOST_TEST(loader.batch(3, 2).tokens[0] == 0);
  BOOST_TEST(test::fails_with([&] { CausalLoader(counting_file(scratch, 16), 16, 1); },
                              {"16 tokens", "17", "--context-length"}));
}

BOOST_AUTO_TEST_CASE(evaluation_predicts_every_token_but_the_first_once) {
  const test::Scratch scratch;
  const test::ByteTokenizer tokenizer;
  for (const int64_t size : {2, 3, 16, 17, 18, 33, 100, 161}) {
    for (const int64_t B : {1, 3}) {
      const auto file = counting_file(scratch, size);
      int64_t next = 1;
      for (const Batch& batch : evaluation_batches(*file, tokenizer, false, B, 16)) {
        for (size_t i = 0; i < batch.targets.size(); ++i) {
          if (batch.targets[i] < 0) continue;
          BOOST_TEST(batch.targets[i] == next++);
          BOOST_TEST(batch.tokens[i] == batch.targets[i] - 1);
        }
      }
      BOOST_TEST(next == size);
    }
  }
  BOOST_TEST(test::fails_with(
      [&] { evaluation_batches(*counting_file(scratch, 1), tokenizer, false, 1, 16); }, {"1 tokens"}));
}

BOOST_AUTO_TEST_CASE(a_limited_evaluation_spreads_over_the_text) {
  const test::Scratch scratch;
  const auto batches =
      evaluation_batches(*counting_file(scratch, 1601), test::ByteTokenizer(), false, 4, 16, 80);
  int64_t targets = 0;
  for (const Batch& batch : batches) targets += batch.target_count();
  BOOST_TEST(targets == 80);
  BOOST_TEST(batches.back().tokens.front() > 1000);
}

BOOST_AUTO_TEST_CASE(masks_are_15_percent_in_80_10_10) {
  const test::Scratch scratch;
  const auto tokenizer = std::make_shared<test::ByteTokenizer>(true);
  const auto file = word_file(scratch, 200000);
  const MaskedLoader loader(file, tokenizer, 16, 102, 3, false);
  int64_t targets = 0, masked = 0, kept = 0, other = 0, rows = 0;
  for (int64_t index = 0; index < 50; ++index) {
    const Batch batch = loader.batch(index);
    for (int64_t b = 0; b < batch.B; ++b, ++rows) {
      const int32_t* row = batch.tokens.data() + b * batch.T;
      BOOST_TEST(row[0] == 258);
      BOOST_TEST(row[101] == 259);
      BOOST_TEST(batch.lengths[static_cast<size_t>(b)] == 102);
      for (int64_t t = 0; t < batch.T; ++t) {
        const int32_t target = batch.targets[static_cast<size_t>(b * batch.T + t)];
        if (target < 0) {
          BOOST_TEST(row[t] != 260);
          continue;
        }
        ++targets;
        (row[t] == 260 ? masked : row[t] == target ? kept : other) += 1;
        BOOST_TEST((row[t] < 256 || row[t] == 260));
      }
    }
  }
  BOOST_TEST(targets == rows * 15);
  // 12,000 draws: four standard deviations are 1.5 % of 80 %, 1.1 % of 10 % (and 1 in 256 random tokens is
  // the true one).
  BOOST_TEST(std::abs(static_cast<double>(masked) / static_cast<double>(targets) - 0.8) < 0.015);
  BOOST_TEST(std::abs(static_cast<double>(kept) / static_cast<double>(targets) - 0.1) < 0.0115);
  BOOST_TEST(std::abs(static_cast<double>(other) / static_cast<double>(targets) - 0.1) < 0.0115);
}

BOOST_AUTO_TEST_CASE(whole_words_go_together) {
  const test::ByteTokenizer tokenizer(true);
  const auto ids = tokenizer.encode(" abc de fghi j klm no pqrs t uvw xy abc de fghi j klm no pqrs t uvw xy");
  for (uint64_t key = 0; key < 200; ++key) {
    std::set<int64_t> chosen;
    for (const int64_t i : choose_masked(ids, tokenizer, key, true)) chosen.insert(i);
    BOOST_TEST(!chosen.empty());
    BOOST_TEST(chosen.size() <= 11u);  // 15 % of 70 and rounding
    for (size_t i = 1; i < ids.size(); ++i) {
      if (ids[i] == ' ') continue;  // within a word: both or neither
      BOOST_TEST(chosen.count(static_cast<int64_t>(i)) == chosen.count(static_cast<int64_t>(i) - 1));
    }
  }
}

BOOST_AUTO_TEST_CASE(special_tokens_are_never_hidden) {
  const test::ByteTokenizer tokenizer(true);
  const std::vector<int32_t> ids = {259, 97, 259, 98, 259, 99};
  for (uint64_t key = 0; key < 50; ++key) {
    for (const int64_t i : choose_masked(ids, tokenizer, key, false))
      BOOST_TEST(ids[static_cast<size_t>(i)] != 259);
  }
  BOOST_TEST(choose_masked({259, 259}, tokenizer, 1, false).empty());
}

BOOST_AUTO_TEST_CASE(masked_evaluation_covers_the_text_and_repeats) {
  const test::Scratch scratch;
  const test::ByteTokenizer tokenizer(true);
  const auto file = word_file(scratch, 1234);
  const auto batches = evaluation_batches(*file, tokenizer, true, 4, 34);
  const auto again = evaluation_batches(*file, tokenizer, true, 4, 34);
  std::vector<int32_t> original;
  int64_t targets = 0;
  for (size_t i = 0; i < batches.size(); ++i) {
    const Batch& batch = batches[i];
    BOOST_TEST((batch.tokens == again[i].tokens));
    BOOST_TEST((batch.targets == again[i].targets));
    targets += batch.target_count();
    for (int64_t b = 0; b < batch.B; ++b) {
      const int64_t length = batch.lengths[static_cast<size_t>(b)];
      for (int64_t t = 1; t + 1 < length; ++t) {
        const size_t at = static_cast<size_t>(b * batch.T + t);
        original.push_back(batch.targets[at] >= 0 ? batch.targets[at] : batch.tokens[at]);
      }
      for (int64_t t = length; t < batch.T; ++t) {
        BOOST_TEST(batch.tokens[static_cast<size_t>(b * batch.T + t)] == 257);
        BOOST_TEST(batch.targets[static_cast<size_t>(b * batch.T + t)] == -1);
      }
    }
  }
  std::vector<int32_t> whole(1234);
  file->read(0, 1234, whole.data());
  BOOST_TEST((original == whole));
  BOOST_TEST(std::abs(static_cast<double>(targets) - 0.15 * 1234) < 25);
}

BOOST_AUTO_TEST_CASE(a_masked_loader_wants_a_masked_tokenizer) {
  const test::Scratch scratch;
  BOOST_TEST(test::fails_with(
      [&] {
        MaskedLoader(word_file(scratch, 500), std::make_shared<test::ByteTokenizer>(), 2, 16, 1, false);
      },
      {"[MASK]"}));
}

BOOST_AUTO_TEST_SUITE_END()
