// Sums over rows: gradients of biases, gains and shifts.
//
// The rows are cut into slices; each block sums one slice of a tile of columns, its eight warps in turn, and
// a second kernel adds the slices in their order. No atomics: the same sum, bit for bit, every time.
//
// Called by: columns.cu, rotate.cu. An op is an object whose add<V>(total, n, c) adds its values at row n,
// columns c .. c + V - 1 to total[output][V].
#pragma once

#include "backend/cuda/pack.h"

namespace seedling::gpu {

constexpr int kSumWarps = 8;
constexpr int64_t kMostSlices = 128, kRowsInSlice = 64;  // at least so many rows a slice

inline int64_t slices_of(int64_t N) {
  const int64_t wanted = (N + kRowsInSlice - 1) / kRowsInSlice;
  return wanted < 1 ? 1 : wanted < kMostSlices ? wanted : kMostSlices;
}

/// partials (slices, outputs, C): sums over a slice of rows of what `op` adds for each element.
template <int V, int outputs, typename Op>
__global__ void column_partials(float* partials, int64_t N, int64_t C, int64_t tiles, int64_t rows_in_slice,
                                Op op) {
  SharedMemory memory;
  const Shared<float> sums = memory.take<float>(kSumWarps * outputs * kWarp * V);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const int64_t tile = blockIdx.x % tiles, slice = blockIdx.x / tiles;
  const int64_t column = (tile * kWarp + lane) * V;
  const int64_t begin = slice * rows_in_slice, end = begin + rows_in_slice < N ? begin + rows_in_slice : N;
  float total[outputs][V] = {};
  if (column < C) {
    for (int64_t n = begin + warp; n < end; n += kSumWarps) op.template add<V>(total, n, column);
  }
  for (int o = 0; o < outputs; ++o) {
    for (int v = 0; v < V; ++v) sums[((warp * outputs + o) * V + v) * kWarp + lane] = total[o][v];
  }
  __syncthreads();
  // Thread t of the block finishes one (output, v, lane) of the tile at a time.
  for (int i = static_cast<int>(threadIdx.x); i < outputs * V * kWarp; i += kSumWarps * kWarp) {
    const int64_t c = (tile * kWarp + i % kWarp) * V + i / kWarp % V;
    const int o = i / (kWarp * V);
    if (c >= C) continue;
    float sum = 0.0f;
    for (int w = 0; w < kSumWarps; ++w) sum += sums[w * outputs * V * kWarp + i];
    partials[(slice * outputs + o) * C + c] = sum;
  }
}

/// Where sums go, null where nobody asked.
struct ColumnSums {
  float* to[2];
};

/// sums.to[o] (C) += partials (slices, outputs, C): eight warps take the slices in turn, a lane a column.
static __global__ void __launch_bounds__(kSumWarps* kWarp)
    add_partials(ColumnSums sums, const float* partials, int outputs, int64_t C, int64_t slices) {
  SharedMemory memory;
  const Shared<float> parts = memory.take<float>(kSumWarps * kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const int64_t tiles = (C + kWarp - 1) / kWarp, o = blockIdx.x / tiles;
  const int64_t c = blockIdx.x % tiles * kWarp + lane;
  float sum = 0.0f;
  if (c < C) {
    for (int64_t s = warp; s < slices; s += kSumWarps) sum += partials[(s * outputs + o) * C + c];
  }
  parts[warp * kWarp + lane] = sum;
  __syncthreads();
  float* to = o == 0 ? sums.to[0] : sums.to[1];
  if (warp > 0 || c >= C || to == nullptr) return;
  for (int w = 1; w < kSumWarps; ++w) sum += parts[w * kWarp + lane];
  to[c] += sum;
}

inline void finish_columns(Stream stream, const ColumnSums& sums, const float* partials, int outputs,
                           int64_t C, int64_t slices) {
  launch(stream, add_partials, outputs * ((C + kWarp - 1) / kWarp), kSumWarps * kWarp,
         kSumWarps * kWarp * sizeof(float), sums, partials, outputs, C, slices);
}

/// sums.to[o] (C) += the sums of output o.
template <int outputs, typename Op>
void sum_columns(Stream stream, const ColumnSums& sums, float* scratch, int64_t N, int64_t C, bool by_eight,
                 const Op& op) {
  const int64_t slices = slices_of(N), rows_in_slice = (N + slices - 1) / slices;
  const int V = by_eight ? kVector : 1;
  const int64_t tiles = (C + kWarp * V - 1) / (kWarp * V);
  const size_t shared = static_cast<size_t>(kSumWarps * outputs * kWarp * V) * sizeof(float);
  if (by_eight) {
    launch(stream, column_partials<kVector, outputs, Op>, tiles * slices, kSumWarps * kWarp, shared, scratch,
           N, C, tiles, rows_in_slice, op);
  } else {
    launch(stream, column_partials<1, outputs, Op>, tiles * slices, kSumWarps * kWarp, shared, scratch, N, C,
           tiles, rows_in_slice, op);
  }
  finish_columns(stream, sums, scratch, outputs, C, slices);
}

}  // namespace seedling::gpu
