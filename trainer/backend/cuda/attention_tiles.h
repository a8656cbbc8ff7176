// Blocks of 64 x 64 scores on tensor cores: what forward and backward of attention are made of.
//
// A block has four warps, and each warp sixteen rows of a 64-row tile. Tiles of queries, keys, values and
// their gradients lie in shared memory as bf16, rows padded by 16 bytes so that ldmatrix meets no bank twice,
// and head sizes padded with zeros to a multiple of 32. In an accumulator of sixteen rows, lane l has rows l
// / 4 and l / 4 + 8 and columns 8 n + 2 (l % 4) and the next (gpu.h, multiply_add); the same layout, packed
// to bf16, is a left operand, so probabilities go from one product to the next without leaving the registers
// (FlashAttention-2, Dao 2023).
//
// Called by: attention_forward.cu, attention_backward.cu.
#pragma once

#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "kernels/dropout.h"

namespace seedling::gpu {

constexpr int kTileRows = 64, kTileWarps = 4, kTileThreads = kTileWarps * kWarp;
constexpr float kLog2E = 1.4426950408889634f, kLn2 = 0.6931471805599453f;

using Tile = Shared<uint16_t>;

template <int HSp>
constexpr int kTileStride = HSp + 8;
template <int HSp>
constexpr int kTileElements = kTileRows* kTileStride<HSp>;

/// Pairs of tiles that pass by (keys and values, or queries and their gradients), `count` of them held at a
/// time.
template <int HSp, int count>
struct Stages {
  Tile tiles;
  __device__ __forceinline__ Tile first(int stage) const { return tiles + stage * 2 * kTileElements<HSp>; }
  __device__ __forceinline__ Tile second(int stage) const { return first(stage) + kTileElements<HSp>; }
};

/// Scores of sixteen rows against a tile, or their gradients: [column / 8][lane's four].
using Scores = float[kTileRows / 8][4];

/// Starts the copy of `valid` of the 64 rows to the tile; everything else of it becomes zero. Ends no group.
template <int HSp>
__device__ void load_tile(Tile tile, const uint16_t* first, int64_t stride, int valid, int HS,
                          bool by_eight) {
  constexpr int kParts = HSp / 8;
  if (by_eight) {
    for (int i = static_cast<int>(threadIdx.x); i < kTileRows * kParts; i += kTileThreads) {
      const int r = i / kParts, c = i % kParts * 8;
      const bool there = r < valid && c < HS;
      copy_async(tile + (r * kTileStride<HSp> + c), there ? first + r * stride + c : first, there);
    }
    return;
  }
  for (int i = static_cast<int>(threadIdx.x); i < kTileRows * HSp; i += kTileThreads) {
    const int r = i / HSp, c = i % HSp;
    tile[r * kTileStride<HSp> + c] = r < valid && c < HS ? first[r * stride + c] : static_cast<uint16_t>(0);
  }
}

/// scores (16, 64) += rows [row, row + 16) of `left` times all rows of `right`.
template <int HSp>
__device__ __forceinline__ void add_products(Scores& scores, Tile left, int row, Tile right) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const Tile a_row = left + ((row + lane % 16) * kTileStride<HSp> + lane / 16 * 8);
  const Tile b_row = right + ((lane / 16 * 8 + lane % 8) * kTileStride<HSp> + lane / 8 % 2 * 8);
#pragma unroll
  for (int k = 0; k < HSp / 16; ++k) {
    uint32_t a[4];
    load_matrices(a, a_row + k * 16);
#pragma unroll
    for (int n = 0; n < kTileRows / 16; ++n) {
      uint32_t b[4];
      load_matrices(b, b_row + (n * 16 * kTileStride<HSp> + k * 16));
      multiply_add(scores[2 * n], a, b[0], b[1]);
      multiply_add(scores[2 * n + 1], a, b[2], b[3]);
    }
  }
}

/// sums (16, HSp) += weights (16, 64) times the tile's rows.
template <int HSp>
__device__ __forceinline__ void add_weighted_rows(float (&sums)[HSp / 8][4], const Scores& weights,
                                                  Tile tile) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const Tile b_row = tile + (lane % 16 * kTileStride<HSp> + lane / 16 * 8);
#pragma unroll
  for (int k = 0; k < kTileRows / 16; ++k) {
    const uint32_t a[4] = {pack_bf16(weights[2 * k][0], weights[2 * k][1]),
                           pack_bf16(weights[2 * k][2], weights[2 * k][3]),
                           pack_bf16(weights[2 * k + 1][0], weights[2 * k + 1][1]),
                           pack_bf16(weights[2 * k + 1][2], weights[2 * k + 1][3])};
#pragma unroll
    for (int n = 0; n < HSp / 16; ++n) {
      uint32_t b[4];
      load_matrices_transposed(b, b_row + (k * 16 * kTileStride<HSp> + n * 16));
      multiply_add(sums[2 * n], a, b[0], b[1]);
      multiply_add(sums[2 * n + 1], a, b[2], b[3]);
    }
  }
}

/// Writes rows first + l / 4 and first + l / 4 + 8 (those below `rows`), each times its factor. `to` is row
/// 0.
template <int HSp>
__device__ void write_rows(uint16_t* to, int64_t stride, int first, int rows, int HS,
                           const float (&sums)[HSp / 8][4], const float (&factors)[2]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const bool pairs = HS % 2 == 0 && stride % 2 == 0 && reinterpret_cast<uintptr_t>(to) % 4 == 0;
  for (int half = 0; half < 2; ++half) {
    const int r = first + lane / 4 + half * 8;
    if (r >= rows) continue;
#pragma unroll
    for (int n = 0; n < HSp / 8; ++n) {
      const int c = n * 8 + lane % 4 * 2;
      uint16_t* at = to + r * stride + c;
      const uint32_t packed =
          pack_bf16(sums[n][2 * half] * factors[half], sums[n][2 * half + 1] * factors[half]);
      if (pairs && c < HS) {
        *reinterpret_cast<uint32_t*>(at) = packed;
        continue;
      }
      if (c < HS) at[0] = static_cast<uint16_t>(packed & 0xFFFFu);
      if (c + 1 < HS) at[1] = static_cast<uint16_t>(packed >> 16);
    }
  }
}

/// Sum or maximum over the four lanes that share a row.
__device__ __forceinline__ float row_sum(float x) {
  x += __shfl_xor_sync(kAllLanes, x, 1);
  return x + __shfl_xor_sync(kAllLanes, x, 2);
}
__device__ __forceinline__ float row_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, 1));
  return fmaxf(x, __shfl_xor_sync(kAllLanes, x, 2));
}

/// How many keys of sequence b can be seen at all.
__device__ __forceinline__ int keys_of(const AttentionCall& call, int64_t b) {
  const int T = static_cast<int>(call.T), length = call.lengths != nullptr ? call.lengths[b] : T;
  return length < 0 ? 0 : length < T ? length : T;
}

/// The factor of dropout at (t, j).
struct Dropping {
  uint64_t key;
  uint32_t first, threshold, T;  // first: the index of (b, h, 0, 0)
  float keep_scale;
  bool active;
  __device__ __forceinline__ float operator()(int t, int j) const {
    return kernels::dropout_factor(key, first + static_cast<uint32_t>(t) * T + static_cast<uint32_t>(j),
                                   threshold, keep_scale);
  }
};
__device__ __forceinline__ Dropping dropping_of(const AttentionCall& call, int64_t b, int64_t h) {
  return {call.dropout_key,
          kernels::attention_dropout_index(b, h, 0, 0, call.NH, call.T),
          kernels::dropout_threshold(call.dropout),
          static_cast<uint32_t>(call.T),
          1.0f / (1.0f - call.dropout),
          call.dropout > 0.0f};
}

/// Whether rows of tiles can be copied 16 bytes at a time.
inline bool tiles_by_eight(const AttentionCall& call) {
  return call.HS % 8 == 0 && call.query_stride % 8 == 0 && call.key_stride % 8 == 0 &&
         aligned(call.query, call.key, call.value, call.dout);
}

/// work(head size padded to a multiple of 32), a constant.
template <typename Work>
void with_head_size(int64_t HS, Work work) {
  if (HS <= 32) return work(std::integral_constant<int, 32>{});
  if (HS <= 64) return work(std::integral_constant<int, 64>{});
  if (HS <= 96) return work(std::integral_constant<int, 96>{});
  work(std::integral_constant<int, 128>{});
}

}  // namespace seedling::gpu
