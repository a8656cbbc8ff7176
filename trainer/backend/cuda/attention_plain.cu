// Attention without tensor cores: for fp32, older cards, unusual head sizes, the KV cache, and for looking
// at.
//
// A block has kRows queries (or keys) of one head, four to a warp; the other side passes by in tiles of 32,
// one to a lane, so scores need no sums across lanes and products with values get them by shuffles. (T, T) is
// never stored: softmax is kept up to date as tiles pass by (Dao et al. 2022, FlashAttention), and backward
// recomputes it from lse.
//
//   forward:  S = scale Q K^T, P = softmax(S), O = dropout(P) V, lse = log sum exp S
//   backward: P = exp(S - lse), dV = dropout(P)^T dO, dP = dO V^T, dS = P (dropout(dP) - sum(dO O)) scale,
//             dQ = dS K, dK = dS^T Q
//
// Backward is two kernels, one that owns queries and one that owns keys: no atomics, the same bits every
// time.
#include <type_traits>

#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/run_elements.h"
#include "kernels/dropout.h"

namespace seedling::gpu {
namespace {

constexpr int kWarps = 8, kEach = 4, kRows = kWarps * kEach;  // rows of a block
constexpr float kLowest = -3.0e38f;                           // below every score, and finite

/// What a thread must know of its block: one tile of rows of one head of one sequence.
struct Place {
  int64_t b, h, first;  // first: row of the tile
  int lane, warp;
};

__device__ Place place_of(int64_t heads, int64_t tiles) {
  const int64_t head = blockIdx.x / tiles;
  return {head / heads, head % heads, blockIdx.x % tiles * kRows, static_cast<int>(threadIdx.x) % kWarp,
          static_cast<int>(threadIdx.x) / kWarp};
}

/// How many keys of sequence b can be seen at all.
__device__ __forceinline__ int64_t length_of(const AttentionCall& call, int64_t b) {
  const int64_t length = call.lengths != nullptr ? call.lengths[b] : call.keys;
  return length < 0 ? 0 : length < call.keys ? length : call.keys;
}

__device__ __forceinline__ bool visible(const AttentionCall& call, int64_t t, int64_t j, int64_t length) {
  return t < call.T && j < length && (!call.causal || j <= call.past + t);
}

__device__ __forceinline__ float kept(const AttentionCall& call, int64_t b, int64_t h, int64_t t, int64_t j) {
  if (call.dropout == 0.0f) return 1.0f;
  return kernels::dropout_factor(call.dropout_key,
                                 kernels::attention_dropout_index(b, h, t, j, call.NH, call.T),
                                 kernels::dropout_threshold(call.dropout), 1.0f / (1.0f - call.dropout));
}

__device__ __forceinline__ int stride_of(int64_t HS) {
  return static_cast<int>(HS) | 1;
}  // odd: no bank conflicts

/// tile[r, d] = rows[r stride + d] for `valid` of the kRows rows, zero for the rest.
template <typename T>
__device__ void load_rows(Shared<float> tile, const T* rows, int64_t stride, int64_t valid, int HS) {
  for (int i = static_cast<int>(threadIdx.x); i < kRows * HS; i += kWarps * kWarp) {
    const int r = i / HS, d = i % HS;
    tile[r * stride_of(HS) + d] = r < valid ? to_float(rows[r * stride + d]) : 0.0f;
  }
}

/// Dot products of this warp's rows of `mine` with the lane's row of `tile`.
__device__ void products(float (&sums)[kEach], Shared<float> mine, Shared<float> tile, const Place& place,
                         int HS) {
  const int stride = stride_of(HS);
  for (int r = 0; r < kEach; ++r) sums[r] = 0.0f;
  for (int d = 0; d < HS; ++d) {
    const float other = tile[place.lane * stride + d];
    for (int r = 0; r < kEach; ++r) sums[r] += mine[(place.warp * kEach + r) * stride + d] * other;
  }
}

/// sums[r][k] += sum over lanes j of weights_j[r] tile[j, lane + 32 k].
template <int kDims>
__device__ void add_weighted(float (&sums)[kEach][kDims], const float (&weights)[kEach], Shared<float> tile,
                             const Place& place, int HS) {
  const int stride = stride_of(HS);
  for (int j = 0; j < kWarp; ++j) {
    float row[kDims];
    for (int k = 0; k < kDims; ++k) {
      const int d = place.lane + kWarp * k;
      row[k] = d < HS ? static_cast<float>(tile[j * stride + d]) : 0.0f;
    }
    for (int r = 0; r < kEach; ++r) {
      const float weight = __shfl_sync(kAllLanes, weights[r], j);
      for (int k = 0; k < kDims; ++k) sums[r][k] += weight * row[k];
    }
  }
}

template <typename T, int kDims>
__device__ void write_row(T* to, const float (&values)[kDims], float factor, const Place& place, int HS) {
  for (int k = 0; k < kDims; ++k) {
    const int d = place.lane + kWarp * k;
    if (d < HS) to[d] = from_float<T>(values[k] * factor);
  }
}

template <typename T>
__device__ const T* query_row(const AttentionCall& call, int64_t b, int64_t h, int64_t t) {
  return static_cast<const T*>(call.query) + (b * call.T + t) * call.query_stride + h * call.HS;
}
/// Of keys or values: `from` is call.key or call.value.
template <typename T>
__device__ const T* key_row(const AttentionCall& call, const void* from, int64_t b, int64_t kv, int64_t j) {
  return static_cast<const T*>(from) + (b * call.keys + j) * call.key_stride + kv * call.HS;
}

template <typename T, int kDims>
__global__ void forward_plain(AttentionCall call, int64_t tiles) {
  const Place at = place_of(call.NH, tiles);
  const int HS = static_cast<int>(call.HS), area = kRows * stride_of(HS);
  SharedMemory memory;
  const Shared<float> queries = memory.take<float>(area), keys = memory.take<float>(area),
                      values = memory.take<float>(area);
  const int64_t kv = at.h / (call.NH / call.NK), length = length_of(call, at.b), T_ = call.T;
  const int64_t rows = T_ - at.first < kRows ? T_ - at.first : kRows;
  const int64_t reach = call.past + at.first + rows;  // keys before it can be seen by some row
  const int64_t seen = call.causal && reach < length ? reach : length;
  load_rows(queries, query_row<T>(call, at.b, at.h, at.first), call.query_stride, rows, HS);
  float out[kEach][kDims] = {}, top[kEach], sum[kEach];
  for (int r = 0; r < kEach; ++r) top[r] = kLowest, sum[r] = 0.0f;
  for (int64_t k0 = 0; k0 < seen; k0 += kRows) {
    __syncthreads();
    load_rows(keys, key_row<T>(call, call.key, at.b, kv, k0), call.key_stride, seen - k0, HS);
    load_rows(values, key_row<T>(call, call.value, at.b, kv, k0), call.key_stride, seen - k0, HS);
    __syncthreads();
    float p[kEach];
    products(p, queries, keys, at, HS);
    for (int r = 0; r < kEach; ++r) {
      const int64_t t = at.first + at.warp * kEach + r, j = k0 + at.lane;
      const bool sees = visible(call, t, j, length);
      const float score = sees ? p[r] * call.scale : kLowest;
      const float highest = fmaxf(top[r], warp_max(score));
      const float faded = kernels::exponential(top[r] - highest);
      p[r] = sees ? kernels::exponential(score - highest) : 0.0f;
      sum[r] = sum[r] * faded + warp_sum(p[r]);
      top[r] = highest;
      if (sees) p[r] *= kept(call, at.b, at.h, t, j);
      for (int k = 0; k < kDims; ++k) out[r][k] *= faded;
    }
    add_weighted(out, p, values, at, HS);
  }
  const float head_scale = call.head_scale != nullptr ? call.head_scale[at.h] : 1.0f;
  for (int r = 0; r < kEach; ++r) {
    const int64_t t = at.first + at.warp * kEach + r;
    if (t >= T_) continue;
    write_row(static_cast<T*>(call.out) + ((at.b * T_ + t) * call.NH + at.h) * HS, out[r],
              sum[r] > 0.0f ? head_scale / sum[r] : 0.0f, at, HS);
    if (at.lane == 0 && call.lse != nullptr)
      call.lse[(at.b * call.NH + at.h) * T_ + t] =
          top[r] + (sum[r] > 0.0f ? kernels::logarithm(sum[r]) : 0.0f);
  }
}

/// P and dS of one pair of query and key, from the products of their rows.
struct Pair {
  float dropped, ds;  // dropout(P), dS
};
__device__ Pair pair_of(const AttentionCall& call, int64_t b, int64_t h, int64_t t, int64_t j, int64_t length,
                        float score, float dp, float lse, float dot) {
  if (!visible(call, t, j, length)) return {0.0f, 0.0f};
  const float p = kernels::exponential(score * call.scale - lse), keep = kept(call, b, h, t, j);
  return {p * keep, p * (dp * keep - dot) * call.scale};
}

template <typename T, int kDims>
__global__ void backward_queries_plain(AttentionCall call, int64_t tiles) {
  const Place at = place_of(call.NH, tiles);
  const int HS = static_cast<int>(call.HS), area = kRows * stride_of(HS);
  SharedMemory memory;
  const Shared<float> queries = memory.take<float>(area), douts = memory.take<float>(area),
                      keys = memory.take<float>(area), values = memory.take<float>(area);
  const int64_t kv = at.h / (call.NH / call.NK), length = length_of(call, at.b), T_ = call.T;
  const int64_t rows = T_ - at.first < kRows ? T_ - at.first : kRows;
  const int64_t seen = call.causal && at.first + rows < length ? at.first + rows : length;
  const float head_scale = call.head_scale != nullptr ? call.head_scale[at.h] : 1.0f;
  load_rows(queries, query_row<T>(call, at.b, at.h, at.first), call.query_stride, rows, HS);
  load_rows(douts, static_cast<const T*>(call.dout) + ((at.b * T_ + at.first) * call.NH + at.h) * HS,
            call.NH * HS, rows, HS);
  float dq[kEach][kDims] = {}, lse[kEach], dot[kEach];
  for (int r = 0; r < kEach; ++r) {
    const int64_t t = at.first + at.warp * kEach + r, row = (at.b * call.NH + at.h) * T_ + t;
    lse[r] = t < T_ ? call.lse[row] : 0.0f;
    dot[r] = t < T_ ? call.dots[row] : 0.0f;
  }
  for (int64_t k0 = 0; k0 < seen; k0 += kRows) {
    __syncthreads();
    load_rows(keys, key_row<T>(call, call.key, at.b, kv, k0), call.key_stride, seen - k0, HS);
    load_rows(values, key_row<T>(call, call.value, at.b, kv, k0), call.key_stride, seen - k0, HS);
    __syncthreads();
    float scores[kEach], ds[kEach];
    products(scores, queries, keys, at, HS);
    products(ds, douts, values, at, HS);
    for (int r = 0; r < kEach; ++r) {
      const int64_t t = at.first + at.warp * kEach + r;
      ds[r] =
          pair_of(call, at.b, at.h, t, k0 + at.lane, length, scores[r], ds[r] * head_scale, lse[r], dot[r])
              .ds;
    }
    add_weighted(dq, ds, keys, at, HS);
  }
  for (int r = 0; r < kEach; ++r) {
    const int64_t t = at.first + at.warp * kEach + r;
    if (t < T_)
      write_row(static_cast<T*>(call.dquery) + (at.b * T_ + t) * call.query_stride + at.h * HS, dq[r], 1.0f,
                at, HS);
  }
}

template <typename T, int kDims>
__global__ void backward_keys_plain(AttentionCall call, int64_t tiles) {
  const Place at = place_of(call.NK, tiles);  // h is a key/value head
  const int HS = static_cast<int>(call.HS), area = kRows * stride_of(HS);
  SharedMemory memory;
  const Shared<float> keys = memory.take<float>(area), values = memory.take<float>(area),
                      queries = memory.take<float>(area), douts = memory.take<float>(area);
  const int64_t group = call.NH / call.NK, length = length_of(call, at.b), T_ = call.T;
  load_rows(keys, key_row<T>(call, call.key, at.b, at.h, at.first), call.key_stride, T_ - at.first, HS);
  load_rows(values, key_row<T>(call, call.value, at.b, at.h, at.first), call.key_stride, T_ - at.first, HS);
  float dk[kEach][kDims] = {}, dv[kEach][kDims] = {};
  for (int64_t h = at.h * group; h < (at.h + 1) * group; ++h) {
    const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
    for (int64_t q0 = call.causal ? at.first : 0; q0 < T_; q0 += kRows) {
      __syncthreads();
      load_rows(queries, query_row<T>(call, at.b, h, q0), call.query_stride, T_ - q0, HS);
      load_rows(douts, static_cast<const T*>(call.dout) + ((at.b * T_ + q0) * call.NH + h) * HS, call.NH * HS,
                T_ - q0, HS);
      __syncthreads();
      const int64_t t = q0 + at.lane, row = (at.b * call.NH + h) * T_ + t;
      const float lse = t < T_ ? call.lse[row] : 0.0f, dot = t < T_ ? call.dots[row] : 0.0f;
      float p[kEach], ds[kEach];
      products(p, keys, queries, at, HS);
      products(ds, values, douts, at, HS);
      for (int r = 0; r < kEach; ++r) {
        const int64_t j = at.first + at.warp * kEach + r;
        const Pair pair = pair_of(call, at.b, h, t, j, length, p[r], ds[r] * head_scale, lse, dot);
        p[r] = pair.dropped * head_scale;
        ds[r] = pair.ds;
      }
      add_weighted(dv, p, douts, at, HS);
      add_weighted(dk, ds, queries, at, HS);
    }
  }
  for (int r = 0; r < kEach; ++r) {
    const int64_t j = at.first + at.warp * kEach + r;
    if (j >= T_) continue;
    const int64_t to = (at.b * T_ + j) * call.key_stride + at.h * HS;
    write_row(static_cast<T*>(call.dkey) + to, dk[r], 1.0f, at, HS);
    write_row(static_cast<T*>(call.dvalue) + to, dv[r], 1.0f, at, HS);
  }
}

/// A warp for each (row, head).
template <typename T>
__global__ void dots_of_heads(AttentionCall call) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  if (item >= call.B * call.T * call.NH) return;
  const T *out = static_cast<const T*>(call.out) + item * call.HS,
          *dout = static_cast<const T*>(call.dout) + item * call.HS;
  float sum = 0.0f;
  for (int64_t d = lane; d < call.HS; d += kWarp) sum += to_float(out[d]) * to_float(dout[d]);
  sum = warp_sum(sum);
  const int64_t n = item / call.NH, h = item % call.NH, b = n / call.T, t = n % call.T;
  if (lane == 0) call.dots[(b * call.NH + h) * call.T + t] = sum;
}

/// A warp for each (head, query): scores into the row, then their softmax over it.
template <typename T>
__global__ void probability_rows(float* p, int64_t b, AttentionCall call) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  if (item >= call.NH * call.T) return;
  const int64_t h = item / call.T, t = item % call.T, kv = h / (call.NH / call.NK),
                length = length_of(call, b);
  const T* q = query_row<T>(call, b, h, t);
  float* row = p + item * call.T;
  float top = kLowest, sum = 0.0f;
  for (int64_t j = lane; j < call.T; j += kWarp) {
    float score = kLowest;
    if (visible(call, t, j, length)) {
      const T* k = key_row<T>(call, call.key, b, kv, j);
      score = 0.0f;
      for (int64_t d = 0; d < call.HS; ++d) score += to_float(q[d]) * to_float(k[d]);
      score *= call.scale;
    }
    row[j] = score;
    top = fmaxf(top, score);
  }
  top = warp_max(top);
  for (int64_t j = lane; j < call.T; j += kWarp) {
    row[j] = visible(call, t, j, length) ? kernels::exponential(row[j] - top) : 0.0f;
    sum += row[j];
  }
  sum = warp_sum(sum);
  for (int64_t j = lane; j < call.T; j += kWarp) row[j] = sum > 0.0f ? row[j] / sum : 0.0f;
}

template <typename T>
struct StoreKeys {
  T *key_cache, *value_cache;
  const T *key, *value;
  int64_t stride, width;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t from = i / width * stride + i % width;
    float a[V];
    load(a, key + from);
    store(key_cache + i, a);
    load(a, value + from);
    store(value_cache + i, a);
  }
};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

using Kernel = void (*)(AttentionCall, int64_t);

/// A block for each tile of kRows rows of each head.
void start(Stream stream, Kernel kernel, const AttentionCall& call, int64_t rows, int64_t heads,
           int tiles_held) {
  const int64_t tiles = ceil_div(rows, kRows);
  const size_t tile_bytes = static_cast<size_t>(kRows * (call.HS | 1)) * sizeof(float) + 16;
  launch(stream, kernel, tiles * call.B * heads, kWarps * kWarp, static_cast<size_t>(tiles_held) * tile_bytes,
         call, tiles);
}

/// work(how many channels of a head each lane has), a constant.
template <typename Work>
void with_channels(int64_t HS, Work work) {
  if (HS <= 32) return work(std::integral_constant<int, 1>{});
  if (HS <= 64) return work(std::integral_constant<int, 2>{});
  if (HS <= 128) return work(std::integral_constant<int, 4>{});
  work(std::integral_constant<int, 8>{});
}

}  // namespace

void attention_forward_plain(Stream stream, DType type, const AttentionCall& call) {
  with_type(type, [&](auto zero) {
    with_channels(call.HS, [&](auto each) {
      start(stream, forward_plain<decltype(zero), decltype(each)::value>, call, call.T, call.NH, 3);
    });
  });
}

void attention_backward_plain(Stream stream, DType type, const AttentionCall& call) {
  with_type(type, [&](auto zero) {
    with_channels(call.HS, [&](auto each) {
      using T = decltype(zero);
      constexpr int kDims = decltype(each)::value;
      launch(stream, dots_of_heads<T>, ceil_div(call.B * call.T * call.NH, kWarps), kWarps * kWarp, 0, call);
      start(stream, backward_queries_plain<T, kDims>, call, call.T, call.NH, 4);
      start(stream, backward_keys_plain<T, kDims>, call, call.T, call.NK, 4);
    });
  });
}

void attention_probabilities(Stream stream, DType type, float* p, int64_t b, const AttentionCall& call) {
  with_type(type, [&](auto zero) {
    launch(stream, probability_rows<decltype(zero)>, ceil_div(call.NH * call.T, kWarps), kWarps * kWarp, 0, p,
           b, call);
  });
}

void store_keys(Stream stream, DType type, void* key_cache, void* value_cache, const void* key,
                const void* value, int64_t stride, int64_t past, int64_t T_, int64_t width) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    T *keys = static_cast<T*>(key_cache) + past * width,
      *values = static_cast<T*>(value_cache) + past * width;
    run_elements(
        stream, T_ * width,
        width % kVector == 0 && stride % kVector == 0 && aligned(keys, values, key, value),
        StoreKeys<T>{keys, values, static_cast<const T*>(key), static_cast<const T*>(value), stride, width});
  });
}

}  // namespace seedling::gpu
