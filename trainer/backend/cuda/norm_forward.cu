// Normalisation of rows, a warp a row.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"

namespace seedling::gpu {
namespace {

constexpr int kRowsInBlock = 4;  // each of one warp
// Rows kept in registers: blocks that share them, six for each of the 132 multiprocessors of an H100.
constexpr int64_t kKeptRows = 6 * 132;

// layer: y = (x - mean) / sqrt(var + eps) gain + bias;  rms: y = x / sqrt(mean(x^2) + eps) gain.
// A lane has kPacks packs of eight columns of a row, in registers; its next row is on its way meanwhile.
template <int kPacks, typename T>
__global__ void __launch_bounds__(kRowsInBlock* kWarp)
    norm_forward_kept(T* y, float* stats, const T* x, const float* gain, const float* bias, int64_t N,
                      int64_t C, NormKind kind, float epsilon) {
  constexpr int V = kVector;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kRowsInBlock + threadIdx.x / kWarp;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kRowsInBlock;
  const auto column = [&](int p) { return static_cast<int64_t>(p * kWarp + lane) * V; };
  Pack<T, V> next[kPacks] = {};
  const auto fetch = [&](int64_t n) {
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      if (n < N && column(p) < C)
        next[p] = *reinterpret_cast<const Pack<T, V>*>(x + n * C + column(p));
    }
  };
  fetch(first);
  for (int64_t n = first; n < N; n += stride) {
    float a[kPacks][V], mean = 0.0f, variance = 0.0f;
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      for (int v = 0; v < V; ++v) a[p][v] = to_float(next[p].e[v]);
    }
    fetch(n + stride);
    if (kind == NormKind::layer) {
#pragma unroll
      for (int p = 0; p < kPacks; ++p) {
        for (int v = 0; v < V; ++v) mean += a[p][v];
      }
      mean = warp_sum(mean) / static_cast<float>(C);
    }
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      if (column(p) >= C) continue;
      for (int v = 0; v < V; ++v) variance += (a[p][v] - mean) * (a[p][v] - mean);
    }
    const float rstd = 1.0f / sqrtf(warp_sum(variance) / static_cast<float>(C) + epsilon);
#pragma unroll
    for (int p = 0; p < kPacks; ++p) {
      const int64_t c = column(p);
      if (c >= C) continue;
      float g[V], b[V];
      for (int v = 0; v < V; ++v) g[v] = 1.0f, b[v] = 0.0f;
      if (gain != nullptr) load(g, gain + c);
      if (bias != nullptr) load(b, bias + c);
      for (int v = 0; v < V; ++v) a[p][v] = (a[p][v] - mean) * rstd * g[v] + b[v];
      store(y + n * C + c, a[p]);
    }
    if (lane == 0) {
      stats[2 * n] = mean;
      stats[2 * n + 1] = rstd;
    }
  }
}

// The same for rows of any length. A row fits the first-level cache, so its second and third reading cost
// little.
template <int V, typename T>
__global__ void norm_forward_rows(T* y, float* stats, const T* x, const float* gain, const float* bias,
                                  int64_t N, int64_t C, NormKind kind, float epsilon) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t n = static_cast<int64_t>(blockIdx.x) * kRowsInBlock + threadIdx.x / kWarp;
  if (n >= N) return;
  const T* row = x + n * C;
  float mean = 0.0f;
  if (kind == NormKind::layer) {
    for (int64_t c = lane * V; c < C; c += kWarp * V) {
      float a[V];
      load(a, row + c);
      for (int v = 0; v < V; ++v) mean += a[v];
    }
    mean = warp_sum(mean) / static_cast<float>(C);
  }
  float variance = 0.0f;
  for (int64_t c = lane * V; c < C; c += kWarp * V) {
    float a[V];
    load(a, row + c);
    for (int v = 0; v < V; ++v) variance += (a[v] - mean) * (a[v] - mean);
  }
  const float rstd = 1.0f / sqrtf(warp_sum(variance) / static_cast<float>(C) + epsilon);
  for (int64_t c = lane * V; c < C; c += kWarp * V) {
    float a[V], g[V], b[V];
    load(a, row + c);
    for (int v = 0; v < V; ++v) g[v] = 1.0f, b[v] = 0.0f;
    if (gain != nullptr) load(g, gain + c);
    if (bias != nullptr) load(b, bias + c);
    for (int v = 0; v < V; ++v) a[v] = (a[v] - mean) * rstd * g[v] + b[v];
    store(y + n * C + c, a);
  }
  if (lane == 0) {
    stats[2 * n] = mean;
    stats[2 * n + 1] = rstd;
  }
}

}  // namespace

void norm_forward(Stream stream, DType type, void* y, float* stats, const void* x, const float* gain,
                  const float* bias, int64_t N, int64_t C, NormKind kind, float epsilon) {
  const bool by_eight = C % kVector == 0 && aligned(y, x, gain, bias);
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    const int64_t blocks = (N + kRowsInBlock - 1) / kRowsInBlock;
    const auto start_blocks = [&](auto kernel, int64_t count) {
      launch(stream, kernel, count, kRowsInBlock * kWarp, 0, static_cast<T*>(y), stats,
             static_cast<const T*>(x), gain, bias, N, C, kind, epsilon);
    };
    const auto start = [&](auto kernel) { start_blocks(kernel, blocks < kKeptRows ? blocks : kKeptRows); };
    const int64_t packs = (C + kWarp * kVector - 1) / (kWarp * kVector);
    if (!by_eight) return start_blocks(norm_forward_rows<1, T>, blocks);
    if (packs <= 1) return start(norm_forward_kept<1, T>);
    if (packs <= 2) return start(norm_forward_kept<2, T>);
    if (packs <= 3) return start(norm_forward_kept<3, T>);
    if (packs <= 4) return start(norm_forward_kept<4, T>);
    start_blocks(norm_forward_rows<kVector, T>, blocks);
  });
}

}  // namespace seedling::gpu
