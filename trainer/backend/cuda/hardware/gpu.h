// What the kernels need of a GPU beyond CUDA's own words, in one place: shared memory, tile loads, tensor
// cores.
//
// The kernels (*.cu) know nothing else of the machine, so the same sources also run in the ordinary tests
// without a GPU: tests/support/cuda_emulation/gpu.h offers the same names as plain C++, with each thread of a
// block a fiber, and finds races, divergent barriers and reads of what was never written. CMake chooses by
// the include path.
//
// Layouts of the tensor core's operands: PTX ISA, "Matrix fragments for mma.m16n8k16", "ldmatrix" and
// "Asynchronous Warpgroup Level Matrix Multiply-Accumulate Instructions".
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "backend/cuda/runtime.h"
#include "kernels/bf16.h"

namespace seedling::gpu {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;

/// A pointer into the block's shared memory.
template <typename T>
using Shared = T*;

/// Hands out the block's dynamic shared memory piece by piece, each at a multiple of 16 bytes.
class SharedMemory {
 public:
  template <typename T>
  __device__ __forceinline__ Shared<T> take(int count) {
    extern __shared__ __align__(1024) uint4 bytes[];
    char* piece = reinterpret_cast<char*>(bytes) + used_;
    used_ += (count * static_cast<int>(sizeof(T)) + 15) / 16 * 16;
    return reinterpret_cast<T*>(piece);
  }

 private:
  int used_ = 0;
};

/// Eight bf16 of shared memory, at a multiple of 16 bytes, in one access: two of them a word, the first in
/// the low half.
struct Words {
  uint32_t word[4];
};
__device__ __forceinline__ Words load_words(Shared<uint16_t> from) {
  const uint4 words = *reinterpret_cast<const uint4*>(from);
  return {{words.x, words.y, words.z, words.w}};
}

/// 2^x, to 2 units in the last place; the hardware's own.
__device__ __forceinline__ float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Two floats rounded to bf16, the first in the low half: one instruction where there is one.
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
#if __CUDA_ARCH__ >= 800
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return kernels::bf16_of_float(low) | static_cast<uint32_t>(kernels::bf16_of_float(high)) << 16;
#endif
}

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

/// Starts a copy of 16 bytes to shared memory; zeros where `valid` is false (nothing is read then).
__device__ __forceinline__ void copy_async(Shared<uint16_t> to, const uint16_t* from, bool valid) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(to));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from), "r"(bytes));
}
/// Ends a group of copies.
__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;"); }
/// Waits until at most `pending` of this thread's groups are under way.
template <int pending>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending));
}

/// Four 8 x 8 matrices of bf16: lane 8 m + r gives the address of row r of matrix m. Lane l receives elements
/// (l / 4, 2 (l % 4)) and the next of each.
__device__ __forceinline__ void load_matrices(uint32_t (&to)[4], Shared<uint16_t> row) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address)
               : "memory");
}
/// The same, each matrix transposed on the way: lane l receives elements (2 (l % 4), l / 4) and the one
/// below.
__device__ __forceinline__ void load_matrices_transposed(uint32_t (&to)[4], Shared<uint16_t> row) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address)
               : "memory");
}

/// d (16, 8) += a (16, 16) b (16, 8), bf16 products summed in fp32. With g = lane / 4 and t = lane % 4:
///   a[0] (g, 2t..)  a[1] (g + 8, 2t..)  a[2] (g, 2t + 8..)  a[3] (g + 8, 2t + 8..)    b[0] (2t.., g)  b[1]
///   (2t + 8.., g) d[0], d[1] (g, 2t..)   d[2], d[3] (g + 8, 2t..)
__device__ __forceinline__ void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint32_t b0,
                                             uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#endif

/// Hopper's tensor cores read panels from shared memory: 64 rows of 64 bf16, 128 bytes each, at a multiple of
/// 1024 bytes.
constexpr int kPanelRows = 64, kPanelColumns = 64;

/// Where row r, column c of a panel lies: the 16-byte parts of a row are exchanged, so that no bank is met
/// twice.
__device__ __forceinline__ int panel_place(int r, int c) {
  return r * kPanelColumns + ((c / 8) ^ (r % 8)) * 8 + c % 8;
}

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || !defined(__CUDA_ARCH__)

/// What this thread wrote to shared memory can be read by warpgroup products, after the next barrier.
__device__ __forceinline__ void shared_visible_to_warpgroup() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
/// Before the first product of several: registers are as this thread left them.
__device__ __forceinline__ void warpgroup_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
/// Ends a group of products.
__device__ __forceinline__ void warpgroup_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Waits until at most `pending` groups are under way.
template <int pending>
__device__ __forceinline__ void warpgroup_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

/// The hardware's description of a panel, `offset` bytes from its beginning: where, in units of 16 bytes;
/// 1024 bytes from eight rows to the next eight; the 128-byte swizzle.
__device__ __forceinline__ uint64_t describe_panel(Shared<uint16_t> panel, uint32_t offset) {
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(panel));
  const uint32_t place = (address >> 4 | 1u << 16) + offset / 16, kind = 1024 / 16 | 1u << 30;
  return static_cast<uint64_t>(kind) << 32 | place;
}

#define SEEDLING_SUMS                                                                                     \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
  "%22, "                                                                                                 \
  "%23, %24, %25, %26, %27, %28, %29, %30, %31}"
#define SEEDLING_FOUR(kind, n) kind(d[n][0]), kind(d[n][1]), kind(d[n][2]), kind(d[n][3])
#define SEEDLING_ALL(kind)                                                                        \
  SEEDLING_FOUR(kind, 0), SEEDLING_FOUR(kind, 1), SEEDLING_FOUR(kind, 2), SEEDLING_FOUR(kind, 3), \
      SEEDLING_FOUR(kind, 4), SEEDLING_FOUR(kind, 5), SEEDLING_FOUR(kind, 6), SEEDLING_FOUR(kind, 7)

/// Starts d (64, 64) = or += a b^T, over columns [16 k, 16 k + 16) of both panels. Warp w has rows 16 w to 16
/// w + 15 of d, a lane its four of each eight columns as in multiply_add.
template <bool add>
__device__ __forceinline__ void warpgroup_rows_times_rows(float (&d)[8][4], Shared<uint16_t> a,
                                                          Shared<uint16_t> b, int k) {
  const uint64_t left = describe_panel(a, 32u * static_cast<unsigned>(k)),
                 right = describe_panel(b, 32u * static_cast<unsigned>(k));
  if constexpr (add) {
    asm volatile(
        "{ .reg .pred all; setp.eq.b32 all, 0, 0;\n"
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " SEEDLING_SUMS ", %32, %33, all, 1, 1, 0, 0; }"
        : SEEDLING_ALL("+f")
        : "l"(left), "l"(right));
  } else {
    asm volatile(
        "{ .reg .pred none; setp.ne.b32 none, 0, 0;\n"
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " SEEDLING_SUMS
        ", %32, %33, none, 1, 1, 0, 0; }"
        : SEEDLING_ALL("=f")
        : "l"(left), "l"(right));
  }
}
/// Starts d (64, 64) += a b over rows [16 k, 16 k + 16) of the panel b; a: these sixteen columns of the
/// weights, in registers as in multiply_add.
__device__ __forceinline__ void warpgroup_add_weighted_rows(float (&d)[8][4], const uint32_t (&a)[4],
                                                            Shared<uint16_t> b, int k) {
  asm volatile(
      "{ .reg .pred all; setp.eq.b32 all, 0, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " SEEDLING_SUMS
      ", {%32, %33, %34, %35}, %36, all, 1, 1, 1; }"
      : SEEDLING_ALL("+f")
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(describe_panel(b, 2048u * static_cast<unsigned>(k))));
}

#undef SEEDLING_ALL
#undef SEEDLING_FOUR
#undef SEEDLING_SUMS

#endif

/// Starts kernel(arguments...) on blocks x threads, with so many bytes of shared memory a block.
template <typename... Parameters, typename... Arguments>
void launch(Stream stream, void (*kernel)(Parameters...), int64_t blocks, int threads, size_t shared_bytes,
            Arguments... arguments) {
  if (blocks <= 0) return;
  if (shared_bytes > 48 * 1024) {
    cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                         static_cast<int>(shared_bytes));
  }
  kernel<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), shared_bytes, stream>>>(
      static_cast<Parameters>(arguments)...);
}

}  // namespace seedling::gpu
