// Tokens found in the text itself, before it is cut into pieces: [MASK], <|endoftext|> and the like.
//
// At each place the longest match wins. lstrip and rstrip let a token swallow the white space beside it;
// single_word asks that no word character touches it. Behaviour of the `tokenizers` library's
// AddedVocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

/// An entry of `added_tokens` in tokenizer.json.
struct AddedToken {
  int32_t id = -1;
  std::string content;
  bool single_word = false, lstrip = false, rstrip = false, normalized = false, special = false;
};

class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }

  /// Cuts text[at..] at the next token: plain text [at, begin), then the token's [begin, end). Returns its
  /// id, or -1 with begin = end = text.size() if there is none.
  int32_t find(std::string_view text, size_t at, size_t& begin, size_t& end) const;

 private:
  const AddedToken* match_at(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;    // by first byte, then longest first
  std::array<int32_t, 257> first_{};  // tokens that begin with byte b: [first_[b], first_[b + 1])
};

}  // namespace seedling
