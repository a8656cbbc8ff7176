// The optimizers' passes over parameters: one read and one write of each number they touch.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/run_elements.h"

namespace seedling::gpu {
namespace {

constexpr int kAdamWThreads = 256;

template <int V>
__device__ void adamw_pack(const AdamWEntry& entry, int64_t i, const kernels::AdamWConstants& constants) {
  float weight[V], gradient[V], first[V], second[V];
  load(weight, entry.w + i);
  load(gradient, entry.g + i);
  load(first, entry.m + i);
  load(second, entry.v + i);
  for (int k = 0; k < V; ++k)
    kernels::adamw_element(weight[k], gradient[k], first[k], second[k], constants, entry.rate);
  store(entry.w + i, weight);
  store(entry.m + i, first);
  store(entry.v + i, second);
}

/// V elements at a time, and the rest of a span one by one.
template <int V>
__global__ void adamw_spans(const AdamWEntry* entries, int64_t count, kernels::AdamWConstants constants) {
  int64_t low = 0, high = count;  // the last entry that begins at this block or before
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (entries[middle].first_block <= blockIdx.x ? low : high) = middle;
  }
  const AdamWEntry entry = entries[low];
  const int64_t begin = (blockIdx.x - entry.first_block) * kAdamWBlock;
  const int64_t end = begin + kAdamWBlock < entry.size ? begin + kAdamWBlock : entry.size;
  const int64_t whole = begin + (end - begin) / V * V;
  for (int64_t i = begin + threadIdx.x * V; i < whole; i += kAdamWThreads * V)
    adamw_pack<V>(entry, i, constants);
  for (int64_t i = whole + threadIdx.x; i < end; i += kAdamWThreads) adamw_pack<1>(entry, i, constants);
}

struct Momentum {
  float *update, *momentum;
  const float* g;
  float gradient_scale, beta;
  bool nesterov;
  template <int V>
  __device__ void at(int64_t i) const {
    float gradient[V], moved[V];
    load(gradient, g + i);
    load(moved, momentum + i);
    for (int k = 0; k < V; ++k) {
      gradient[k] *= gradient_scale;
      moved[k] = beta * moved[k] + gradient[k];
      gradient[k] = nesterov ? gradient[k] + beta * moved[k] : moved[k];
    }
    store(momentum + i, moved);
    store(update + i, gradient);
  }
};

struct ApplyUpdate {
  float* w;
  const float* update;
  float rate, decay;
  template <int V>
  __device__ void at(int64_t i) const {
    float weight[V], change[V];
    load(weight, w + i);
    load(change, update + i);
    for (int k = 0; k < V; ++k) weight[k] = weight[k] * decay - rate * change[k];
    store(w + i, weight);
  }
};

struct Normalize {
  float* y;
  const double* squared;
  float epsilon;
  template <int V>
  __device__ void at(int64_t i) const {
    const float factor = 1.0f / (static_cast<float>(sqrt(*squared)) + epsilon);
    float a[V];
    load(a, y + i);
    for (int k = 0; k < V; ++k) a[k] *= factor;
    store(y + i, a);
  }
};

constexpr int kNormThreads = 256;

/// Sum over the block, in the order of the warps; the result is in thread 0.
__device__ double block_total(double x, Shared<double> of_warps) {
  x = warp_sum(x);
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  if (threadIdx.x % kWarp == 0) of_warps[warp] = x;
  __syncthreads();
  double total = 0.0;
  if (threadIdx.x == 0) {
    for (int w = 0; w < static_cast<int>(blockDim.x) / kWarp; ++w) total += of_warps[w];
  }
  return total;
}

/// The same elements go to the same thread whatever the machine, so the sum is the same.
__global__ void norm_partials(double* partials, const float* x, int64_t n) {
  SharedMemory memory;
  const Shared<double> of_warps = memory.take<double>(kNormThreads / kWarp);
  double sum = 0.0;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) {
    sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  const double total = block_total(sum, of_warps);
  if (threadIdx.x == 0) partials[blockIdx.x] = total;
}

__global__ void norm_total(double* result, const double* partials, int64_t count) {
  SharedMemory memory;
  const Shared<double> of_warps = memory.take<double>(kNormThreads / kWarp);
  double sum = 0.0;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) sum += partials[i];
  const double total = block_total(sum, of_warps);
  if (threadIdx.x == 0) *result = total;
}

}  // namespace

void adamw(Stream stream, const AdamWEntry* entries, int64_t count, int64_t blocks, bool by_eight,
           const kernels::AdamWConstants& constants) {
  launch(stream, by_eight ? adamw_spans<kVector> : adamw_spans<1>, blocks, kAdamWThreads, 0, entries, count,
         constants);
}

void momentum(Stream stream, float* update, float* momentum, const float* g, int64_t n, float gradient_scale,
              float beta, bool nesterov) {
  run_elements(stream, n, aligned(update, momentum, g),
               Momentum{update, momentum, g, gradient_scale, beta, nesterov});
}

void apply_update(Stream stream, float* w, const float* update, int64_t n, float rate, float decay) {
  run_elements(stream, n, aligned(w, update), ApplyUpdate{w, update, rate, decay});
}

void squared_norm(Stream stream, double* sum, double* partials, const float* x, int64_t n) {
  const int64_t wanted = (n + kNormThreads * 16 - 1) / (kNormThreads * 16);
  const int64_t blocks = wanted < kNormPartials ? (wanted > 0 ? wanted : 1) : kNormPartials;
  const size_t shared = kNormThreads / kWarp * sizeof(double);
  launch(stream, norm_partials, blocks, kNormThreads, shared, partials, x, n);
  launch(stream, norm_total, 1, kNormThreads, shared, sum, partials, blocks);
}

void normalize(Stream stream, float* y, int64_t n, const double* squared, float epsilon) {
  run_elements(stream, n, aligned(y), Normalize{y, squared, epsilon});
}

}  // namespace seedling::gpu
