// Tokens by id and ids by token. Made by the reader, kept by the tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/string_table.h"

namespace seedling {

class Vocabulary {
 public:
  /// Id of a token, -1 if there is none.
  int32_t find(std::string_view token) const {
    const int32_t index = table_.find(token);
    return index < 0 ? -1 : ids_[static_cast<size_t>(index)];
  }
  /// The token of an id, "" for an id that is unused or out of range.
  const std::string& token(int32_t id) const {
    static const std::string kNone;
    return id < 0 || static_cast<size_t>(id) >= tokens_.size() ? kNone : tokens_[static_cast<size_t>(id)];
  }
  /// Adds a new token, not "", under a free id.
  void add(const std::string& token, int32_t id) {
    table_.insert(token);
    ids_.push_back(id);
    if (tokens_.size() <= static_cast<size_t>(id)) tokens_.resize(static_cast<size_t>(id) + 1);
    tokens_[static_cast<size_t>(id)] = token;
  }

  /// Number of tokens, without the unused ids between them.
  size_t count() const { return ids_.size(); }
  /// By id, "" for an unused one; its size is the highest id + 1.
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
  StringTable table_;
  std::vector<int32_t> ids_;  // by number in table_
};

}  // namespace seedling
