// Where each row is largest, for every device that has no better way: the rows are read on the host.
//
// Called by: the heads of model/, to count how often a model's first choice is right.
#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/argmax_rows.h"
#include "kernels/bf16.h"

namespace seedling {
namespace {

constexpr int64_t kLanes =
    16;  // maxima kept side by side, so that compilers vectorise the search for the value
constexpr int64_t kRowsAtOnce = 64;

/// First place of the largest element; 0 where none is a number.
template <typename Value>
int32_t argmax(int64_t count, Value value) {
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, -INFINITY);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t k = 0; k < kLanes; ++k) lanes[k] = value(i + k) > lanes[k] ? value(i + k) : lanes[k];
  }
  float largest = *std::max_element(lanes, lanes + kLanes);
  for (; i < count; ++i) largest = std::max(largest, value(i));
  for (i = 0; i < count; ++i) {
    if (value(i) == largest) return static_cast<int32_t>(i);
  }
  return 0;
}

}  // namespace

int32_t argmax_of_row(const Tensor& row) {
  switch (row.dtype()) {
    case DType::f32:
      return argmax(row.size(), [x = row.as<float>()](int64_t i) { return x[i]; });
    case DType::bf16:
      return argmax(row.size(), [x = row.as<uint16_t>()](int64_t i) { return kernels::float_of_bf16(x[i]); });
    default:
      break;
  }
  const double* x =
      row.as<double>();  // of the reference backend, whose close calls a float cannot tell apart
  return static_cast<int32_t>(std::max_element(x, x + row.size()) - x);
}

void Backend::argmax_rows(Tensor index, const Tensor& x) {
  const int64_t N = x.rows();
  std::vector<std::byte> bytes(static_cast<size_t>(std::min(N, kRowsAtOnce) * x.columns()) *
                               size_of(x.dtype()));
  std::vector<int32_t> best(static_cast<size_t>(N));
  for (int64_t begin = 0; begin < N; begin += kRowsAtOnce) {
    const int64_t end = std::min(begin + kRowsAtOnce, N);
    const Tensor rows = x.row_range(begin, end), host(bytes.data(), x.dtype(), {end - begin, x.columns()});
    copy_to_host(bytes.data(), rows.raw(), rows.bytes());
    for (int64_t n = begin; n < end; ++n) best[n] = argmax_of_row(host.row_range(n - begin, n - begin + 1));
  }
  copy_to_device(index.raw(), best.data(), best.size() * sizeof(int32_t));
}

}  // namespace seedling
