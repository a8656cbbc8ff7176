// Elements of float or bf16 as floats, one or eight at a time (16-byte accesses where the pointers allow).
//
// Called by: every kernel of backend/cuda.
#pragma once

#include <cstdint>

#include "gpu.h"
#include "kernels/bf16.h"
#include "tensor/tensor.h"

namespace seedling::gpu {

constexpr int kVector = 8;

template <typename T, int V>
struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) Pack {
  T e[V];
};

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(uint16_t x) { return kernels::float_of_bf16(x); }
template <typename T>
__device__ __forceinline__ T from_float(float x) {
  if constexpr (sizeof(T) == sizeof(uint16_t)) {
    return kernels::bf16_of_float(x);
  } else {
    return x;
  }
}

template <int V, typename T>
__device__ __forceinline__ void load(float (&to)[V], const T* from) {
  const Pack<T, V> pack = *reinterpret_cast<const Pack<T, V>*>(from);
#pragma unroll
  for (int v = 0; v < V; ++v) to[v] = to_float(pack.e[v]);
}

template <int V, typename T>
__device__ __forceinline__ void store(T* to, const float (&from)[V]) {
  Pack<T, V> pack;
  if constexpr (sizeof(T) == sizeof(uint16_t) && V % 2 == 0) {
#pragma unroll
    for (int v = 0; v < V; v += 2) {
      const uint32_t two = pack_bf16(from[v], from[v + 1]);
      pack.e[v] = static_cast<uint16_t>(two), pack.e[v + 1] = static_cast<uint16_t>(two >> 16);
    }
  } else {
#pragma unroll
    for (int v = 0; v < V; ++v) pack.e[v] = from_float<T>(from[v]);
  }
  *reinterpret_cast<Pack<T, V>*>(to) = pack;
}

/// Eight bf16 of shared memory, at a multiple of 16 bytes.
__device__ __forceinline__ void load_shared(float (&to)[kVector], Shared<uint16_t> from) {
  const Words words = load_words(from);
#pragma unroll
  for (int i = 0; i < kVector / 2; ++i) {
    to[2 * i] = kernels::float_of_bf16(static_cast<uint16_t>(words.word[i]));
    to[2 * i + 1] = kernels::float_of_bf16(static_cast<uint16_t>(words.word[i] >> 16));
  }
}

/// Whether eight elements at a time can be read and written at all of these addresses.
template <typename... Pointers>
bool aligned(const Pointers*... pointers) {
  return ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

/// work(a value of the element type): float for f32, uint16_t for bf16.
template <typename Work>
void with_type(DType type, Work work) {
  if (type == DType::bf16) {
    work(uint16_t{});
  } else {
    work(float{});
  }
}

/// Sum or maximum over the 32 lanes, the same in each of them.
__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step);
  return x;
}
__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, step));
  return x;
}
__device__ __forceinline__ double warp_sum(double x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step);
  return x;
}

}  // namespace seedling::gpu
