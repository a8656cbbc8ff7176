// Byte pair encoding of one piece: see bpe.h.
#include "tokenizer/bpe.h"

#include <algorithm>

#include "tokenizer/byte_alphabet.h"
#include "tokenizer/unicode.h"

namespace seedling {

Bpe::Bpe(const BpeSettings& settings, const std::vector<std::string>& tokens,
         const std::vector<Merge>& merges)
    : settings_(settings), merges_(merges) {
  byte_ids_.fill(-1);
  for (size_t id = 0; id < tokens.size(); ++id) {
    std::string bytes = tokens[id];
    if (bytes.empty() || (settings.byte_level && !unspell_bytes(tokens[id], bytes))) continue;
    symbols_.insert(bytes);
    symbol_ids_.push_back(static_cast<int32_t>(id));
    if (bytes.size() == 1) byte_ids_[static_cast<unsigned char>(bytes[0])] = static_cast<int32_t>(id);
  }
  std::vector<Symbol> row;
  for (size_t i = 0; i < symbol_ids_.size(); ++i) {
    const std::string_view bytes = symbols_.key(static_cast<int32_t>(i));
    if (!settings.ignore_merges) {
      row.clear();
      split(bytes, row);
      merges_.apply(row, 0);
      if (row.size() != 1 || row[0].id != symbol_ids_[i]) continue;
    }
    whole_.insert(bytes);
    whole_ids_.push_back(symbol_ids_[i]);
    longest_whole_ = std::max(longest_whole_, bytes.size());
  }
}

void Bpe::encode(std::string_view piece, std::vector<Symbol>& out) const {
  if (piece.size() <= longest_whole_) {
    if (const int32_t whole = whole_.find(piece); whole >= 0) {
      out.push_back({whole_ids_[static_cast<size_t>(whole)], 0, static_cast<uint32_t>(piece.size())});
      return;
    }
  }
  const size_t first = out.size();
  split(piece, out);
  merges_.apply(out, first);
}

void Bpe::split(std::string_view piece, std::vector<Symbol>& out) const {
  bool after_unknown = false;
  for (size_t at = 0; at < piece.size();) {
    const auto byte = static_cast<unsigned char>(piece[at]);
    uint32_t length = 1;
    int32_t id = -1;
    if (settings_.byte_level || byte < 0x80) {
      id = byte_ids_[byte];
    } else {
      const Character c = character_at(piece, at);
      length = c.length;
      const int32_t found = c.code == kInvalidByte ? -1 : symbols_.find(piece.substr(at, length));
      if (found >= 0) id = symbol_ids_[static_cast<size_t>(found)];
    }
    const auto begin = static_cast<uint32_t>(at), end = static_cast<uint32_t>(at + length);
    at = end;
    const bool unknown = id < 0;
    if (unknown && settings_.fuse_unk && after_unknown)
      out.back().end = end;
    else if (!unknown || settings_.unk >= 0)
      out.push_back({unknown ? settings_.unk : id, begin, end});
    after_unknown = unknown && settings_.unk >= 0;
  }
}

}  // namespace seedling
