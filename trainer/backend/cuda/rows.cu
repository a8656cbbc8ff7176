// Ops on rows of logits, a block a row: softmax, its loss, the first choice.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"

namespace seedling::gpu {
namespace {

// The loss with rows kept in shared memory: while one block reads or writes, another works.
constexpr int kKeptThreads = 512, kKeptBlocks = 2;

constexpr float kLog2E = 1.4426950408889634f;

/// e^x by the hardware's power of two.
__device__ __forceinline__ float fast_exponential(float x) { return power_of_two(x * kLog2E); }

/// The largest of the elements seen and the sum of exp(x - largest) over them.
struct Softmax {
  float largest = -3.0e38f, sum = 0.0f;
};

__device__ Softmax merged(Softmax a, Softmax b) {
  const float largest = fmaxf(a.largest, b.largest);
  return {largest,
          a.sum * fast_exponential(a.largest - largest) + b.sum * fast_exponential(b.largest - largest)};
}

/// A row in the device's memory, read by packs.
template <typename T>
struct RowInMemory {
  const T* row;
  template <int V>
  __device__ void operator()(float (&a)[V], int64_t c) const {
    load(a, row + c);
  }
};

/// A row of bf16 copied to shared memory; a thread reads what it has copied itself.
struct RowInShared {
  Shared<uint16_t> row;
  __device__ void operator()(float (&a)[kVector], int64_t c) const {
    load_shared(a, row + static_cast<int>(c));
  }
};

/// The row's, the same in every thread of the block. One pass over the row; at most 32 warps.
template <int V, typename Row>
__device__ Softmax softmax_of(const Row& row, int64_t columns, SharedMemory& memory) {
  const Shared<float> tops = memory.take<float>(kWarp), sums = memory.take<float>(kWarp);
  Softmax mine;
  for (int64_t c = static_cast<int64_t>(threadIdx.x) * V; c < columns;
       c += static_cast<int64_t>(blockDim.x) * V) {
    float a[V];
    row(a, c);
    float top = a[0];
    for (int v = 1; v < V; ++v) top = fmaxf(top, a[v]);
    const float largest = fmaxf(mine.largest, top);
    mine.sum *= fast_exponential(mine.largest - largest);
    mine.largest = largest;
    for (int v = 0; v < V; ++v) mine.sum += fast_exponential(a[v] - largest);
  }
  const float top = warp_max(mine.largest);
  const float sum = warp_sum(mine.sum * fast_exponential(mine.largest - top));
  const int warp = static_cast<int>(threadIdx.x) / kWarp, warps = static_cast<int>(blockDim.x) / kWarp;
  if (threadIdx.x % kWarp == 0) {
    tops[warp] = top;
    sums[warp] = sum;
  }
  __syncthreads();
  Softmax all;
  for (int w = 0; w < warps; ++w) all = merged(all, Softmax{tops[w], sums[w]});
  return all;
}

template <int V, typename T>
__global__ void softmax_rows(T* logits, int64_t columns) {
  SharedMemory memory;
  T* row = logits + static_cast<int64_t>(blockIdx.x) * columns;
  const Softmax all = softmax_of<V>(RowInMemory<T>{row}, columns, memory);
  const float factor = 1.0f / all.sum;
  for (int64_t c = static_cast<int64_t>(threadIdx.x) * V; c < columns;
       c += static_cast<int64_t>(blockDim.x) * V) {
    float a[V];
    load(a, row + c);
    for (int v = 0; v < V; ++v) a[v] = fast_exponential(a[v] - all.largest) * factor;
    store(row + c, a);
  }
}

// loss = log sum exp x - x[target];  dx = (softmax(x) - onehot) scale, written over x
template <int V, typename T, typename Row>
__device__ void cross_entropy_of(float* loss, T* logits, const Row& row, int64_t target, int64_t columns,
                                 float gradient_scale, SharedMemory& memory) {
  const float wanted = to_float(logits[target]);  // before anybody writes: softmax_of waits for all
  const Softmax all = softmax_of<V>(row, columns, memory);
  if (threadIdx.x == 0) *loss = kernels::logarithm(all.sum) + (all.largest - wanted);
  if (gradient_scale == 0.0f) return;
  const float factor = gradient_scale / all.sum;
  for (int64_t c = static_cast<int64_t>(threadIdx.x) * V; c < columns;
       c += static_cast<int64_t>(blockDim.x) * V) {
    float a[V];
    row(a, c);
    for (int v = 0; v < V; ++v) a[v] = fast_exponential(a[v] - all.largest) * factor;
    if (c <= target && target < c + V) {
      for (int v = 0; v < V; ++v) a[v] -= c + v == target ? gradient_scale : 0.0f;
    }
    store(logits + c, a);
  }
}

/// A row without a target: no loss, and no gradient.
template <int V, typename T>
__device__ void ignore_row(float* loss, T* logits, int64_t columns, float gradient_scale) {
  if (threadIdx.x == 0) *loss = 0.0f;
  if (gradient_scale == 0.0f) return;
  const float zeros[V] = {};
  for (int64_t c = static_cast<int64_t>(threadIdx.x) * V; c < columns;
       c += static_cast<int64_t>(blockDim.x) * V)
    store(logits + c, zeros);
}

template <int V, typename T>
__global__ void cross_entropy_rows(float* losses, T* logits, const int32_t* targets, int64_t columns,
                                   float gradient_scale) {
  SharedMemory memory;
  const int64_t n = blockIdx.x, target = targets[n];
  T* row = logits + n * columns;
  if (target < 0) return ignore_row<V>(losses + n, row, columns, gradient_scale);
  cross_entropy_of<V>(losses + n, row, RowInMemory<T>{row}, target, columns, gradient_scale, memory);
}

/// The same for rows of bf16 that fit into shared memory: all of a row is on its way at once, and it is read
/// from the device's memory once.
__global__ void __launch_bounds__(kKeptThreads, kKeptBlocks)
    cross_entropy_kept(float* losses, uint16_t* logits, const int32_t* targets, int64_t columns,
                       float gradient_scale) {
  SharedMemory memory;
  const int64_t n = blockIdx.x, target = targets[n];
  uint16_t* row = logits + n * columns;
  if (target < 0) return ignore_row<kVector>(losses + n, row, columns, gradient_scale);
  const Shared<uint16_t> kept = memory.take<uint16_t>(static_cast<int>(columns));
  for (int64_t c = static_cast<int64_t>(threadIdx.x) * kVector; c < columns; c += kKeptThreads * kVector)
    copy_async(kept + static_cast<int>(c), row + c, true);
  copy_async_commit();
  copy_async_wait<0>();
  cross_entropy_of<kVector>(losses + n, row, RowInShared{kept}, target, columns, gradient_scale, memory);
}

/// The larger of two candidates; the lower place where they are equal.
__device__ __forceinline__ void better(float& value, int& place, float other, int other_place) {
  const bool take = other > value || (other == value && other_place < place);
  value = take ? other : value;
  place = take ? other_place : place;
}

template <typename T>
__global__ void argmax_of_rows(int32_t* index, const T* x, int64_t columns) {
  SharedMemory memory;
  const Shared<float> values = memory.take<float>(kWarp);
  const Shared<int> places = memory.take<int>(kWarp);
  const T* row = x + static_cast<int64_t>(blockIdx.x) * columns;
  float value = -INFINITY;
  int place = 0x7FFFFFFF;
  for (int64_t c = threadIdx.x; c < columns; c += blockDim.x)
    better(value, place, to_float(row[c]), static_cast<int>(c));
  for (int step = kWarp / 2; step > 0; step /= 2) {
    const float other = __shfl_xor_sync(kAllLanes, value, step);
    const int other_place = __shfl_xor_sync(kAllLanes, place, step);
    better(value, place, other, other_place);
  }
  if (threadIdx.x % kWarp == 0) {
    values[static_cast<int>(threadIdx.x) / kWarp] = value;
    places[static_cast<int>(threadIdx.x) / kWarp] = place;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 1; w < static_cast<int>(blockDim.x) / kWarp; ++w) better(value, place, values[w], places[w]);
  index[blockIdx.x] = place < columns ? place : 0;  // 0 where nothing is a number
}

/// Threads for a row of so many steps: whole warps, up to 1024. The longer the row, the fewer rows are under
/// way on a multiprocessor, so that the second reading of each still finds it in the cache.
int threads_for(int64_t steps) {
  const int64_t warps = (steps + kWarp - 1) / kWarp;
  return kWarp * static_cast<int>(warps < 1 ? 1 : warps > 32 ? 32 : warps);
}

constexpr size_t kRowShared = 2 * kWarp * sizeof(float);

}  // namespace

void softmax(Stream stream, DType type, void* logits, int64_t N, int64_t V) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    const bool by_eight = V % kVector == 0 && aligned(logits);
    launch(stream, by_eight ? softmax_rows<kVector, T> : softmax_rows<1, T>, N,
           threads_for(by_eight ? V / kVector : V), kRowShared, static_cast<T*>(logits), V);
  });
}

void softmax_cross_entropy(Stream stream, DType type, float* losses, void* logits, const int32_t* targets,
                           int64_t N, int64_t V, float gradient_scale, size_t shared_memory) {
  const bool by_eight = V % kVector == 0 && aligned(logits);
  const size_t kept = static_cast<size_t>(V) * sizeof(uint16_t) + kRowShared;
  if (type == DType::bf16 && by_eight && V >= kKeptThreads * kVector && kept <= shared_memory / kKeptBlocks) {
    return launch(stream, cross_entropy_kept, N, kKeptThreads, kept, losses, static_cast<uint16_t*>(logits),
                  targets, V, gradient_scale);
  }
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    launch(stream, by_eight ? cross_entropy_rows<kVector, T> : cross_entropy_rows<1, T>, N,
           threads_for(by_eight ? V / kVector : V), kRowShared, losses, static_cast<T*>(logits), targets, V,
           gradient_scale);
  });
}

void argmax_rows(Stream stream, DType type, int32_t* index, const void* x, int64_t N, int64_t V) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    launch(stream, argmax_of_rows<T>, N, threads_for(V / 4), kRowShared, index, static_cast<const T*>(x), V);
  });
}

}  // namespace seedling::gpu
