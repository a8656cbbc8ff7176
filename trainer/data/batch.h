// A batch: what the model is given for one forward and backward pass.
#pragma once

#include <cstdint>
#include <vector>

namespace seedling {

/// B sequences of T tokens each, row-major (B, T), padded where sequences are shorter.
struct Batch {
  int64_t B = 0, T = 0;
  std::vector<int32_t> tokens;   // (B, T)
  std::vector<int32_t> targets;  // (B, T): the id to predict at each position, -1 = no loss here
  std::vector<int32_t> types;    // (B, T) segment ids (BERT); empty = all 0
  std::vector<int32_t> lengths;  // (B): how many leading tokens are real; empty = all T
  // Of fine-tuning tasks:
  std::vector<int32_t> labels;  // (B): class of each sequence (classification)
  double every_position = 0.0;  // share of a classifier's training loss that asks all other positions too
  std::vector<int32_t> starts, ends;  // (B): first and last token of the answer, 0 = no answer (spans)

  /// Number of positions that carry a loss.
  int64_t target_count() const {
    int64_t count = 0;
    for (int32_t target : targets) count += target >= 0;
    return count;
  }
};

}  // namespace seedling
