// Attention backward on tensor cores (bf16), in two kernels: one owns queries and makes dQ, one owns keys and
// makes dK and dV. Each recomputes the probabilities, two products more than a single kernel would need, but
// no sum is shared: no atomics, no scratch of (T, HS) floats, the same bits every time.
//
//   P = exp(S - lse), dV = dropout(P)^T dO, dP = dO V^T, dS = P (dropout(dP) - sum(dO O)) scale, dQ = dS K,
//   dK = dS^T Q
#include <type_traits>

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {
namespace {

/// How many tiles of the passing side are held: two where shared memory allows, so that one is on its way.
template <int HSp>
constexpr int kStages = HSp <= 96 ? 2 : 1;

/// Waits for the tile that is due; `more`: another was started after it.
template <int HSp>
__device__ __forceinline__ void wait_for_tile(bool more) {
  if (kStages<HSp> == 2 && more) {
    copy_async_wait<1>();
  } else {
    copy_async_wait<0>();
  }
  __syncthreads();
}

template <int HSp>
__global__ void __launch_bounds__(kTileThreads)
    backward_queries_tiles(AttentionCall call, int tiles, bool by_eight) {
  SharedMemory memory;
  const Tile queries = memory.take<uint16_t>(kTileElements<HSp>),
             douts = memory.take<uint16_t>(kTileElements<HSp>);
  const Stages<HSp, kStages<HSp>> passing = {memory.take<uint16_t>(kStages<HSp> * 2 * kTileElements<HSp>)};
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NH, h = head % call.NH, kv = h / (call.NH / call.NK);
  const int first = (tiles - 1 - tile) * kTileRows;
  const int T = static_cast<int>(call.T), length = keys_of(call, b);
  const int64_t out_stride = call.NH * call.HS;
  const int seen = call.causal && first + kTileRows < length ? first + kTileRows : length;
  const int HS = static_cast<int>(call.HS);
  const int64_t query_at = (b * T + first) * call.query_stride + h * HS,
                key_at = b * T * call.key_stride + kv * HS;
  const uint16_t *key = static_cast<const uint16_t*>(call.key) + key_at,
                 *value = static_cast<const uint16_t*>(call.value) + key_at;
  const auto load_keys = [&](int k0) {
    const int stage = k0 / kTileRows % kStages<HSp>;
    load_tile<HSp>(passing.first(stage), key + k0 * call.key_stride, call.key_stride, seen - k0, HS,
                   by_eight);
    load_tile<HSp>(passing.second(stage), value + k0 * call.key_stride, call.key_stride, seen - k0, HS,
                   by_eight);
    copy_async_commit();
  };

  load_tile<HSp>(queries, static_cast<const uint16_t*>(call.query) + query_at, call.query_stride, T - first,
                 HS, by_eight);
  load_tile<HSp>(douts, static_cast<const uint16_t*>(call.dout) + (b * T + first) * out_stride + h * HS,
                 out_stride, T - first, HS, by_eight);
  if (kStages<HSp> == 2) load_keys(0);
  const Dropping dropping = dropping_of(call, b, h);
  const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
  const int t0 = first + row + lane / 4;
  float lse[2], dot[2];
  for (int half = 0; half < 2; ++half) {
    const int t = t0 + half * 8;
    const int64_t at = (b * call.NH + h) * T + t;
    lse[half] = t < T ? call.lse[at] * kLog2E : 0.0f;
    dot[half] = t < T ? call.dots[at] : 0.0f;
  }
  float dq[HSp / 8][4] = {};
  for (int k0 = 0; k0 < seen; k0 += kTileRows) {
    const int stage = k0 / kTileRows % kStages<HSp>;
    const bool more = k0 + kTileRows < seen;
    if (kStages<HSp> == 1) load_keys(k0);
    if (kStages<HSp> == 2 && more) load_keys(k0 + kTileRows);
    wait_for_tile<HSp>(more);
    Scores s = {}, dp = {};
    add_products<HSp>(s, queries, row, passing.first(stage));
    add_products<HSp>(dp, douts, row, passing.second(stage));
    const int j0 = k0 + lane % 4 * 2;
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int t = t0 + e / 2 * 8, j = j0 + n * 8 + e % 2;
        const bool hidden = j >= length || (call.causal && j > t);
        const float p = hidden ? 0.0f : power_of_two(s[n][e] * (call.scale * kLog2E) - lse[e / 2]);
        const float keep = dropping.active ? dropping(t, j) * head_scale : head_scale;
        s[n][e] = p * (dp[n][e] * keep - dot[e / 2]) * call.scale;
      }
    }
    add_weighted_rows<HSp>(dq, s, passing.first(stage));
    __syncthreads();
  }
  copy_async_wait<0>();
  const float ones[2] = {1.0f, 1.0f};
  write_rows<HSp>(static_cast<uint16_t*>(call.dquery) + b * T * call.query_stride + h * HS, call.query_stride,
                  first + row, T, HS, dq, ones);
}

template <int HSp>
__global__ void __launch_bounds__(kTileThreads)
    backward_keys_tiles(AttentionCall call, int tiles, bool by_eight) {
  SharedMemory memory;
  const Tile keys = memory.take<uint16_t>(kTileElements<HSp>),
             values = memory.take<uint16_t>(kTileElements<HSp>);
  const Stages<HSp, kStages<HSp>> tiles_of = {memory.take<uint16_t>(kStages<HSp> * 2 * kTileElements<HSp>)};
  const Shared<float> lses = memory.take<float>(kStages<HSp> * kTileRows),
                      dots = memory.take<float>(kStages<HSp> * kTileRows);
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NK, kv = head % call.NK, group = call.NH / call.NK;
  const int first = tile * kTileRows;  // key; the first tiles are seen by most
  const int T = static_cast<int>(call.T), length = keys_of(call, b);
  const int64_t out_stride = call.NH * call.HS;
  const int HS = static_cast<int>(call.HS);
  const int64_t key_at = (b * T + first) * call.key_stride + kv * HS;
  load_tile<HSp>(keys, static_cast<const uint16_t*>(call.key) + key_at, call.key_stride, T - first, HS,
                 by_eight);
  load_tile<HSp>(values, static_cast<const uint16_t*>(call.value) + key_at, call.key_stride, T - first, HS,
                 by_eight);
  copy_async_commit();

  // The tiles that pass by: those of queries that see some of these keys, of each head in turn.
  const int lowest = call.causal ? first / kTileRows : 0, each = tiles - lowest;
  const int passing = first < length ? each * static_cast<int>(group) : 0;
  const auto load_queries = [&](int i) {
    const int stage = i % kStages<HSp>, q0 = (lowest + i % each) * kTileRows;
    const int64_t h = kv * group + i / each;
    load_tile<HSp>(tiles_of.first(stage),
                   static_cast<const uint16_t*>(call.query) + (b * T + q0) * call.query_stride + h * HS,
                   call.query_stride, T - q0, HS, by_eight);
    load_tile<HSp>(tiles_of.second(stage),
                   static_cast<const uint16_t*>(call.dout) + (b * T + q0) * out_stride + h * HS, out_stride,
                   T - q0, HS, by_eight);
    copy_async_commit();
    const int r = static_cast<int>(threadIdx.x) % kTileRows;
    const int t = q0 + r;
    const int64_t at = (b * call.NH + h) * T + t;
    if (static_cast<int>(threadIdx.x) < kTileRows) {
      lses[stage * kTileRows + r] =
          t < T ? call.lse[at] * kLog2E : 3.0e38f;  // of a query that is not there: P becomes zero
    } else {
      dots[stage * kTileRows + r] = t < T ? call.dots[at] : 0.0f;
    }
  };

  if (kStages<HSp> == 2 && passing > 0) load_queries(0);
  const int j0 = first + row + lane / 4;
  float dk[HSp / 8][4] = {}, dv[HSp / 8][4] = {};
  for (int i = 0; i < passing; ++i) {
    const int stage = i % kStages<HSp>, q0 = (lowest + i % each) * kTileRows;
    if (kStages<HSp> == 1) load_queries(i);
    if (kStages<HSp> == 2 && i + 1 < passing) load_queries(i + 1);
    wait_for_tile<HSp>(i + 1 < passing);
    const int64_t h = kv * group + i / each;
    const Dropping dropping = dropping_of(call, b, h);
    const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
    Scores p = {}, ds = {};
    add_products<HSp>(p, keys, row, tiles_of.first(stage));
    add_products<HSp>(ds, values, row, tiles_of.second(stage));
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int column = n * 8 + lane % 4 * 2 + e % 2;
        const int t = q0 + column, j = j0 + e / 2 * 8;
        const bool hidden = j >= length || (call.causal && j > t);
        const float lse = lses[stage * kTileRows + column], dot = dots[stage * kTileRows + column];
        const float chance = hidden ? 0.0f : power_of_two(p[n][e] * (call.scale * kLog2E) - lse);
        const float keep = dropping.active ? dropping(t, j) * head_scale : head_scale;
        p[n][e] = chance * keep;
        ds[n][e] = chance * (ds[n][e] * keep - dot) * call.scale;
      }
    }
    add_weighted_rows<HSp>(dv, p, tiles_of.second(stage));
    add_weighted_rows<HSp>(dk, ds, tiles_of.first(stage));
    __syncthreads();
  }
  copy_async_wait<0>();
  const float ones[2] = {1.0f, 1.0f};
  const int64_t to = b * T * call.key_stride + kv * HS;
  write_rows<HSp>(static_cast<uint16_t*>(call.dkey) + to, call.key_stride, first + row, T, HS, dk, ones);
  write_rows<HSp>(static_cast<uint16_t*>(call.dvalue) + to, call.key_stride, first + row, T, HS, dv, ones);
}

}  // namespace

void attention_backward_tiles(Stream stream, const AttentionCall& call) {
  const int64_t tiles = (call.T + kTileRows - 1) / kTileRows;
  with_head_size(call.HS, [&](auto size) {
    constexpr int HSp = decltype(size)::value;
    constexpr size_t kTiles = (2 + 2 * kStages<HSp>)*kTileElements<HSp> * sizeof(uint16_t);
    const bool by_eight = tiles_by_eight(call);
    launch(stream, backward_queries_tiles<HSp>, tiles * call.B * call.NH, kTileThreads, kTiles, call, tiles,
           by_eight);
    launch(stream, backward_keys_tiles<HSp>, tiles * call.B * call.NK, kTileThreads,
           kTiles + 2 * kStages<HSp> * kTileRows * sizeof(float), call, tiles, by_eight);
  });
}

}  // namespace seedling::gpu
