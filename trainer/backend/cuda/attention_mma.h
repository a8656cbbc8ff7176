// Tiles for tensor cores as of compute capability 8.0: mma.sync m16n8k16, its operands brought by ldmatrix.
//
// Rows of a tile are padded by 16 bytes, so that ldmatrix meets no bank twice, and head sizes with zeros to a
// multiple of 32. Called by: attention_mma.cu.
#pragma once

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {

template <int HSp>
struct MmaTiles {
  static constexpr int kHeadSize = HSp, kStride = HSp + 8, kElements = kTileRows * kStride;
  /// Blocks that a multiprocessor is to hold at a time: forward, queries' gradients, keys' gradients.
  static constexpr int kForwardBlocks = HSp <= 64 ? 4 : 2, kQueryBlocks = HSp <= 64 ? 3 : 2,
                       kKeyBlocks = HSp <= 64 ? 2 : 1;
  /// How many pairs of tiles backward holds: two where shared memory allows, so that one is on its way.
  static constexpr int kBackwardStages = HSp <= 96 ? 2 : 1;

  /// The place of row r, channel c.
  static __device__ __forceinline__ int at(int r, int c) { return r * kStride + c; }
  static __device__ __forceinline__ void make_visible() {}
  static __device__ __forceinline__ void begin() {}
  static __device__ __forceinline__ void commit() {}
  template <int pending>
  static __device__ __forceinline__ void wait() {}

  /// scores (16, 64) = the warp's rows of `left` times all rows of `right`.
  static __device__ __forceinline__ void products(Scores& scores, Tile left, Tile right) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
    const Tile a_row = left + at(row + lane % 16, lane / 16 * 8);
    const Tile b_row = right + at(lane / 16 * 8 + lane % 8, lane / 8 % 2 * 8);
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[n][e] = 0.0f;
    }
#pragma unroll
    for (int k = 0; k < HSp / 16; ++k) {
      uint32_t a[4];
      load_matrices(a, a_row + k * 16);
#pragma unroll
      for (int n = 0; n < kTileRows / 16; ++n) {
        uint32_t b[4];
        load_matrices(b, b_row + at(n * 16, k * 16));
        multiply_add(scores[2 * n], a, b[0], b[1]);
        multiply_add(scores[2 * n + 1], a, b[2], b[3]);
      }
    }
  }

  /// sums (16, HSp) += weights (16, 64) times the tile's rows.
  static __device__ __forceinline__ void add_weighted_rows(Sums<HSp>& sums, const Weights& weights,
                                                           Tile tile) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const Tile b_row = tile + at(lane % 16, lane / 16 * 8);
#pragma unroll
    for (int k = 0; k < kTileRows / 16; ++k) {
#pragma unroll
      for (int n = 0; n < HSp / 16; ++n) {
        uint32_t b[4];
        load_matrices_transposed(b, b_row + at(k * 16, n * 16));
        multiply_add(sums[2 * n], weights[k], b[0], b[1]);
        multiply_add(sums[2 * n + 1], weights[k], b[2], b[3]);
      }
    }
  }
};

}  // namespace seedling::gpu
