// Tiles for Hopper's tensor cores: wgmma m64n64k16, which four warps start together and which reads its
// operands from shared memory by itself.
//
// A tile is made of panels of 64 channels: 64 rows of 128 bytes, the 16-byte parts of row r exchanged by
// exclusive or with r % 8, which is what the hardware calls its 128-byte swizzle (PTX ISA, "Asynchronous
// Warpgroup Level Matrix Shared Memory Layout"). The same panel serves as rows times rows and, read
// transposed, as weights times rows. Head sizes are padded with zeros to 64 or 128. Called by:
// attention_wgmma.cu.
#pragma once

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {

template <int HSp>
struct WgmmaTiles {
  static constexpr int kHeadSize = HSp, kPanels = HSp / kPanelColumns, kElements = kTileRows * HSp;
  static constexpr int kForwardBlocks = HSp <= 64 ? 4 : 2, kQueryBlocks = HSp <= 64 ? 3 : 2,
                       kKeyBlocks = HSp <= 64 ? 3 : 2;
  static constexpr int kBackwardStages = HSp <= 64 ? 2 : 1;
  static_assert(kPanelRows == kTileRows && HSp % kPanelColumns == 0);

  static __device__ __forceinline__ Tile panel(Tile tile, int index) {
    return tile + index * kPanelRows * kPanelColumns;
  }
  static __device__ __forceinline__ int at(int r, int c) {
    return c / kPanelColumns * kPanelRows * kPanelColumns + panel_place(r, c % kPanelColumns);
  }
  static __device__ __forceinline__ void make_visible() { shared_visible_to_warpgroup(); }
  static __device__ __forceinline__ void begin() { warpgroup_begin(); }
  static __device__ __forceinline__ void commit() { warpgroup_commit(); }
  template <int pending>
  static __device__ __forceinline__ void wait() {
    warpgroup_wait<pending>();
  }

  static __device__ __forceinline__ void products(Scores& scores, Tile left, Tile right) {
#pragma unroll
    for (int k = 0; k < HSp / 16; ++k) {
      const int index = k * 16 / kPanelColumns, inside = k % (kPanelColumns / 16);
      if (k == 0) {
        warpgroup_rows_times_rows<false>(scores, panel(left, index), panel(right, index), inside);
      } else {
        warpgroup_rows_times_rows<true>(scores, panel(left, index), panel(right, index), inside);
      }
    }
  }

  static __device__ __forceinline__ void add_weighted_rows(Sums<HSp>& sums, const Weights& weights,
                                                           Tile tile) {
#pragma unroll
    for (int p = 0; p < kPanels; ++p) {
      Scores& half = reinterpret_cast<Scores&>(sums[p * kPanelColumns / 8]);
#pragma unroll
      for (int k = 0; k < kTileRows / 16; ++k)
        warpgroup_add_weighted_rows(half, weights[k], panel(tile, p), k);
    }
  }
};

}  // namespace seedling::gpu
