// What turns one piece of text into tokens: BPE or WordPiece.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace seedling {

/// A token and the bytes [begin, end) of the piece that it covers.
struct Symbol {
  int32_t id;
  uint32_t begin, end;
};

class WordModel {
 public:
  virtual ~WordModel() = default;
  /// Appends the piece's tokens to `out`. Any number of threads may call it at once.
  virtual void encode(std::string_view piece, std::vector<Symbol>& out) const = 0;
};

}  // namespace seedling
