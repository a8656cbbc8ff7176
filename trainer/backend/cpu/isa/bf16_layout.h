// How bf16 operands lie in memory for block products, the same for tiles, dot products and plain arithmetic.
//
// A product c (M, N) = a (M, K) b (K, N) is cut into blocks of 32 x 32 of c, each summed over K in steps of
// 32:
//
//   left block   (a): 32 rows,    [step][32 rows][32 k]
//   right panel  (b): 32 columns, [step][2 halves][16 pairs of k][16 columns][2]
//
// One step of either is 2 KiB, two AMX tiles of 16 rows x 64 bytes. Neighbouring k lie together in pairs
// because both x86 units multiply pairs: TDPBF16PS and VDPBF16PS. What is missing of a last row, column or k
// is zero. Called by: bf16_products.inc.h (packs and multiplies), amx_product.h, cpu_bf16.cpp (owns the
// memory).
#pragma once

#include <cstdint>

namespace seedling {

constexpr int64_t kBlock = 32;                      // rows, columns, and k of a step
constexpr int64_t kStepElements = kBlock * kBlock;  // of one block or panel, one step
constexpr int64_t block_count(int64_t n) { return (n + kBlock - 1) / kBlock; }
/// Elements of the packed form of `n` rows (or columns) over K.
constexpr int64_t packed_elements(int64_t n, int64_t K) {
  return block_count(n) * block_count(K) * kStepElements;
}

/// 32 rows of a left operand where they lie: packed, or rows of a matrix whose columns are a multiple of 32,
/// which need no packing. `wanted`: only the sums of so many first rows are looked at (generation has one):
/// the rows past them may hold anything, and a unit may leave their sums as they were.
struct LeftBlock {
  LeftBlock(const uint16_t* data, int64_t row_stride = kBlock, int64_t step_stride = kStepElements,
            int64_t rows_wanted = kBlock)
      : at(data), row(row_stride), step(step_stride), wanted(rows_wanted) {}
  const uint16_t* at;
  int64_t row, step;  // elements from one row (0: all are one) to the next, and from 32 k to the next 32
  int64_t wanted;
};

/// sums (32, 32) = or += left block times right panel over `steps` steps.
using BlockProduct = void (*)(float* sums, const LeftBlock& left, const uint16_t* right, int64_t steps);

/// Where one block goes as an operand of later products: it as a left block and as a right panel, and its
/// transpose as both. All but `left` may be null: not wanted.
struct BlockForms {
  uint16_t *left, *right, *right_transposed, *left_transposed;
};

/// What to do with the sums of a block of a linear layer's output, of bf16 elements with rows `stride` apart.
struct BlockFinish {
  uint16_t* y;        // = sums + bias + residual, through the activation when there is one
  uint16_t* pre;      // the same before the activation, or null
  bool pre_aside;     // past the caches: it is large, not read soon, and its rows are whole cache lines
  const float* bias;  // of these columns, or null
  const uint16_t* residual;  // or null; may be y
  const uint16_t* slope_at;  // or null: y = sums times the activation's slope at these, and nothing else
  int64_t stride;
  int activation;  // an Activation, or kNoActivation
};
constexpr int kNoActivation = -1;

}  // namespace seedling
