// Finding added tokens in text: see added_tokens.h.
#include "tokenizer/added_tokens.h"

#include <algorithm>

#include "tokenizer/unicode.h"

namespace seedling {
namespace {

uint8_t class_at(std::string_view text, size_t at) {
  const uint32_t code = character_at(text, at).code;
  return code == kInvalidByte ? 0 : character_classes()[code];
}

/// Where the character that ends at text[end] begins, end > 0.
size_t previous(std::string_view text, size_t end) {
  for (size_t length = 2; length <= 4 && length <= end; ++length)
    if (character_at(text.substr(0, end), end - length).length == length) return end - length;
  return end - 1;
}

bool touches_word(std::string_view text, size_t begin, size_t end) {
  return (begin > 0 && (class_at(text, previous(text, begin)) & kWordCharacter)) ||
         (end < text.size() && (class_at(text, end) & kWordCharacter));
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  const auto first_byte = [](const AddedToken& t) { return static_cast<unsigned char>(t.content[0]); };
  std::sort(tokens_.begin(), tokens_.end(), [&](const AddedToken& a, const AddedToken& b) {
    if (first_byte(a) != first_byte(b)) return first_byte(a) < first_byte(b);
    return a.content.size() != b.content.size() ? a.content.size() > b.content.size() : a.content < b.content;
  });
  size_t next = 0;
  for (size_t byte = 0; byte <= 256; ++byte) {
    while (next < tokens_.size() && first_byte(tokens_[next]) < byte) ++next;
    first_[byte] = static_cast<int32_t>(next);
  }
}

const AddedToken* AddedTokenMatcher::match_at(std::string_view text, size_t at) const {
  const auto byte = static_cast<unsigned char>(text[at]);
  for (int32_t i = first_[byte]; i < first_[byte + 1u]; ++i) {
    const AddedToken& token = tokens_[static_cast<size_t>(i)];
    if (text.compare(at, token.content.size(), token.content) == 0) return &token;
  }
  return nullptr;
}

int32_t AddedTokenMatcher::find(std::string_view text, size_t at, size_t& begin, size_t& end) const {
  for (size_t i = at; !tokens_.empty() && i < text.size(); ++i) {
    const AddedToken* token = match_at(text, i);
    if (token == nullptr) continue;
    begin = i;
    end = i + token->content.size();
    if (token->single_word && touches_word(text, begin, end)) {
      i = end - 1;
      continue;
    }
    while (token->lstrip && begin > at && (class_at(text, previous(text, begin)) & kSpace))
      begin = std::max(at, previous(text, begin));
    while (token->rstrip && end < text.size() && (class_at(text, end) & kSpace))
      end += character_at(text, end).length;
    return token->id;
  }
  begin = end = text.size();
  return -1;
}

}  // namespace seedling
