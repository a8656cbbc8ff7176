// A feature: one encoded example as a model sees it, and batches of features padded to their longest.
//
// Tasks encode examples into features (task.h); training/finetuning.cpp shuffles them into batches, and the
// tasks' own scoring runs them in order of length, so that little of a batch is padding.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "data/batch.h"

namespace seedling {

struct Feature {
  size_t example = 0;            // its number in the list it was encoded from
  std::vector<int32_t> ids;      // never empty
  std::vector<int32_t> types;    // segments; empty: all 0
  std::vector<int32_t> targets;  // language models: what each position is to predict, -1 = no loss
  int32_t label = 0;             // classifiers
  int32_t start = 0, end = 0;    // spans: first and last token of the answer, or `nothing` twice
  int32_t nothing = 0;           // spans: the position that stands for 'no answer'
  int32_t context_at = 0;        // spans: position of the window's first context token
  std::vector<std::pair<size_t, size_t>> offsets;  // spans: bytes of the context, for each of its tokens here

  int64_t length() const { return static_cast<int64_t>(ids.size()); }
};

/// A batch of these features, as long as the longest (rounded up to a multiple of 8 where `longest` allows).
/// Padding is token 0 with no target and lies outside `lengths`.
Batch make_batch(const std::vector<const Feature*>& features, int64_t longest);

/// Hands out all features in batches of similar length, about `tokens` tokens each: take(batch, its members).
void in_batches(const std::vector<Feature>& features, int64_t longest, int64_t tokens,
                const std::function<void(const Batch&, const std::vector<size_t>&)>& take);

}  // namespace seedling
