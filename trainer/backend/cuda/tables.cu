// Tables: rows fetched by index, and the gradient that goes back to them.
//
// Many tokens send their gradient to one row. So that the sums are the same every time, and no thread waits
// for another's atomic, the tokens are sorted by row first (a stable radix sort, four bits a pass), and each
// row's run of tokens is summed in order. Runs are cut at every kRun tokens, so that a frequent token's long
// run has many hands; the pieces are joined in order.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/run_elements.h"

namespace seedling::gpu {
namespace {

// --- fetching
// -----------------------------------------------------------------------------------------------------

template <typename T>
struct Gather {
  T* y;
  const float* table;
  const int32_t* index;
  int64_t C;
  bool accumulate;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t n = i / C;
    float a[V];
    load(a, table + index[n] * C + (i - n * C));
    if (accumulate) {
      float before[V];
      load(before, y + i);
      for (int v = 0; v < V; ++v) a[v] += before[v];
    }
    store(y + i, a);
  }
};

template <typename T>
struct Pick {
  T* y;
  const T* x;
  const int32_t* index;
  int64_t C;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t m = i / C;
    float a[V];
    load(a, x + index[m] * C + (i - m * C));
    store(y + i, a);
  }
};

template <typename T>
struct Unpick {
  T* dx;
  const T* dy;
  const int32_t* index;
  int64_t C;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t m = i / C, to = index[m] * C + (i - m * C);
    float a[V], before[V];
    load(a, dy + i);
    load(before, dx + to);
    for (int v = 0; v < V; ++v) a[v] += before[v];
    store(dx + to, a);
  }
};

// --- sorting
// --------------------------------------------------------------------------------------------------------

constexpr int kThreads = 256, kKeys = 8;  // keys of a thread, neighbours
constexpr int kTile = kThreads * kKeys;
constexpr int kBits = 4, kDigits = 1 << kBits;

/// counters[digit, thread] becomes the number of the tile's keys that go before the thread's first of that
/// digit: all of smaller digits, and those of the same digit in threads before it.
__device__ void rank_digits(const Shared<int>& counters, const Shared<int>& of_warps, const int32_t* keys,
                            int64_t N, int64_t first, int shift) {
  const int t = static_cast<int>(threadIdx.x);
  for (int d = 0; d < kDigits; ++d) counters[d * kThreads + t] = 0;
  for (int64_t n = first; n < N && n < first + kKeys; ++n)
    counters[(keys[n] >> shift & (kDigits - 1)) * kThreads + t] += 1;
  __syncthreads();
  // An exclusive scan of all counters: each thread takes kDigits neighbours.
  int mine = 0;
  for (int i = 0; i < kDigits; ++i) mine += counters[t * kDigits + i];
  int before = mine;
  for (int step = 1; step < kWarp; step *= 2) {
    const int left = __shfl_up_sync(kAllLanes, before, step);
    if (t % kWarp >= step) before += left;
  }
  if (t % kWarp == kWarp - 1) of_warps[t / kWarp] = before;
  __syncthreads();
  before -= mine;
  for (int w = 0; w < t / kWarp; ++w) before += of_warps[w];
  for (int i = 0; i < kDigits; ++i) {
    const int count = counters[t * kDigits + i];
    counters[t * kDigits + i] = before;
    before += count;
  }
  __syncthreads();
}

__device__ __forceinline__ int64_t first_key() {
  return static_cast<int64_t>(blockIdx.x) * kTile + static_cast<int64_t>(threadIdx.x) * kKeys;
}

/// histogram (digits, tiles): how many of each tile's keys have each digit.
__global__ void count_digits(int32_t* histogram, const int32_t* keys, int64_t N, int shift) {
  SharedMemory memory;
  const Shared<int> counters = memory.take<int>(kDigits * kThreads), of_warps = memory.take<int>(kWarp);
  rank_digits(counters, of_warps, keys, N, first_key(), shift);
  const int d = static_cast<int>(threadIdx.x);
  if (d >= kDigits) return;
  const int64_t left = N - static_cast<int64_t>(blockIdx.x) * kTile;
  const int end =
      d + 1 < kDigits ? counters[(d + 1) * kThreads] : static_cast<int>(left < kTile ? left : kTile);
  histogram[d * static_cast<int64_t>(gridDim.x) + blockIdx.x] = end - counters[d * kThreads];
}

/// An exclusive scan in place, by one block.
__global__ void scan(int32_t* values, int64_t count) {
  SharedMemory memory;
  const Shared<int> of_threads = memory.take<int>(kThreads);
  const int t = static_cast<int>(threadIdx.x);
  const int64_t each = (count + kThreads - 1) / kThreads, begin = t * each;
  const int64_t end = begin + each < count ? begin + each : count;
  int sum = 0;
  for (int64_t i = begin; i < end; ++i) sum += values[i];
  of_threads[t] = sum;
  __syncthreads();
  int before = 0;
  for (int i = 0; i < t; ++i) before += of_threads[i];
  for (int64_t i = begin; i < end; ++i) {
    const int value = values[i];
    values[i] = before;
    before += value;
  }
}

/// Moves each key and its token to its place; `order` null: the tokens are 0, 1, 2 ...
__global__ void place_keys(int32_t* keys_out, int32_t* order_out, const int32_t* keys, const int32_t* order,
                           const int32_t* histogram, int64_t N, int shift) {
  SharedMemory memory;
  const Shared<int> counters = memory.take<int>(kDigits * kThreads), of_warps = memory.take<int>(kWarp);
  const int64_t first = first_key();
  rank_digits(counters, of_warps, keys, N, first, shift);
  const Shared<int> starts = memory.take<int>(kDigits);  // of the digits in this tile
  const int t = static_cast<int>(threadIdx.x);
  if (t < kDigits) starts[t] = counters[t * kThreads];
  __syncthreads();
  for (int64_t n = first; n < N && n < first + kKeys; ++n) {
    const int digit = keys[n] >> shift & (kDigits - 1);
    const int rank = counters[digit * kThreads + t];
    counters[digit * kThreads + t] = rank + 1;
    const int64_t to = histogram[digit * static_cast<int64_t>(gridDim.x) + blockIdx.x] + rank - starts[digit];
    keys_out[to] = keys[n];
    order_out[to] = order != nullptr ? order[n] : static_cast<int32_t>(n);
  }
}

// --- summing
// --------------------------------------------------------------------------------------------------------

constexpr int kRun = 32;

/// Sums the runs of kRun sorted tokens, a thread a column. A run that goes on from the left, or goes on to
/// the right, leaves its part in `lefts` or `rights` (tiles, C).
template <typename T>
__global__ void sum_runs(float* dtable, float* lefts, float* rights, const int32_t* keys,
                         const int32_t* order, const T* dy, int64_t N, int64_t C, int64_t column_tiles) {
  const int64_t tile = blockIdx.x / column_tiles;
  const int64_t c = blockIdx.x % column_tiles * blockDim.x + threadIdx.x;
  if (c >= C) return;
  const int64_t begin = tile * kRun, end = begin + kRun < N ? begin + kRun : N;
  bool from_left = begin > 0 && keys[begin - 1] == keys[begin];
  float sum = 0.0f;
  for (int64_t j = begin; j < end; ++j) {
    const int64_t key = keys[j];
    sum += to_float(dy[order[j] * C + c]);
    const bool goes_on = j + 1 < N && keys[j + 1] == key;
    if (goes_on && j + 1 < end) continue;
    if (from_left) {
      lefts[tile * C + c] = sum;
    } else if (goes_on) {
      rights[tile * C + c] = sum;
    } else {
      dtable[key * C + c] += sum;
    }
    from_left = false;
    sum = 0.0f;
  }
}

/// Joins the parts of runs longer than a tile: the tile in which one begins adds those of the tiles after it.
__global__ void join_runs(float* dtable, const float* lefts, const float* rights, const int32_t* keys,
                          int64_t N, int64_t C, int64_t column_tiles) {
  const int64_t tile = blockIdx.x / column_tiles;
  const int64_t c = blockIdx.x % column_tiles * blockDim.x + threadIdx.x;
  int64_t begin = tile * kRun, end = begin + kRun;  // of the tile
  if (c >= C || end >= N) return;
  const int32_t key = keys[end - 1];
  const bool begins_here = keys[begin] != key || begin == 0 || keys[begin - 1] != key;
  if (keys[end] != key || !begins_here) return;
  float sum = rights[tile * C + c];
  for (int64_t next = tile + 1; end < N && keys[end] == key; ++next) {
    sum += lefts[next * C + c];
    begin = next * kRun, end = begin + kRun;
    if (end >= N || keys[end - 1] != key) break;
  }
  dtable[key * C + c] += sum;
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

size_t rounded(int64_t bytes) { return static_cast<size_t>(ceil_div(bytes, 256) * 256); }

}  // namespace

void gather_rows(Stream stream, DType type, void* y, const float* table, const int32_t* index, int64_t N,
                 int64_t C, bool accumulate) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * C, C % kVector == 0 && aligned(y, table),
                 Gather<T>{static_cast<T*>(y), table, index, C, accumulate});
  });
}

void pick_rows(Stream stream, DType type, void* y, const void* x, const int32_t* index, int64_t M,
               int64_t C) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, M * C, C % kVector == 0 && aligned(y, x),
                 Pick<T>{static_cast<T*>(y), static_cast<const T*>(x), index, C});
  });
}

void unpick_rows(Stream stream, DType type, void* dx, const void* dy, const int32_t* index, int64_t M,
                 int64_t C) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, M * C, C % kVector == 0 && aligned(dx, dy),
                 Unpick<T>{static_cast<T*>(dx), static_cast<const T*>(dy), index, C});
  });
}

size_t scatter_scratch(int64_t N, int64_t C) {
  return 4 * rounded(N * 4) + rounded(kDigits * ceil_div(N, kTile) * 4) +
         2 * rounded(ceil_div(N, kRun) * C * 4);
}

void scatter_add_rows(Stream stream, DType type, float* dtable, void* scratch, const int32_t* index,
                      const void* dy, int64_t N, int64_t C, int64_t V) {
  char* free = static_cast<char*>(scratch);
  const auto take = [&free](int64_t count) {
    void* taken = free;
    free += rounded(count * 4);
    return taken;
  };
  int32_t* keys[2] = {static_cast<int32_t*>(take(N)), static_cast<int32_t*>(take(N))};
  int32_t* order[2] = {static_cast<int32_t*>(take(N)), static_cast<int32_t*>(take(N))};
  const int64_t tiles = ceil_div(N, kTile), runs = ceil_div(N, kRun);
  int32_t* histogram = static_cast<int32_t*>(take(kDigits * tiles));
  float *lefts = static_cast<float*>(take(runs * C)), *rights = static_cast<float*>(take(runs * C));

  const size_t shared = (kDigits * kThreads + kWarp + kDigits) * sizeof(int);
  const int32_t *from_keys = index, *from_order = nullptr;
  int side = 0;
  for (int shift = 0; shift == 0 || (V - 1) >> shift > 0; shift += kBits) {
    launch(stream, count_digits, tiles, kThreads, shared, histogram, from_keys, N, shift);
    launch(stream, scan, 1, kThreads, kThreads * sizeof(int), histogram, kDigits * tiles);
    launch(stream, place_keys, tiles, kThreads, shared, keys[side], order[side], from_keys, from_order,
           histogram, N, shift);
    from_keys = keys[side], from_order = order[side];
    side = 1 - side;
  }
  const int threads = C >= 256 ? 256 : static_cast<int>(ceil_div(C, kWarp) * kWarp);
  const int64_t column_tiles = ceil_div(C, threads);
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    launch(stream, sum_runs<T>, runs * column_tiles, threads, 0, dtable, lefts, rights, from_keys, from_order,
           static_cast<const T*>(dy), N, C, column_tiles);
  });
  launch(stream, join_runs, runs * column_tiles, threads, 0, dtable, lefts, rights, from_keys, N, C,
         column_tiles);
}

}  // namespace seedling::gpu
