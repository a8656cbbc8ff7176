// Tiles of 64 rows of queries, keys, values and their gradients, of which attention on tensor cores is made.
//
// A block has four warps, and each warp sixteen rows of a tile. How a tile lies in shared memory and how two
// are multiplied depends on the GPU: MmaTiles (attention_mma.h) serves compute capability 8.0 and newer,
// WgmmaTiles (attention_wgmma.h) Hopper. attention_forward.h and attention_backward.h are written once, for
// both. In both, lane l of a warp has rows l / 4 and l / 4 + 8 of its sixteen and columns 8 n + 2 (l % 4) and
// the next; packed to bf16 this layout is a left operand, so probabilities go from one product to the next
// without leaving the registers (FlashAttention-2, Dao 2023).
//
// Called by: attention_forward.h, attention_backward.h.
#pragma once

#include <type_traits>

#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "kernels/dropout.h"

namespace seedling::gpu {

constexpr int kTileRows = 64, kTileWarps = 4, kTileThreads = kTileWarps * kWarp;
constexpr float kLog2E = 1.4426950408889634f;
constexpr float kLowest = -1.0e30f;  // below every score, and no overflow when scaled

using Tile = Shared<uint16_t>;

/// Scores of sixteen rows against a tile, or their gradients: [column / 8][lane's four].
using Scores = float[kTileRows / 8][4];
/// Sums over sixteen rows of HSp channels, likewise.
template <int HSp>
using Sums = float[HSp / 8][4];

/// Probabilities packed to bf16, as left operands of four products of sixteen columns each.
using Weights = uint32_t[kTileRows / 16][4];

__device__ __forceinline__ void pack_weights(Weights& to, const Scores& from) {
#pragma unroll
  for (int k = 0; k < kTileRows / 16; ++k) {
#pragma unroll
    for (int i = 0; i < 4; ++i)
      to[k][i] = pack_bf16(from[2 * k + i / 2][i % 2 * 2], from[2 * k + i / 2][i % 2 * 2 + 1]);
  }
}

/// Pairs of tiles that pass by (keys and values, or queries and their gradients), `count` of them held at a
/// time.
template <typename Tiles, int count>
struct Stages {
  Tile tiles;
  __device__ __forceinline__ Tile first(int stage) const { return tiles + stage * 2 * Tiles::kElements; }
  __device__ __forceinline__ Tile second(int stage) const { return first(stage) + Tiles::kElements; }
};

/// Starts the copy of `valid` of the 64 rows to the tile, 16 bytes at a time; everything else of it becomes
/// zero. Ends no group.
template <typename Tiles>
__device__ __forceinline__ void load_tile(Tile tile, const uint16_t* first, int64_t stride, int valid,
                                          int HS) {
  constexpr int kParts = Tiles::kHeadSize / 8;
#pragma unroll
  for (int i = 0; i < kTileRows * kParts / kTileThreads; ++i) {
    const int at = static_cast<int>(threadIdx.x) + i * kTileThreads;
    const int r = at / kParts, c = at % kParts * 8;
    const bool there = r < valid && c < HS;
    copy_async(tile + Tiles::at(r, c), there ? first + r * stride + c : first, there);
  }
}

/// Waits for the tile that is due; `more`: another was started after it.
template <typename Tiles>
__device__ __forceinline__ void wait_for_tile(bool more) {
  if (more) {
    copy_async_wait<1>();
  } else {
    copy_async_wait<0>();
  }
  Tiles::make_visible();
  __syncthreads();
}

/// Writes rows first + l / 4 and first + l / 4 + 8 (those below `rows`), each times its factor. `to` is row
/// 0.
template <int HSp>
__device__ __forceinline__ void write_rows(uint16_t* to, int64_t stride, int first, int rows, int HS,
                                           const Sums<HSp>& sums, const float (&factors)[2]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int r = first + lane / 4 + half * 8;
    if (r >= rows) continue;
#pragma unroll
    for (int n = 0; n < HSp / 8; ++n) {
      const int c = n * 8 + lane % 4 * 2;
      if (c >= HS) continue;
      *reinterpret_cast<uint32_t*>(to + r * stride + c) =
          pack_bf16(sums[n][2 * half] * factors[half], sums[n][2 * half + 1] * factors[half]);
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

/// Whether each of the queries from t0 on sees all 64 keys from k0 on.
__device__ __forceinline__ bool sees_all(const AttentionCall& call, int t0, int k0, int length) {
  return k0 + kTileRows <= length && (!call.causal || k0 + kTileRows <= t0 + 1);
}

/// The factor of dropout at (t, j).
struct Dropping {
  uint64_t key;
  uint32_t first, threshold, T;  // first: the index of (b, h, 0, 0)
  float keep_scale;
  __device__ __forceinline__ float operator()(int t, int j) const {
    return kernels::dropout_factor(key, first + static_cast<uint32_t>(t) * T + static_cast<uint32_t>(j),
                                   threshold, keep_scale);
  }
};
__device__ __forceinline__ Dropping dropping_of(const AttentionCall& call, int64_t b, int64_t h) {
  return {call.dropout_key, kernels::attention_dropout_index(b, h, 0, 0, call.NH, call.T),
          kernels::dropout_threshold(call.dropout), static_cast<uint32_t>(call.T),
          1.0f / (1.0f - call.dropout)};
}

}  // namespace seedling::gpu
