// Where each row is largest, for every device that has no better way: the rows are read on the host.
//
// Called by: the heads of model/, to count how often a model's first choice is right.
#include <vector>

#include "backend/backend.h"
#include "kernels/bf16.h"

namespace seedling {
namespace {

template <typename T, typename Order>
int32_t argmax(const T* row, int64_t count, Order value) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i) {
    if (value(row[i]) > value(row[best])) best = i;
  }
  return static_cast<int32_t>(best);
}

}  // namespace

void Backend::argmax_rows(Tensor index, const Tensor& x) {
  const int64_t V = x.columns();
  std::vector<std::byte> bytes(static_cast<size_t>(V) * size_of(x.dtype()));
  std::vector<int32_t> best(static_cast<size_t>(x.rows()));
  const Tensor row(bytes.data(), x.dtype(), {V});
  auto same = [](auto value) { return value; };
  for (int64_t n = 0; n < x.rows(); ++n) {
    copy_to_host(bytes.data(), x.row_range(n, n + 1).raw(), bytes.size());
    switch (x.dtype()) {
      case DType::f32:
        best[n] = argmax(row.as<float>(), V, same);
        break;
      case DType::f64:
        best[n] = argmax(row.as<double>(), V, same);
        break;
      case DType::i32:
        best[n] = argmax(row.as<int32_t>(), V, same);
        break;
      case DType::bf16:
        best[n] = argmax(row.as<uint16_t>(), V, kernels::float_of_bf16);
        break;
    }
  }
  copy_to_device(index.raw(), best.data(), best.size() * sizeof(int32_t));
}

}  // namespace seedling
