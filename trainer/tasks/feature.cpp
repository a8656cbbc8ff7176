// Padding and grouping: see feature.h.
#include "tasks/feature.h"

#include <algorithm>
#include <numeric>

namespace seedling {

namespace {

constexpr int64_t kMultiple = 8;

int64_t padded_length(int64_t length, int64_t longest) {
  const int64_t rounded = (length + kMultiple - 1) / kMultiple * kMultiple;
  return std::max(length, std::min(rounded, longest));
}

}  // namespace

Batch make_batch(const std::vector<const Feature*>& features, int64_t longest) {
  Batch batch;
  batch.B = static_cast<int64_t>(features.size());
  for (const Feature* feature : features) batch.T = std::max(batch.T, feature->length());
  batch.T = padded_length(batch.T, longest);
  const auto cells = static_cast<size_t>(batch.B * batch.T);
  batch.tokens.assign(cells, 0);
  batch.types.assign(cells, 0);
  batch.targets.assign(cells, -1);
  for (size_t b = 0; b < features.size(); ++b) {
    const Feature& feature = *features[b];
    const auto at = static_cast<std::ptrdiff_t>(b) * batch.T;
    std::copy(feature.ids.begin(), feature.ids.end(), batch.tokens.begin() + at);
    std::copy(feature.types.begin(), feature.types.end(), batch.types.begin() + at);
    std::copy(feature.targets.begin(), feature.targets.end(), batch.targets.begin() + at);
    batch.lengths.push_back(static_cast<int32_t>(feature.length()));
    batch.labels.push_back(feature.label);
    batch.starts.push_back(feature.start);
    batch.ends.push_back(feature.end);
  }
  return batch;
}

void in_batches(const std::vector<Feature>& features, int64_t longest, int64_t tokens,
                const std::function<void(const Batch&, const std::vector<size_t>&)>& take) {
  std::vector<size_t> order(features.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return features[a].length() < features[b].length(); });
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() &&
           static_cast<int64_t>(end + 1 - begin) * padded_length(features[order[end]].length(), longest) <=
               tokens)
      ++end;
    const std::vector<size_t> members(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                      order.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<const Feature*> chosen;
    for (const size_t member : members) chosen.push_back(&features[member]);
    take(make_batch(chosen, longest), members);
    begin = end;
  }
}

}  // namespace seedling
