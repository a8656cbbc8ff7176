// Counting the words of a text: see word_counter.h.
#include "tokenizer/word_counter.h"

#include "tokenizer/pretokenizer.h"
#include "tokenizer/unicode.h"

namespace seedling {
namespace {

constexpr size_t kLongestPart = 256;       // bytes
constexpr size_t kLongestWordPiece = 100;  // bytes

}  // namespace

void WordCounter::consume(std::string_view text) {
  waiting_.append(text);
  size_t done = 0;
  if (rule_ == Rule::kGpt2) done = count_gpt2(waiting_, false);
  if (rule_ == Rule::kBert) done = count_bert(waiting_, false);
  if (rule_ == Rule::kCharacters) done = count_characters(waiting_);
  waiting_.erase(0, done);
}

void WordCounter::finish() {
  if (rule_ == Rule::kGpt2) count_gpt2(waiting_, true);
  if (rule_ == Rule::kBert) count_bert(waiting_, true);
  waiting_.clear();
}

/// Counts all pieces but the last two, which more text could still change ("'" and "r" become "'re").
size_t WordCounter::count_gpt2(std::string_view text, bool last) {
  size_t one = 0, two = 0;  // where the last piece begins, and the one before it
  for (size_t at = 0; at < text.size();) {
    const size_t end = gpt2_piece_end(text, at);
    if (two < one) count(text.substr(two, one - two));
    two = one;
    one = at;
    at = end;
  }
  if (!last) return two;
  if (two < one) count(text.substr(two, one - two));
  if (one < text.size()) count(text.substr(one));
  return text.size();
}

/// Counts up to the last space or line feed.
size_t WordCounter::count_bert(std::string_view text, bool last) {
  if (!last) text = text.substr(0, text.find_last_of(" \n") + 1);
  const std::string normalized = normalizer_.normalize(text, false).text;
  for (size_t begin = 0, end = 0; next_bert_word(normalized, end, begin, end);)
    count(std::string_view(normalized).substr(begin, end - begin));
  return text.size();
}

size_t WordCounter::count_characters(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (c.code != kInvalidByte) count(text.substr(at, c.length));
    at += c.length;
  }
  return text.size();
}

/// A word too long for WordPiece is [UNK], so nothing is to be learnt from it. Other long pieces (a line of
/// base64, a text without spaces) are counted in parts, or each merge would have to walk through them.
void WordCounter::count(std::string_view word) {
  if (rule_ == Rule::kBert && word.size() > kLongestWordPiece) return;
  for (size_t at = 0; at < word.size(); at += kLongestPart) {
    const auto index = static_cast<size_t>(words_.insert(word.substr(at, kLongestPart)));
    if (index == counts_.size()) counts_.push_back(0);
    ++counts_[index];
  }
}

}  // namespace seedling
