// WordPiece: see wordpiece.h.
#include "tokenizer/wordpiece.h"

#include <algorithm>

namespace seedling {
namespace {

bool is_character_start(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

WordPiece::WordPiece(const std::vector<std::string>& tokens, const std::string& continuing_prefix,
                     int32_t unk, int64_t max_characters)
    : unk_(unk), max_characters_(max_characters) {
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens[id];
    add(beginnings_, token, static_cast<int32_t>(id));
    if (token.substr(0, continuing_prefix.size()) == continuing_prefix)
      add(continuations_, token.substr(continuing_prefix.size()), static_cast<int32_t>(id));
  }
}

void WordPiece::add(Side& side, std::string_view text, int32_t id) {
  if (text.empty()) return;
  side.table.insert(text);
  side.ids.push_back(id);
  side.longest = std::max(side.longest, text.size());
}

void WordPiece::encode(std::string_view word, std::vector<Symbol>& out) const {
  const auto size = static_cast<uint32_t>(word.size());
  const size_t first = out.size();
  const auto give_up = [&] {
    out.resize(first);
    out.push_back({unk_, 0, size});
  };
  if (std::count_if(word.begin(), word.end(), is_character_start) > max_characters_) return give_up();

  for (uint32_t begin = 0; begin < size;) {
    const Side& side = begin == 0 ? beginnings_ : continuations_;
    size_t end = std::min<size_t>(size, begin + side.longest);
    int32_t found = -1;
    for (; end > begin; --end) {
      if (end < size && !is_character_start(word[end])) continue;
      found = side.table.find(word.substr(begin, end - begin));
      if (found >= 0) break;
    }
    if (found < 0) return give_up();
    out.push_back({side.ids[static_cast<size_t>(found)], begin, static_cast<uint32_t>(end)});
    begin = static_cast<uint32_t>(end);
  }
}

}  // namespace seedling
