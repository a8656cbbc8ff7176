// A block of 32 x 32 sums on AMX tiles: two tiles of left times two of right make four tiles of sums.
//
// `Unit` is the eight tile registers: the processor's own (amx.cpp), or their model in the tests, which runs
// this very code on CPUs without tiles. Layout: bf16_layout.h. Source: Intel Architecture Instruction Set
// Extensions reference, chapter 3 (TDPBF16PS).
#pragma once

#include "backend/cpu/isa/bf16_layout.h"

namespace seedling {

/// Tile registers: 0 to 3 sums, 4 and 5 left rows 0-15 and 16-31, 6 and 7 right columns 0-15 and 16-31.
/// `add`: the sums go on from those in memory.
template <typename Unit, bool add>
inline void amx_block_product(float* sums, const LeftBlock& left, const uint16_t* right, int64_t steps) {
  constexpr int64_t kTile = kStepElements / 2;  // elements of one tile of 16 rows x 64 bytes
  const uint16_t *upper = left.at, *lower = left.at + 16 * left.row;
  const int64_t row_bytes = left.row * static_cast<int64_t>(sizeof(uint16_t));
  constexpr int64_t kRowBytes = kBlock * sizeof(float);
  if constexpr (add) {
    Unit::template load<0>(sums, kRowBytes);
    Unit::template load<1>(sums + 16, kRowBytes);
    Unit::template load<2>(sums + 16 * kBlock, kRowBytes);
    Unit::template load<3>(sums + 16 * kBlock + 16, kRowBytes);
  } else {
    Unit::template zero<0>();
    Unit::template zero<1>();
    Unit::template zero<2>();
    Unit::template zero<3>();
  }
  for (int64_t step = 0; step < steps; ++step, right += kStepElements) {
    Unit::template load<6>(right, 64);
    Unit::template load<4>(upper, row_bytes);
    Unit::template multiply<0, 4, 6>();
    Unit::template load<7>(right + kTile, 64);
    Unit::template multiply<1, 4, 7>();
    Unit::template load<5>(lower, row_bytes);
    Unit::template multiply<2, 5, 6>();
    Unit::template multiply<3, 5, 7>();
    upper += left.step, lower += left.step;
  }
  Unit::template store<0>(sums, kRowBytes);
  Unit::template store<1>(sums + 16, kRowBytes);
  Unit::template store<2>(sums + 16 * kBlock, kRowBytes);
  Unit::template store<3>(sums + 16 * kBlock + 16, kRowBytes);
}

}  // namespace seedling
