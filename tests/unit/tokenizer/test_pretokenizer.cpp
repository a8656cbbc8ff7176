// GPT-2's split, case by case, and the character classes it rests on.
#include <boost/test/unit_test.hpp>

#include "support.h"
#include "tokenizer/pretokenizer.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(tokenizer_pretokenizer)

namespace {

std::string gpt2(const std::string& text) {
  std::string joined;
  for (size_t at = 0, end; at < text.size(); at = end) {
    end = gpt2_piece_end(text, at);
    BOOST_REQUIRE_GT(end, at);
    joined += text.substr(at, end - at) + "|";
  }
  return joined;
}

std::string bert(const std::string& text) {
  std::string joined;
  for (size_t begin = 0, end = 0; next_bert_word(text, end, begin, end);)
    joined += text.substr(begin, end - begin) + "|";
  return joined;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gpt2_pieces) {
  BOOST_TEST(gpt2("Hello world") == "Hello| world|");
  BOOST_TEST(gpt2("a  b") == "a| | b|");
  BOOST_TEST(gpt2("a \n b") == "a| \n| b|");
  BOOST_TEST(gpt2("a\n\nb") == "a|\n|\n|b|");
  BOOST_TEST(gpt2("end  ") == "end|  |");
  BOOST_TEST(gpt2("don't we'll I'M 're") == "don|'t| we|'ll| I|'|M| '|re|");
  BOOST_TEST(gpt2("'s't're've'm'll'd's") == "'s|'t|'re|'ve|'m|'ll|'d|'s|");
  BOOST_TEST(gpt2("'r 'l ''s") == "'|r| '|l| ''|s|");
  BOOST_TEST(gpt2("year1984!? ok") == "year|1984|!?| ok|");
  BOOST_TEST(gpt2("caf\u00e9 cafe\u0301s") == "caf\u00e9| cafe|\u0301|s|");  // a mark is no letter
  BOOST_TEST(gpt2("x\u00a0y\u3000\u3000z") == "x|\u00a0|y|\u3000|\u3000|z|");
  BOOST_TEST(gpt2("\u4e00\u0663\u00bd\u2160!") ==
             "\u4e00|\u0663\u00bd\u2160|!|");      // N: digits, fractions, numerals
  BOOST_TEST(gpt2("a\xff\xfe") == "a|\xff\xfe|");  // not UTF-8: other
  BOOST_TEST(gpt2("\xe6\x97") == "\xe6\x97|");
}

BOOST_AUTO_TEST_CASE(bert_words) {
  BOOST_TEST(bert("  don't  stop!? ") == "don|'|t|stop|!|?|");
  BOOST_TEST(bert("a\u00a0b\u2014c$") == "a|b|\u2014|c|$|");
  BOOST_TEST(bert(" \n") == "");
}

BOOST_AUTO_TEST_CASE(classes_count_what_unicode_16_counts) {
  // Unicode 16.0: 141,028 code points in L, 1,911 in N, 25 with White_Space.
  const uint8_t* classes = character_classes();
  int letters = 0, numbers = 0, spaces = 0;
  for (uint32_t c = 0; c < 0x110000; ++c) {
    letters += (classes[c] & kLetter) != 0;
    numbers += (classes[c] & kNumber) != 0;
    spaces += (classes[c] & kSpace) != 0;
    BOOST_REQUIRE(!(classes[c] & kLetter) || !(classes[c] & (kNumber | kSpace)));
  }
  BOOST_TEST(letters == 141028);
  BOOST_TEST(numbers == 1911);
  BOOST_TEST(spaces == 25);
}

BOOST_AUTO_TEST_CASE(lower_case_and_accents) {
  const auto lower = [](uint32_t c) {
    uint32_t out[2];
    std::string text;
    const int n = to_lower(c, out);
    for (int i = 0; i < n; ++i) append_utf8(text, out[i]);
    return text;
  };
  const auto plain = [](uint32_t c) {
    uint32_t out[3];
    std::string text;
    const int n = strip_accents(c, out);
    for (int i = 0; i < n; ++i) append_utf8(text, out[i]);
    return text;
  };
  BOOST_TEST(lower('A') == "a");
  BOOST_TEST(lower(0xC4) == "ä");
  BOOST_TEST(lower(0x100) == "ā");
  BOOST_TEST(lower(0x101) == "ā");
  BOOST_TEST(lower(0x416) == "ж");
  BOOST_TEST(lower(0x130) == "i\u0307");
  BOOST_TEST(lower(0x10400) == "\U00010428");
  BOOST_TEST(plain(0xE9) == "e");
  BOOST_TEST(plain(0x1EC7) == "e");  // two accents
  BOOST_TEST(plain(0x301) == "");    // the accent itself
  BOOST_TEST(plain(0xAC01) == "\u1100\u1161\u11A8");
  BOOST_TEST(plain(0xAC00) == "\u1100\u1161");
  BOOST_TEST(plain(0xDF) == "ß");
}

BOOST_AUTO_TEST_CASE(strict_utf8) {
  const auto code = [](std::string_view text) { return character_at(text, 0).code; };
  BOOST_TEST(code("\u00e9") == 0xE9u);
  BOOST_TEST(code("\U0010FFFF") == 0x10FFFFu);
  for (const std::string_view bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                                     "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\x80", "\xE2\x82", "\xC3"})
    BOOST_TEST(code(bad) == kInvalidByte);
}

BOOST_AUTO_TEST_SUITE_END()
