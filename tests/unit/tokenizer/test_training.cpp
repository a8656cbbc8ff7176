// Training: the same merges as the slow, obvious algorithm, whatever way the text is cut; impossible wishes.
#include <boost/test/unit_test.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support.h"
#include "tokenizer/bpe.h"
#include "tokenizer/bpe_trainer.h"
#include "tokenizer/word_counter.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(tokenizer_training)

namespace {

/// The reference: count all pairs again for each merge.
std::vector<std::pair<int32_t, int32_t>> slow_merges(std::vector<std::vector<int32_t>> words,
                                                     const std::vector<int64_t>& counts, int32_t next,
                                                     int merges) {
  std::vector<std::pair<int32_t, int32_t>> result;
  for (int m = 0; m < merges; ++m) {
    std::map<std::pair<int32_t, int32_t>, int64_t> pairs;
    for (size_t w = 0; w < words.size(); ++w)
      for (size_t i = 0; i + 1 < words[w].size(); ++i) pairs[{words[w][i], words[w][i + 1]}] += counts[w];
    std::pair<int32_t, int32_t> best;
    int64_t most = 1;
    for (const auto& [pair, count] : pairs)  // in ascending order, so the smallest of equals stays
      if (count > most) best = pair, most = count;
    if (most < 2) break;
    result.push_back(best);
    for (auto& word : words) {
      std::vector<int32_t> merged;
      for (size_t i = 0; i < word.size(); ++i) {
        const bool here = i + 1 < word.size() && word[i] == best.first && word[i + 1] == best.second;
        merged.push_back(here ? next : word[i]);
        i += here;
      }
      word = merged;
    }
    ++next;
  }
  return result;
}

std::unique_ptr<Tokenizer> train_in_pieces(const TokenizerOptions& options, size_t length) {
  return train_tokenizer(options, [&](const auto& consume) {
    const std::string_view text = sample_text();
    for (size_t at = 0, end; at < text.size(); at = end) {
      end = std::min(text.size(), at + length);
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
      consume(text.substr(at, end - at));
    }
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(merges_are_those_of_the_slow_algorithm) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    const auto letters = static_cast<int32_t>(2 + random.below(4));
    std::vector<std::vector<int32_t>> words;
    CountedWords counted;
    for (int w = 0; w < 30; ++w) {
      std::vector<int32_t> word(1 + random.below(12));
      for (int32_t& symbol : word)
        symbol = static_cast<int32_t>(random.below(static_cast<uint64_t>(letters)));
      words.push_back(word);
      counted.add(word, static_cast<int64_t>(1 + random.below(5)));
    }
    // Spellings without a common form ("<0>", "<1>" ...), so that no two merges make the same token.
    std::vector<std::string> tokens;
    for (int32_t i = 0; i < letters; ++i) tokens.push_back(concat("<", i, ">"));
    const auto counts = counted.counts;
    const auto merges = learn_merges(tokens, std::move(counted), letters + 40, 2, "");
    // Reused tokens ("ab" + "c", "a" + "bc") make the two differ in ids; compare up to there.
    const auto slow = slow_merges(words, counts, letters, static_cast<int>(merges.size()));
    size_t compared = 0;
    for (; compared < merges.size() && merges[compared].result == letters + static_cast<int32_t>(compared);
         ++compared) {
      BOOST_REQUIRE_EQUAL(merges[compared].left, slow[compared].first);
      BOOST_REQUIRE_EQUAL(merges[compared].right, slow[compared].second);
    }
    BOOST_TEST(compared >= 5u);
  }
}

BOOST_AUTO_TEST_CASE(the_way_the_text_is_cut_changes_nothing) {
  for (const std::string kind : {"bpe", "char", "wordpiece"})
    for (const bool masked : {false, true}) {
      const TokenizerOptions options{kind, 380, masked};
      const auto whole = train_in_pieces(options, sample_text().size());
      for (const size_t length : {1, 2, 7, 100})
        BOOST_TEST(train_in_pieces(options, length)->tokenizer_json() == whole->tokenizer_json());
    }
}

BOOST_AUTO_TEST_CASE(pieces_wait_for_what_follows) {
  WordCounter whole(WordCounter::Rule::kGpt2), cut(WordCounter::Rule::kGpt2);
  const std::string text = "they're  we'll \n\n x'''re'r";
  whole.consume(text);
  for (const char c : text) cut.consume(std::string(1, c));
  whole.finish(), cut.finish();
  BOOST_REQUIRE_EQUAL(whole.words().size(), cut.words().size());
  for (size_t w = 0; w < whole.words().size(); ++w) {
    const auto i = static_cast<int32_t>(w);
    BOOST_TEST(whole.words().key(i) == cut.words().key(i));
    BOOST_TEST(whole.counts()[w] == cut.counts()[w]);
  }
}

BOOST_AUTO_TEST_CASE(sizes_and_special_tokens) {
  const auto bpe = trained("bpe");
  BOOST_TEST(bpe->vocab_size() == 400);
  BOOST_TEST(bpe->kind() == "bpe");
  BOOST_TEST(bpe->special().eos == 399);
  BOOST_TEST(bpe->special().bos == 399);
  BOOST_TEST(bpe->special().mask == -1);
  BOOST_TEST(bpe->token_text(0) == "!");
  BOOST_TEST(bpe->token_text(220) == "Ġ");  // as in GPT-2
  const auto masked = trained("bpe", true);
  BOOST_TEST(masked->vocab_size() == 400);
  const SpecialTokens& special = masked->special();
  BOOST_TEST(
      (special.pad == 0 && special.unk == 1 && special.cls == 2 && special.sep == 3 && special.mask == 4));
  BOOST_TEST(special.eos == -1);
  BOOST_TEST(trained("byte")->vocab_size() == 257);
  BOOST_TEST(trained("byte")->kind() == "byte");
  BOOST_TEST(trained("byte", true)->vocab_size() == 261);
  BOOST_TEST(trained("char")->kind() == "char");
  BOOST_TEST(trained("wordpiece", true)->kind() == "wordpiece");
  BOOST_TEST(trained("wordpiece", true)->special().mask == 4);
}

BOOST_AUTO_TEST_CASE(impossible_wishes) {
  BOOST_CHECK_THROW(trained("bpe", false, 256), UsageError);
  BOOST_CHECK_NO_THROW(trained("bpe", false, 257));
  BOOST_CHECK_THROW(trained("bpe", true, 260), UsageError);
  BOOST_CHECK_THROW(trained("bpe", true, -1), UsageError);
  BOOST_CHECK_THROW(trained("wordpiece", true, 10), UsageError);
  BOOST_CHECK_THROW(trained("sentencepiece"), UsageError);
}

BOOST_AUTO_TEST_CASE(no_text_is_no_catastrophe) {
  for (const std::string kind : {"bpe", "byte", "char", "wordpiece"}) {
    const auto tokenizer = train_tokenizer({kind, 300, true}, [](const auto&) {});
    BOOST_TEST(tokenizer->special().mask == 4);
    tokenizer->encode("a b");
  }
}

BOOST_AUTO_TEST_CASE(long_words_merge_like_short_ones) {
  // The heap and the scan must agree; the reference is the definition: lowest rank, then leftmost.
  const std::vector<Merge> merges = {{0, 1, 2}, {0, 0, 3}, {2, 0, 4}, {3, 1, 5},
                                     {1, 1, 6}, {4, 2, 7}, {6, 5, 8}};
  const MergeTable table(merges);
  Random random(9);
  for (int n : {2, 10, 47, 48, 49, 50, 200, 1000})
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::vector<Symbol> row;
      std::vector<int32_t> slow;
      for (uint32_t i = 0; i < static_cast<uint32_t>(n); ++i) {
        slow.push_back(static_cast<int32_t>(random.below(2)));
        row.push_back({slow.back(), i, i + 1});
      }
      table.apply(row, 0);
      for (;;) {
        uint32_t best = MergeTable::kNone;
        size_t where = 0;
        for (size_t i = 0; i + 1 < slow.size(); ++i)
          if (const uint32_t r = table.rank(slow[i], slow[i + 1]); r < best) best = r, where = i;
        if (best == MergeTable::kNone) break;
        slow[where] = table.result(best);
        slow.erase(slow.begin() + static_cast<ptrdiff_t>(where) + 1);
      }
      BOOST_REQUIRE_EQUAL(row.size(), slow.size());
      for (size_t i = 0; i < row.size(); ++i) {
        BOOST_REQUIRE_EQUAL(row[i].id, slow[i]);
        BOOST_REQUIRE_EQUAL(row[i].begin, i == 0 ? 0 : row[i - 1].end);
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
