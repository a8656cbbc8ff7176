// Starts an op on elements; see elements.cu for what an op is. Called by: elements.cu, parameters.cu.
#pragma once

#include "backend/cuda/pack.h"

namespace seedling::gpu {

/// Elements i, i + V ... of n, spread over all threads of the launch.
template <int V, typename Op>
__global__ void elements(int64_t first, int64_t n, Op op) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x * V;
  for (int64_t i = first + (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * V; i < n;
       i += stride)
    op.template at<V>(i);
}

template <typename Op>
void run_elements(Stream stream, int64_t n, bool by_eight, const Op& op) {
  constexpr int kThreads = 256;
  constexpr int64_t kMostBlocks = 1 << 16;
  const auto blocks = [](int64_t items) {
    const int64_t wanted = (items + kThreads - 1) / kThreads;
    return wanted < kMostBlocks ? wanted : kMostBlocks;
  };
  const int64_t whole = by_eight ? n / kVector * kVector : 0;
  if (whole > 0) launch(stream, elements<kVector, Op>, blocks(whole / kVector), kThreads, 0, 0, whole, op);
  if (whole < n) launch(stream, elements<1, Op>, blocks(n - whole), kThreads, 0, whole, n, op);
}

}  // namespace seedling::gpu
