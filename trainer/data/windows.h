// Where the training windows of a token file begin: shuffled anew each epoch, from a random phase. Arithmetic
// only. Called by loaders.cpp.
#pragma once

#include <cstdint>

namespace seedling {

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

}  // namespace seedling
