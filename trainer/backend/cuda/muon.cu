// Muon's passes over all matrices of one shape at once; the products between them are batched
// (cuda_parameters.cpp).
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"

namespace seedling::gpu {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;
constexpr int64_t kElementsInBlock = kThreads * kVector * 4;

struct Momentum {
  const MuonEntry* entries;
  int64_t size, blocks;  // elements of a matrix, and blocks that share them
  float gradient_scale, beta;

  /// work(the first of V elements) for those of this thread.
  template <int V, typename Work>
  __device__ void each(Work work) const {
    const int64_t begin = blockIdx.x % blocks * kElementsInBlock;
    const int64_t end = begin + kElementsInBlock < size ? begin + kElementsInBlock : size;
    for (int64_t i = begin + threadIdx.x * V; i < end; i += kThreads * V) work(i);
  }
};

/// The momentum, and the sum of squares of the update over the block.
template <int V>
__global__ void move(Momentum call, double* partials) {
  SharedMemory memory;
  const Shared<double> of_warps = memory.take<double>(kWarps);
  const MuonEntry entry = call.entries[blockIdx.x / call.blocks];
  double sum = 0.0;
  call.each<V>([&](int64_t i) {
    float g[V], m[V];
    load(g, entry.gradient + i);
    load(m, entry.momentum + i);
    for (int v = 0; v < V; ++v) {
      g[v] *= call.gradient_scale;
      m[v] = call.beta * m[v] + g[v];
      const double update = g[v] + call.beta * m[v];
      sum += update * update;
    }
    store(entry.momentum + i, m);
  });
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) of_warps[static_cast<int>(threadIdx.x) / kWarp] = sum;
  __syncthreads();
  if (threadIdx.x > 0) return;
  double total = 0.0;
  for (int w = 0; w < kWarps; ++w) total += of_warps[w];
  partials[blockIdx.x] = total;
}

/// factors[matrix] = 1 / (length + epsilon), by one warp.
__global__ void lengths(double* factors, const double* partials, int64_t blocks, float epsilon) {
  double sum = 0.0;
  for (int64_t i = threadIdx.x; i < blocks; i += kWarp) sum += partials[blockIdx.x * blocks + i];
  sum = warp_sum(sum);
  if (threadIdx.x == 0) factors[blockIdx.x] = 1.0 / (sqrt(sum) + epsilon);
}

template <int V>
__global__ void begin_iteration(Momentum call, uint16_t* x, int64_t stride, const double* factors) {
  const int64_t matrix = blockIdx.x / call.blocks;
  const MuonEntry entry = call.entries[matrix];
  const float factor = static_cast<float>(factors[matrix]);
  call.each<V>([&](int64_t i) {
    float g[V], m[V];
    load(g, entry.gradient + i);
    load(m, entry.momentum + i);
    for (int v = 0; v < V; ++v) g[v] = (g[v] * call.gradient_scale + call.beta * m[v]) * factor;
    store(x + matrix * stride + i, g);
  });
}

template <int V>
__global__ void end_iteration(Momentum call, const uint16_t* x, int64_t stride) {
  const int64_t matrix = blockIdx.x / call.blocks;
  const MuonEntry entry = call.entries[matrix];
  call.each<V>([&](int64_t i) {
    float w[V], change[V];
    load(w, entry.weight + i);
    load(change, x + matrix * stride + i);
    for (int v = 0; v < V; ++v) w[v] -= entry.rate * change[v];
    store(entry.weight + i, w);
  });
}

}  // namespace

int64_t muon_partials(int64_t size) { return (size + kElementsInBlock - 1) / kElementsInBlock; }

void muon_begin(Stream stream, uint16_t* x, int64_t stride, const MuonEntry* entries, int64_t count,
                int64_t size, double* partials, bool by_eight, float gradient_scale, float beta,
                float epsilon) {
  const int64_t blocks = muon_partials(size);
  const Momentum call = {entries, size, blocks, gradient_scale, beta};
  double* factors = partials + count * blocks;
  launch(stream, by_eight ? move<kVector> : move<1>, count * blocks, kThreads, kWarps * sizeof(double), call,
         partials);
  launch(stream, lengths, count, kWarp, 0, factors, partials, blocks, epsilon);
  launch(stream, by_eight ? begin_iteration<kVector> : begin_iteration<1>, count * blocks, kThreads, 0, call,
         x, stride, factors);
}

void muon_end(Stream stream, const MuonEntry* entries, const uint16_t* x, int64_t stride, int64_t count,
              int64_t size, bool by_eight) {
  const int64_t blocks = muon_partials(size);
  const Momentum call = {entries, size, blocks, 0.0f, 0.0f};
  launch(stream, by_eight ? end_iteration<kVector> : end_iteration<1>, count * blocks, kThreads, 0, call, x,
         stride);
}

}  // namespace seedling::gpu
