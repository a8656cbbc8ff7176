// Gradients that are sums over rows: biases, gains and shifts. How the sums are made: sum_columns.h.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/sum_columns.h"

namespace seedling::gpu {
namespace {

template <typename T>
struct Itself {
  const T* x;
  int64_t C;
  template <int V>
  __device__ void add(float (&total)[1][V], int64_t n, int64_t c) const {
    float a[V];
    load(a, x + n * C + c);
    for (int v = 0; v < V; ++v) total[0][v] += a[v];
  }
};

template <typename T>
struct ShiftProduct {
  const T *dy, *x;
  int64_t C, T_;
  template <int V>
  __device__ void add(float (&total)[1][V], int64_t n, int64_t c) const {
    if (n % T_ == 0) return;
    float d[V], before[V];
    load(d, dy + n * C + c);
    load(before, x + (n - 1) * C + c);
    for (int v = 0; v < V; ++v) total[0][v] += d[v] * before[v];
  }
};

}  // namespace

int64_t column_scratch(int64_t N, int64_t C, int outputs) { return slices_of(N) * outputs * C; }

void column_sums(Stream stream, DType type, float* sum, float* scratch, const void* x, int64_t N, int64_t C) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    sum_columns<1>(stream, {{sum, nullptr}}, scratch, N, C, aligned(x) && C % kVector == 0,
                   Itself<T>{static_cast<const T*>(x), C});
  });
}

void shift_backward_parameter(Stream stream, DType type, float* ds, float* scratch, const void* dy,
                              const void* x, int64_t N, int64_t C, int64_t T_) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    sum_columns<1>(stream, {{ds, nullptr}}, scratch, N, C, aligned(dy, x) && C % kVector == 0,
                   ShiftProduct<T>{static_cast<const T*>(dy), static_cast<const T*>(x), C, T_});
  });
}

}  // namespace seedling::gpu
