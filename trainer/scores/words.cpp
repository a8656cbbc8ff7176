// Words: see words.h.
#include "scores/words.h"

#include <algorithm>
#include <array>

#include "base/files.h"
#include "tokenizer/unicode.h"

namespace seedling {
namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_period_or_comma(char c) { return c == '.' || c == ','; }

/// White space as Python's str.split() knows it: Unicode White_Space and the four ASCII separators.
bool is_python_space(uint32_t c) {
  return (c >= 0x1C && c <= 0x1F) || (c != kInvalidByte && (character_classes()[c] & kSpace) != 0);
}

bool is_word_character(uint32_t c) {
  return c != kInvalidByte && (character_classes()[c] & (kLetter | kNumber)) != 0;
}

std::string lower(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    uint32_t lowered[2];
    const int count = c.code == kInvalidByte ? 0 : to_lower(c.code, lowered);
    for (int i = 0; i < count; ++i) append_utf8(result, lowered[i]);
    if (c.code == kInvalidByte) result += text[at];
    at += c.length;
  }
  return result;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Rewrites every pair of neighbouring characters for which `matches` holds as before + first + between +
/// second + after, scanning from the left without overlap (what re.sub does with a two-character pattern).
template <typename Matches>
std::string rewrite_pairs(const std::string& text, Matches matches, const char* before, const char* between,
                          const char* after) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && matches(text[i], text[i + 1])) {
      result.append(before).append(1, text[i]).append(between).append(1, text[i + 1]).append(after);
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size();) {
    const Character c = at < text.size() ? character_at(text, at) : Character{' ', 1};
    if (is_python_space(c.code)) {
      if (at > begin) words.emplace_back(text.substr(begin, at - begin));
      begin = at + c.length;
    }
    at += c.length;
  }
  return words;
}

std::vector<std::string> tokenize_13a(std::string_view original) {
  std::string text(original);
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  // All the marks that always stand alone: ASCII punctuation but for ' - , .
  std::string spaced = " ";
  for (const char c : text) {
    const bool alone = (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
                       (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
    if (alone) {
      spaced.append(1, ' ').append(1, c).append(1, ' ');
    } else {
      spaced += c;
    }
  }
  spaced += ' ';
  // Periods and commas, unless a digit stands before them; unless a digit follows; dashes after a digit.
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return !is_ascii_digit(a) && is_period_or_comma(b); }, "", " ", " ");
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return is_period_or_comma(a) && !is_ascii_digit(b); }, " ", " ", "");
  spaced = rewrite_pairs(
      spaced, [](char a, char b) { return is_ascii_digit(a) && b == '-'; }, "", " ", " ");
  return split_words(spaced);
}

std::vector<std::string> tokenize_rouge(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : lower(text) + " ") {
    if ((c >= 'a' && c <= 'z') || is_ascii_digit(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

std::string normalize_answer(std::string_view text) {
  static constexpr std::array<std::string_view, 3> kArticles = {"a", "an", "the"};
  std::string plain;
  for (const char c : lower(text)) {
    const bool punctuation =
        (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    if (!punctuation) plain += c;
  }
  // Articles are whole runs of word characters (letters and digits of any script; `_` is gone already).
  std::string kept;
  for (size_t at = 0; at < plain.size();) {
    size_t end = at;
    while (end < plain.size() && is_word_character(character_at(plain, end).code)) {
      end += character_at(plain, end).length;
    }
    const std::string word = plain.substr(at, end - at);
    if (end == at) {
      end += character_at(plain, at).length;
      kept += plain.substr(at, end - at);
    } else {
      kept += std::find(kArticles.begin(), kArticles.end(), word) == kArticles.end() ? word : " ";
    }
    at = end;
  }
  std::string result;
  for (const std::string& word : split_words(kept)) result += (result.empty() ? "" : " ") + word;
  return result;
}

std::vector<uint32_t> visible_characters(std::string_view text) {
  std::vector<uint32_t> characters;
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (!is_python_space(c.code)) characters.push_back(c.code);
    at += c.length;
  }
  return characters;
}

}  // namespace seedling
