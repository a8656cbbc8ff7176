// The gradients of normalisation: of its input, a warp a row, and of gain and bias, sums over rows.
//
//   with h = (x - mean) rstd and g = dy gain:  dx = rstd (g - mean(g) - h mean(g h)); rms has no mean(g)
//   dgain += sum dy h, dbias += sum dy
//
// Rows of up to kFusedColumns channels are read once for all three: a warp keeps a row in registers, and the
// sums of its columns too; in bf16 its next row is on its way meanwhile. Others take two kernels.
#include <type_traits>

#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/sum_columns.h"

namespace seedling::gpu {
namespace {

constexpr int kRowsInBlock = 4, kFusedWarps = 8;
// Two blocks for each of the 132 multiprocessors of an H100; the sums do not depend on the machine.
constexpr int64_t kFusedColumns = 4 * kWarp * kVector, kFusedSlices = 264;
/// Elements of shared memory that a warp keeps rows in: two, of three tensors.
template <int kPacks>
constexpr int kAheadPerWarp = 2 * 3 * kPacks * kWarp * kVector;

template <int V, typename T>
__global__ void norm_backward_rows(T* dx, const T* dy, const T* x, const float* stats, const float* gain,
                                   int64_t N, int64_t C, NormKind kind, bool accumulate) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t n = static_cast<int64_t>(blockIdx.x) * kRowsInBlock + threadIdx.x / kWarp;
  if (n >= N) return;
  const float mean = stats[2 * n], rstd = stats[2 * n + 1];
  const auto at = [&](float(&g)[V], float(&h)[V], int64_t c) {
    load(g, dy + n * C + c);
    load(h, x + n * C + c);
    float rate[V];
    for (int v = 0; v < V; ++v) rate[v] = 1.0f;
    if (gain != nullptr) load(rate, gain + c);
    for (int v = 0; v < V; ++v) g[v] *= rate[v], h[v] = (h[v] - mean) * rstd;
  };
  float mean_g = 0.0f, mean_gh = 0.0f;
  for (int64_t c = lane * V; c < C; c += kWarp * V) {
    float g[V], h[V];
    at(g, h, c);
    for (int v = 0; v < V; ++v) mean_g += g[v], mean_gh += g[v] * h[v];
  }
  mean_g = kind == NormKind::layer ? warp_sum(mean_g) / static_cast<float>(C) : 0.0f;
  mean_gh = warp_sum(mean_gh) / static_cast<float>(C);
  for (int64_t c = lane * V; c < C; c += kWarp * V) {
    float g[V], h[V], before[V];
    at(g, h, c);
    for (int v = 0; v < V; ++v) before[v] = 0.0f;
    if (accumulate) load(before, dx + n * C + c);
    for (int v = 0; v < V; ++v) g[v] = before[v] + rstd * (g[v] - mean_g - h[v] * mean_gh);
    store(dx + n * C + c, g);
  }
}

template <typename T>
struct GainAndBias {
  const T *dy, *x;
  const float* stats;
  int64_t C;
  template <int V>
  __device__ void add(float (&total)[2][V], int64_t n, int64_t c) const {
    float d[V], a[V];
    load(d, dy + n * C + c);
    load(a, x + n * C + c);
    const float mean = stats[2 * n], rstd = stats[2 * n + 1];
    for (int v = 0; v < V; ++v) {
      total[0][v] += d[v] * ((a[v] - mean) * rstd);
      total[1][v] += d[v];
    }
  }
};

/// The packs of a row that a lane reads, of rows in the device's memory.
template <typename T>
struct Rows {
  const T *dy, *x, *dx;  // dx null unless it is added to
  int64_t C;
  int lane;

  __device__ int64_t column(int p) const { return static_cast<int64_t>(p * kWarp + lane) * kVector; }
  __device__ void begin(int64_t, int64_t) {}
  __device__ void next(int64_t, int64_t) {}
  __device__ void done() {}
  __device__ void read(float (&g)[kVector], float (&h)[kVector], int64_t n, int p) const {
    load(g, dy + n * C + column(p));
    load(h, x + n * C + column(p));
  }
  __device__ void read_before(float (&before)[kVector], int64_t n, int p) const {
    load(before, dx + n * C + column(p));
  }
};

/// The same, of bf16, by way of shared memory: the next row is on its way while this one is worked on. A lane
/// reads what it has copied itself, so nobody waits for anybody.
template <int kPacks>
struct RowsAhead : Rows<uint16_t> {
  using Base = Rows<uint16_t>;
  Shared<uint16_t> kept;  // (2 rows, 3 tensors, kPacks, kWarp, kVector)
  int slot = 0;

  __device__ Shared<uint16_t> place(int slot_of, int tensor, int p) const {
    return kept + (((slot_of * 3 + tensor) * kPacks + p) * kWarp + Base::lane) * kVector;
  }
  __device__ void fetch(int slot_of, int64_t n, int64_t end) {
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      const int64_t c = Base::column(p), at = n * Base::C + c;
      if (n >= end || c >= Base::C) continue;
      copy_async(place(slot_of, 0, p), Base::dy + at, true);
      copy_async(place(slot_of, 1, p), Base::x + at, true);
      if (Base::dx != nullptr) copy_async(place(slot_of, 2, p), Base::dx + at, true);
    }
    copy_async_commit();
  }
  __device__ void begin(int64_t n, int64_t end) { fetch(slot = 0, n, end); }
  /// Asks for row n and makes the one asked for before it ready.
  __device__ void next(int64_t n, int64_t end) {
    fetch(slot ^ 1, n, end);
    copy_async_wait<1>();
  }
  __device__ void done() { slot ^= 1; }
  __device__ void read(float (&g)[kVector], float (&h)[kVector], int64_t, int p) const {
    load_shared(g, place(slot, 0, p));
    load_shared(h, place(slot, 1, p));
  }
  __device__ void read_before(float (&before)[kVector], int64_t, int p) const {
    load_shared(before, place(slot, 2, p));
  }
};

/// dx of a slice of rows, and partials (slices, 2, C) of dgain and dbias over it. A lane has kPacks packs of
/// eight columns.
template <int kPacks, typename T, bool kAhead>
__global__ void __launch_bounds__(kFusedWarps* kWarp)
    norm_backward_fused(T* dx, float* partials, const T* dy, const T* x, const float* stats,
                        const float* gain, int64_t N, int64_t C, int64_t rows_in_slice, NormKind kind,
                        bool accumulate) {
  constexpr int V = kVector;
  SharedMemory memory;
  const Shared<float> sums = memory.take<float>(static_cast<int>(2 * C));
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const int64_t begin = blockIdx.x * rows_in_slice,
                end = begin + rows_in_slice < N ? begin + rows_in_slice : N;
  const auto rows_of = [&] {
    const Rows<T> rows = {dy, x, accumulate ? dx : nullptr, C, lane};
    if constexpr (kAhead) {
      return RowsAhead<kPacks>{rows, memory.take<uint16_t>(kFusedWarps * kAheadPerWarp<kPacks>) +
                                         warp * kAheadPerWarp<kPacks>};
    } else {
      return rows;
    }
  };
  auto rows = rows_of();
  float dgain[kPacks][V] = {}, dbias[kPacks][V] = {};
  rows.begin(begin + warp, end);
  for (int64_t n = begin + warp; n < end; n += kFusedWarps) {
    const float mean = stats[2 * n], rstd = stats[2 * n + 1];
    float g[kPacks][V] = {}, h[kPacks][V] = {}, mean_g = 0.0f, mean_gh = 0.0f;
    rows.next(n + kFusedWarps, end);
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      if (rows.column(p) >= C) continue;
      rows.read(g[p], h[p], n, p);
      float rate[V];
      for (int v = 0; v < V; ++v) rate[v] = 1.0f;
      if (gain != nullptr) load(rate, gain + rows.column(p));
#pragma unroll
      for (int v = 0; v < V; ++v) {
        h[p][v] = (h[p][v] - mean) * rstd;
        dgain[p][v] += g[p][v] * h[p][v];
        dbias[p][v] += g[p][v];
        g[p][v] *= rate[v];
        mean_g += g[p][v];
        mean_gh += g[p][v] * h[p][v];
      }
    }
    mean_g = kind == NormKind::layer ? warp_sum(mean_g) / static_cast<float>(C) : 0.0f;
    mean_gh = warp_sum(mean_gh) / static_cast<float>(C);
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      const int64_t c = rows.column(p);
      if (c >= C) continue;
      float before[V] = {};
      if (accumulate) rows.read_before(before, n, p);
#pragma unroll
      for (int v = 0; v < V; ++v) g[p][v] = before[v] + rstd * (g[p][v] - mean_g - h[p][v] * mean_gh);
      store(dx + n * C + c, g[p]);
    }
    rows.done();
  }
  for (int w = 0; w < kFusedWarps; ++w) {  // the warps add their sums one after the other
    if (warp == w) {
#pragma unroll
      for (int p = 0; p < kPacks; ++p) {
        const int64_t c = rows.column(p);
        if (c >= C) continue;
#pragma unroll
        for (int v = 0; v < V; ++v) {
          const float gain_before = w > 0 ? static_cast<float>(sums[c + v]) : 0.0f;
          const float bias_before = w > 0 ? static_cast<float>(sums[C + c + v]) : 0.0f;
          sums[c + v] = gain_before + dgain[p][v];
          sums[C + c + v] = bias_before + dbias[p][v];
        }
      }
    }
    __syncthreads();
  }
  for (int64_t i = threadIdx.x; i < 2 * C; i += kFusedWarps * kWarp)
    partials[blockIdx.x * 2 * C + i] = sums[i];
}

template <int kPacks, typename T>
void start_fused(const NormBackward& call, Stream stream, int64_t slices) {
  const int64_t rows_in_slice = (call.N + slices - 1) / slices;
  size_t shared = static_cast<size_t>(2 * call.C) * sizeof(float);
  const auto start = [&](auto kernel) {
    launch(stream, kernel, slices, kFusedWarps * kWarp, shared, static_cast<T*>(call.dx), call.scratch,
           static_cast<const T*>(call.dy), static_cast<const T*>(call.x), call.stats, call.gain, call.N,
           call.C, rows_in_slice, call.kind, call.accumulate);
  };
  if constexpr (std::is_same_v<T, uint16_t>) {
    const size_t ahead = static_cast<size_t>(kFusedWarps * kAheadPerWarp<kPacks>) * sizeof(uint16_t);
    if (shared + ahead <= call.shared_memory / 2) {  // two blocks a multiprocessor
      shared += ahead;
      return start(norm_backward_fused<kPacks, T, true>);
    }
  }
  start(norm_backward_fused<kPacks, T, false>);
}

template <typename T>
void start_fused(const NormBackward& call, Stream stream, int64_t slices) {
  const int64_t packs = (call.C + kWarp * kVector - 1) / (kWarp * kVector);
  if (packs <= 1) return start_fused<1, T>(call, stream, slices);
  if (packs <= 2) return start_fused<2, T>(call, stream, slices);
  if (packs <= 3) return start_fused<3, T>(call, stream, slices);
  start_fused<4, T>(call, stream, slices);
}

/// How many slices of at least one row for each warp.
int64_t fused_slices(int64_t N) {
  const int64_t wanted = (N + kFusedWarps - 1) / kFusedWarps;
  return wanted < 1 ? 1 : wanted < kFusedSlices ? wanted : kFusedSlices;
}

}  // namespace

int64_t norm_backward_scratch(int64_t N, int64_t C) {
  const int64_t slices = fused_slices(N) > slices_of(N) ? fused_slices(N) : slices_of(N);
  return slices * 2 * C;
}

void norm_backward(Stream stream, DType type, const NormBackward& call) {
  const bool by_eight = call.C % kVector == 0 && aligned(call.dx, call.dy, call.x, call.gain);
  const ColumnSums sums = {{call.dgain, call.dbias}};
  const bool wanted = call.dgain != nullptr || call.dbias != nullptr;
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    if (wanted && by_eight && call.C <= kFusedColumns) {
      const int64_t slices = fused_slices(call.N);
      start_fused<T>(call, stream, slices);
      return finish_columns(stream, sums, call.scratch, 2, call.C, slices);
    }
    const T *dy = static_cast<const T*>(call.dy), *x = static_cast<const T*>(call.x);
    if (wanted) {
      sum_columns<2>(stream, sums, call.scratch, call.N, call.C, call.C % kVector == 0 && aligned(dy, x),
                     GainAndBias<T>{dy, x, call.stats, call.C});
    }
    launch(stream, by_eight ? norm_backward_rows<kVector, T> : norm_backward_rows<1, T>,
           (call.N + kRowsInBlock - 1) / kRowsInBlock, kRowsInBlock * kWarp, 0, static_cast<T*>(call.dx), dy,
           x, call.stats, call.gain, call.N, call.C, call.kind, call.accumulate);
  });
}

}  // namespace seedling::gpu
