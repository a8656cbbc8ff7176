// Where the windows of a token file begin. Called by loaders.cpp and evaluation.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace seedling {

/// Of one long text: side by side, shuffled anew each epoch, from a random phase. Arithmetic only.
class Windows {
 public:
  /// Windows of `stride + extra` tokens, `stride` apart, in a text of `size` tokens.
  Windows(int64_t size, int64_t stride, int64_t extra, uint64_t seed);
  int64_t count() const { return count_; }  // windows an epoch
  /// First token of window `number` (0, 1, ...) in the endless row of epochs.
  int64_t start(int64_t number) const;

 private:
  int64_t stride_, count_, phases_;
  uint64_t seed_;
};

/// Of a text of documents: each window begins where a document does, so that what it says of one has the
/// document's beginning before it. Reads [s, s + T) for the s returned, in order; a document that a window
/// cuts begins the next one anew, unless it is longer than a window: then the next window goes on at the cut.
/// `end` is the token behind each document, with which the next one is taken to begin, as when the model
/// writes from nothing; where it does not occur, the windows lie side by side. (Ding et al. 2024, "Fewer
/// truncations improve language modeling", cut fewer still, by packing.)
struct DocumentWindows {
  std::vector<int64_t> starts;
  int64_t documents = 0;  // how often `end` was met
};
DocumentWindows document_windows(const TokenFile& tokens, int32_t end, int64_t T);

}  // namespace seedling
