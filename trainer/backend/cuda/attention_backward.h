// Attention backward on tensor cores (bf16), in two kernels: one owns queries and makes dQ, one owns keys and
// makes dK and dV. Each recomputes the probabilities, two products more than a single kernel would need, but
// no sum is shared: no atomics, no scratch of (T, HS) floats, the same bits every time.
//
//   P = exp(S - lse), dV = dropout(P)^T dO, dP = dO V^T, dS = P (dropout(dP) - sum(dO O)), dQ = dS K scale,
//   dK = dS^T Q scale
//
// Called by: attention_mma.cu, attention_wgmma.cu.
#pragma once

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {

/// Whether probabilities are multiplied by anything: dropout, or the scale of a head.
inline bool has_factors(const AttentionCall& call) {
  return call.dropout > 0.0f || call.head_scale != nullptr;
}

/// sum(dO O) of each of the block's 64 queries, two threads a row, to shared memory and to call.dots, where
/// the keys' kernel finds them.
__device__ __forceinline__ void dots_of_rows(const AttentionCall& call, Shared<float> dots, int64_t b,
                                             int64_t h, int first) {
  const int r = static_cast<int>(threadIdx.x) / 2, T = static_cast<int>(call.T),
            HS = static_cast<int>(call.HS);
  const int t = first + r;
  float sum = 0.0f;
  if (t < T) {
    const int64_t at = ((b * T + t) * call.NH + h) * HS;
    for (int c = static_cast<int>(threadIdx.x) % 2 * kVector; c < HS; c += 2 * kVector) {
      float o[kVector], d[kVector];
      load(o, static_cast<const uint16_t*>(call.out) + at + c);
      load(d, static_cast<const uint16_t*>(call.dout) + at + c);
#pragma unroll
      for (int v = 0; v < kVector; ++v) sum += o[v] * d[v];
    }
  }
  sum += __shfl_xor_sync(kAllLanes, sum, 1);
  if (threadIdx.x % 2 == 0) {
    dots[r] = sum;
    if (t < T) call.dots[(b * call.NH + h) * T + t] = sum;
  }
}

template <typename Tiles, bool kFactors>
__global__ void __launch_bounds__(kTileThreads, Tiles::kQueryBlocks)
    backward_queries_tiles(AttentionCall call, int tiles) {
  constexpr int HSp = Tiles::kHeadSize, kStages = Tiles::kBackwardStages;
  SharedMemory memory;
  const Tile queries = memory.take<uint16_t>(Tiles::kElements),
             douts = memory.take<uint16_t>(Tiles::kElements);
  const Stages<Tiles, kStages> passing = {memory.take<uint16_t>(kStages * 2 * Tiles::kElements)};
  const Shared<float> dots = memory.take<float>(kTileRows);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NH, h = head % call.NH, kv = h / (call.NH / call.NK);
  const int first = (tiles - 1 - tile) * kTileRows;
  const int T = static_cast<int>(call.T), HS = static_cast<int>(call.HS), length = keys_of(call, b);
  const int64_t out_stride = call.NH * call.HS;
  const int seen = call.causal && first + kTileRows < length ? first + kTileRows : length;
  const int64_t query_at = (b * T + first) * call.query_stride + h * HS,
                key_at = b * T * call.key_stride + kv * HS;
  const uint16_t *key = static_cast<const uint16_t*>(call.key) + key_at,
                 *value = static_cast<const uint16_t*>(call.value) + key_at;
  const auto load_keys = [&](int k0) {
    const int stage = k0 / kTileRows % kStages;
    load_tile<Tiles>(passing.first(stage), key + k0 * call.key_stride, call.key_stride, seen - k0, HS);
    load_tile<Tiles>(passing.second(stage), value + k0 * call.key_stride, call.key_stride, seen - k0, HS);
    copy_async_commit();
  };

  load_tile<Tiles>(queries, static_cast<const uint16_t*>(call.query) + query_at, call.query_stride, T - first,
                   HS);
  load_tile<Tiles>(douts, static_cast<const uint16_t*>(call.dout) + (b * T + first) * out_stride + h * HS,
                   out_stride, T - first, HS);
  if (kStages == 2) load_keys(0);
  dots_of_rows(call, dots, b, h, first);
  __syncthreads();
  const float scale = call.scale * kLog2E,
              head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
  const int t0 = first + row + lane / 4;
  float lse[2], dot[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int t = t0 + half * 8;
    lse[half] = t < T ? call.lse[(b * call.NH + h) * T + t] * kLog2E : 0.0f;
    dot[half] = dots[row + lane / 4 + half * 8];
  }
  Sums<HSp> dq = {};
  const auto step = [&](int k0, auto masked) {
    const int stage = k0 / kTileRows % kStages, j0 = k0 + lane % 4 * 2;
    const bool more = kStages == 2 && k0 + kTileRows < seen;
    if (kStages == 1) load_keys(k0);
    if (more) load_keys(k0 + kTileRows);
    wait_for_tile<Tiles>(more);
    Scores s, ds;
    Tiles::begin();
    Tiles::products(s, queries, passing.first(stage));
    Tiles::commit();
    Tiles::products(ds, douts, passing.second(stage));
    Tiles::commit();
    Tiles::template wait<1>();  // the second product goes on meanwhile
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int t = t0 + e / 2 * 8, j = j0 + n * 8 + e % 2;
        s[n][e] = power_of_two(s[n][e] * scale - lse[e / 2]);
        if (decltype(masked)::value && (j >= length || (call.causal && j > t))) s[n][e] = 0.0f;
      }
    }
    Tiles::template wait<0>();
    const Dropping dropping = dropping_of(call, b, h);
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int t = t0 + e / 2 * 8, j = j0 + n * 8 + e % 2;
        if (kFactors) ds[n][e] *= dropping(t, j) * head_scale;
        ds[n][e] = s[n][e] * (ds[n][e] - dot[e / 2]);
      }
    }
    Weights weights;
    pack_weights(weights, ds);
    Tiles::begin();
    Tiles::add_weighted_rows(dq, weights, passing.first(stage));
    Tiles::commit();
    Tiles::template wait<0>();
    __syncthreads();
  };
  int k0 = 0;
  for (; sees_all(call, first, k0, length); k0 += kTileRows) step(k0, std::false_type{});
  for (; k0 < seen; k0 += kTileRows) step(k0, std::true_type{});
  copy_async_wait<0>();
  const float factors[2] = {call.scale, call.scale};
  write_rows<HSp>(static_cast<uint16_t*>(call.dquery) + b * T * call.query_stride + h * HS, call.query_stride,
                  first + row, T, HS, dq, factors);
}

template <typename Tiles, bool kFactors>
__global__ void __launch_bounds__(kTileThreads, Tiles::kKeyBlocks)
    backward_keys_tiles(AttentionCall call, int tiles) {
  constexpr int HSp = Tiles::kHeadSize, kStages = Tiles::kBackwardStages;
  SharedMemory memory;
  const Tile keys = memory.take<uint16_t>(Tiles::kElements), values = memory.take<uint16_t>(Tiles::kElements);
  const Stages<Tiles, kStages> passing = {memory.take<uint16_t>(kStages * 2 * Tiles::kElements)};
  const Shared<float> lses = memory.take<float>(kStages * kTileRows),
                      dots = memory.take<float>(kStages * kTileRows);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NK, kv = head % call.NK, group = call.NH / call.NK, last = (kv + 1) * group;
  const int first = tile * kTileRows;  // key; the first tiles are seen by most
  const int T = static_cast<int>(call.T), HS = static_cast<int>(call.HS), length = keys_of(call, b);
  const int64_t out_stride = call.NH * call.HS;
  const int64_t key_at = (b * T + first) * call.key_stride + kv * HS;
  load_tile<Tiles>(keys, static_cast<const uint16_t*>(call.key) + key_at, call.key_stride, T - first, HS);
  load_tile<Tiles>(values, static_cast<const uint16_t*>(call.value) + key_at, call.key_stride, T - first, HS);
  copy_async_commit();

  // The tiles that pass by: those of queries that see some of these keys, of each head in turn. Those of a
  // head before `whole` have queries that do not see all of them.
  const int lowest = call.causal ? first : 0;
  const int whole = first + kTileRows > length ? T : call.causal ? first + kTileRows : 0;
  const auto load_queries = [&](int stage, int64_t h, int q0) {
    load_tile<Tiles>(passing.first(stage),
                     static_cast<const uint16_t*>(call.query) + (b * T + q0) * call.query_stride + h * HS,
                     call.query_stride, T - q0, HS);
    load_tile<Tiles>(passing.second(stage),
                     static_cast<const uint16_t*>(call.dout) + (b * T + q0) * out_stride + h * HS, out_stride,
                     T - q0, HS);
    copy_async_commit();
    const int r = static_cast<int>(threadIdx.x) % kTileRows, t = q0 + r;
    const int64_t at = (b * call.NH + h) * T + t;
    if (static_cast<int>(threadIdx.x) < kTileRows) {
      lses[stage * kTileRows + r] =
          t < T ? call.lse[at] * kLog2E : -kLowest;  // of a query that is not there: P becomes zero
    } else {
      dots[stage * kTileRows + r] = t < T ? call.dots[at] : 0.0f;
    }
  };

  const float scale = call.scale * kLog2E;
  const int j0 = first + row + lane / 4;
  Sums<HSp> dk = {}, dv = {};
  int stage = 0;
  const auto step = [&](int64_t h, int q0, auto masked) {
    const bool same_head = q0 + kTileRows < T;
    const bool more = kStages == 2 && (same_head || h + 1 < last);
    if (kStages == 1) load_queries(0, h, q0);
    if (more) load_queries(1 - stage, same_head ? h : h + 1, same_head ? q0 + kTileRows : lowest);
    wait_for_tile<Tiles>(more);
    const Dropping dropping = dropping_of(call, b, h);
    const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
    Scores p, ds;
    Tiles::begin();
    Tiles::products(p, keys, passing.first(stage));
    Tiles::commit();
    Tiles::products(ds, values, passing.second(stage));
    Tiles::commit();
    Tiles::template wait<1>();  // each product runs beside the arithmetic on the one before
    Weights chances, gradients;
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int column = n * 8 + lane % 4 * 2 + e % 2;
        const int t = q0 + column, j = j0 + e / 2 * 8;
        p[n][e] = power_of_two(p[n][e] * scale - lses[stage * kTileRows + column]);
        if (decltype(masked)::value && (j >= length || (call.causal && j > t))) p[n][e] = 0.0f;
      }
    }
    if constexpr (kFactors) {
      Scores kept;
#pragma unroll
      for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const int column = n * 8 + lane % 4 * 2 + e % 2;
          kept[n][e] = p[n][e] * dropping(q0 + column, j0 + e / 2 * 8) * head_scale;
        }
      }
      pack_weights(chances, kept);
    } else {
      pack_weights(chances, p);
    }
    Tiles::begin();
    Tiles::add_weighted_rows(dv, chances, passing.second(stage));
    Tiles::commit();
    Tiles::template wait<1>();
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int column = n * 8 + lane % 4 * 2 + e % 2;
        if (kFactors) ds[n][e] *= dropping(q0 + column, j0 + e / 2 * 8) * head_scale;
        ds[n][e] = p[n][e] * (ds[n][e] - dots[stage * kTileRows + column]);
      }
    }
    pack_weights(gradients, ds);
    Tiles::begin();
    Tiles::add_weighted_rows(dk, gradients, passing.first(stage));
    Tiles::commit();
    Tiles::template wait<0>();
    __syncthreads();
    if (kStages == 2) stage = 1 - stage;
  };
  if (first < length) {
    if (kStages == 2) load_queries(0, kv * group, lowest);
    for (int64_t h = kv * group; h < last; ++h) {
      int q0 = lowest;
      for (; q0 < T && q0 < whole; q0 += kTileRows) step(h, q0, std::true_type{});
      for (; q0 < T; q0 += kTileRows) step(h, q0, std::false_type{});
    }
  }
  copy_async_wait<0>();
  const float ones[2] = {1.0f, 1.0f}, scales[2] = {call.scale, call.scale};
  const int64_t to = b * T * call.key_stride + kv * HS;
  write_rows<HSp>(static_cast<uint16_t*>(call.dkey) + to, call.key_stride, first + row, T, HS, dk, scales);
  write_rows<HSp>(static_cast<uint16_t*>(call.dvalue) + to, call.key_stride, first + row, T, HS, dv, ones);
}

template <typename Tiles>
void start_backward(Stream stream, const AttentionCall& call) {
  constexpr int kStages = Tiles::kBackwardStages;
  constexpr size_t kTiles = (2 + 2 * kStages) * Tiles::kElements * sizeof(uint16_t);
  const int64_t tiles = (call.T + kTileRows - 1) / kTileRows;
  const auto start = [&](auto factors) {
    constexpr bool kFactors = decltype(factors)::value;
    launch(stream, backward_queries_tiles<Tiles, kFactors>, tiles * call.B * call.NH, kTileThreads,
           kTiles + kTileRows * sizeof(float), call, tiles);
    launch(stream, backward_keys_tiles<Tiles, kFactors>, tiles * call.B * call.NK, kTileThreads,
           kTiles + 2 * kStages * kTileRows * sizeof(float), call, tiles);
  };
  if (has_factors(call)) return start(std::true_type{});
  start(std::false_type{});
}

}  // namespace seedling::gpu
