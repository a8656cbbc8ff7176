// A GPU in plain C++: what trainer/backend/cuda/hardware/gpu.h offers, for tests on machines without one.
//
// The CUDA sources are compiled by the ordinary compiler against this header. A launch runs its blocks one
// after the other and each thread of a block as a fiber (block.h), so barriers, shuffles and tensor-core
// instructions are exact meetings of threads. Found and thrown as std::logic_error, with thread and place:
//   * threads of a block at different barriers, or at none while others wait; lanes of a warp likewise
//   * shared memory read before it was written, or outside what the launch asked for
//   * two threads at one place of shared memory without a barrier between them, one of them writing
//   * shared memory read while a copy to it is under way, or by a warpgroup before its writer made it visible
// Which thread goes first is drawn anew at every meeting, so that an order nobody promised does not stand for
// long.
//
// Layouts of mma.m16n8k16, ldmatrix and wgmma.m64n64k16: PTX ISA. Called by: the kernels of
// trainer/backend/cuda.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include "backend/cuda/runtime.h"
#include "kernels/bf16.h"
#include "support/cuda_emulation/block.h"

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define threadIdx (::seedling::gpu::emulated::here().thread)
#define blockIdx (::seedling::gpu::emulated::here().block)
#define blockDim (::seedling::gpu::emulated::here().block_size)
#define gridDim (::seedling::gpu::emulated::here().grid_size)
#define SEEDLING_PLACE \
  ::seedling::gpu::emulated::Place { __FILE__, __LINE__ }
#define __syncthreads() ::seedling::gpu::emulated::block_barrier(SEEDLING_PLACE)
#define __syncwarp() ::seedling::gpu::emulated::warp_barrier(SEEDLING_PLACE)
#define __shfl_xor_sync(lanes, value, step) \
  ::seedling::gpu::emulated::shuffle(SEEDLING_PLACE, lanes, value, [&](int lane) { return lane ^ (step); })
#define __shfl_up_sync(lanes, value, step)                         \
  ::seedling::gpu::emulated::shuffle(SEEDLING_PLACE, lanes, value, \
                                     [&](int lane) { return lane >= (step) ? lane - (step) : lane; })
#define __shfl_sync(lanes, value, from) \
  ::seedling::gpu::emulated::shuffle(SEEDLING_PLACE, lanes, value, [&](int) { return (from); })

namespace seedling::gpu {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;

/// An element of shared memory: reads and writes are checked.
template <typename T>
class SharedElement {
 public:
  explicit SharedElement(size_t at) : at_(at) {}
  operator T() const {
    T value;
    emulated::read_shared(at_, &value, sizeof value);
    return value;
  }
  SharedElement& operator=(T value) {
    emulated::write_shared(at_, &value, sizeof value);
    return *this;
  }
  SharedElement& operator=(const SharedElement& other) { return *this = static_cast<T>(other); }
  SharedElement& operator+=(T value) { return *this = static_cast<T>(*this) + value; }

 private:
  size_t at_;
};

/// A pointer into the block's shared memory: bytes from its beginning.
template <typename T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(size_t at) : at_(at) {}
  SharedElement<T> operator[](int64_t i) const {
    return SharedElement<T>(at_ + static_cast<size_t>(i) * sizeof(T));
  }
  Shared operator+(int64_t i) const { return Shared(at_ + static_cast<size_t>(i) * sizeof(T)); }
  size_t offset() const { return at_; }

 private:
  size_t at_ = 0;
};

class SharedMemory {
 public:
  template <typename T>
  Shared<T> take(int count) {
    const size_t at = used_;
    used_ += (static_cast<size_t>(count) * sizeof(T) + 15) / 16 * 16;
    return Shared<T>(at);
  }

 private:
  size_t used_ = 0;
};

namespace emulated {

/// Every lane gives a value and receives that of the lane it names.
template <typename T, typename From>
T shuffle(Place place, unsigned lanes, T value, From from) {
  const Meeting meeting = meet_warp(place, lanes, &value, sizeof value);
  T received;
  std::memcpy(&received, meeting.given_by(from(here().lane()) & (kWarp - 1)), sizeof received);
  return received;
}

}  // namespace emulated

struct Words {
  uint32_t word[4];
};
inline Words load_words(Shared<uint16_t> from) {
  Words words;
  for (int i = 0; i < 4; ++i)
    words.word[i] = from[2 * i] | static_cast<uint32_t>(static_cast<uint16_t>(from[2 * i + 1])) << 16;
  return words;
}

inline float power_of_two(float x) { return std::exp2(x); }

inline uint32_t pack_bf16(float low, float high) {
  return kernels::bf16_of_float(low) | static_cast<uint32_t>(kernels::bf16_of_float(high)) << 16;
}

inline void copy_async(Shared<uint16_t> to, const uint16_t* from, bool valid) {
  emulated::start_copy(to.offset(), valid ? from : nullptr);
}
inline void copy_async_commit() { emulated::end_copy_group(); }
template <int pending>
void copy_async_wait() {
  emulated::wait_for_copies(pending);
}

void load_matrices(uint32_t (&to)[4], Shared<uint16_t> row);
void load_matrices_transposed(uint32_t (&to)[4], Shared<uint16_t> row);
void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);

constexpr int kPanelRows = 64, kPanelColumns = 64;
/// As hardware/gpu.h has it; what the emulated tensor core reads is worked out by the rule for addresses
/// instead (tensor_core.cpp).
inline int panel_place(int r, int c) { return r * kPanelColumns + ((c / 8) ^ (r % 8)) * 8 + c % 8; }

inline void shared_visible_to_warpgroup() { emulated::make_visible(); }
inline void warpgroup_begin() { __syncwarp(); }
inline void warpgroup_commit() {}
template <int>
void warpgroup_wait() {
  __syncwarp();
}
void warpgroup_product(float (&d)[8][4], bool add, Shared<uint16_t> a, Shared<uint16_t> b, int k);
template <bool add>
void warpgroup_rows_times_rows(float (&d)[8][4], Shared<uint16_t> a, Shared<uint16_t> b, int k) {
  warpgroup_product(d, add, a, b, k);
}
void warpgroup_add_weighted_rows(float (&d)[8][4], const uint32_t (&a)[4], Shared<uint16_t> b, int k);

template <typename... Parameters, typename... Arguments>
void launch(Stream, void (*kernel)(Parameters...), int64_t blocks, int threads, size_t shared_bytes,
            Arguments... arguments) {
  emulated::start([=] {
    emulated::run(blocks, threads, shared_bytes, [&] { kernel(static_cast<Parameters>(arguments)...); });
  });
}

}  // namespace seedling::gpu
