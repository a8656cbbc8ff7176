// Attention forward on tensor cores (bf16): FlashAttention-2.
//
// A block has 64 queries of one head; keys and values pass by in tiles of 64, the next one on its way while
// this one is worked on. Softmax runs in base 2, whose exponential the hardware has. Tiles that no query may
// see are skipped, and only those that some may not see are masked.
//
// Called by: attention_mma.cu, attention_wgmma.cu.
#pragma once

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {

/// One tile's products become probabilities (not yet divided by their sum), and sums and maxima are brought
/// up to date. scale: from products to exponents of 2. Returns by what the earlier output of each of the two
/// rows must be multiplied.
__device__ __forceinline__ void soften(Scores& s, float scale, float (&top)[2], float (&sum)[2],
                                       float (&faded)[2]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float highest = top[half];
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n)
      highest = fmaxf(highest, fmaxf(s[n][2 * half], s[n][2 * half + 1]));
    highest = row_max(highest);
    faded[half] = power_of_two((top[half] - highest) * scale);
    top[half] = highest;
    sum[half] *= faded[half];
    const float least = highest * scale;
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 2 * half; e < 2 * half + 2; ++e) {
        s[n][e] = power_of_two(s[n][e] * scale - least);
        sum[half] += s[n][e];
      }
    }
  }
}

template <typename Tiles, bool kDropout>
__global__ void __launch_bounds__(kTileThreads, Tiles::kForwardBlocks)
    forward_tiles(AttentionCall call, int tiles) {
  constexpr int HSp = Tiles::kHeadSize;
  SharedMemory memory;
  const Tile queries = memory.take<uint16_t>(Tiles::kElements);
  const Stages<Tiles, 2> passing = {memory.take<uint16_t>(2 * 2 * Tiles::kElements)};
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = static_cast<int>(threadIdx.x) / kWarp * 16;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NH, h = head % call.NH, kv = h / (call.NH / call.NK);
  const int first = (tiles - 1 - tile) * kTileRows;  // those with most to see begin first
  const int T = static_cast<int>(call.T), HS = static_cast<int>(call.HS), length = keys_of(call, b);
  const int seen = call.causal && first + kTileRows < length ? first + kTileRows : length;
  const uint16_t* query =
      static_cast<const uint16_t*>(call.query) + (b * T + first) * call.query_stride + h * HS;
  const int64_t key_at = b * T * call.key_stride + kv * HS;
  const uint16_t *key = static_cast<const uint16_t*>(call.key) + key_at,
                 *value = static_cast<const uint16_t*>(call.value) + key_at;
  const auto load_keys = [&](int k0) {
    const int stage = k0 / kTileRows % 2;
    load_tile<Tiles>(passing.first(stage), key + k0 * call.key_stride, call.key_stride, seen - k0, HS);
    load_tile<Tiles>(passing.second(stage), value + k0 * call.key_stride, call.key_stride, seen - k0, HS);
    copy_async_commit();
  };

  load_tile<Tiles>(queries, query, call.query_stride, T - first, HS);
  load_keys(0);
  const float scale = call.scale * kLog2E;
  const int t0 = first + row + lane / 4;
  Sums<HSp> out = {};
  float top[2] = {kLowest, kLowest}, sum[2] = {};
  const auto step = [&](int k0, auto masked) {
    const int stage = k0 / kTileRows % 2, j0 = k0 + lane % 4 * 2;
    const bool more = k0 + kTileRows < seen;
    if (more) load_keys(k0 + kTileRows);
    wait_for_tile<Tiles>(more);
    Scores s;
    Tiles::begin();
    Tiles::products(s, queries, passing.first(stage));
    Tiles::commit();
    Tiles::template wait<0>();
    if constexpr (decltype(masked)::value) {
#pragma unroll
      for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          const int t = t0 + e / 2 * 8, j = j0 + n * 8 + e % 2;
          if (j >= length || (call.causal && j > t)) s[n][e] = -INFINITY;
        }
      }
    }
    float faded[2];
    soften(s, scale, top, sum, faded);
    if constexpr (kDropout) {
      const Dropping dropping = dropping_of(call, b, h);
#pragma unroll
      for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) s[n][e] *= dropping(t0 + e / 2 * 8, j0 + n * 8 + e % 2);
      }
    }
    Weights weights;
    pack_weights(weights, s);
#pragma unroll
    for (int n = 0; n < HSp / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) out[n][e] *= faded[e / 2];
    }
    Tiles::begin();
    Tiles::add_weighted_rows(out, weights, passing.second(stage));
    Tiles::commit();
    Tiles::template wait<0>();
    __syncthreads();  // before the next copy writes over this stage
  };
  int k0 = 0;
  for (; sees_all(call, first, k0, length); k0 += kTileRows) step(k0, std::false_type{});
  for (; k0 < seen; k0 += kTileRows) step(k0, std::true_type{});
  copy_async_wait<0>();

  const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
  float factors[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float total = row_sum(sum[half]);
    const int t = t0 + half * 8;
    factors[half] = total > 0.0f ? head_scale / total : 0.0f;
    if (lane % 4 == 0 && t < T)
      call.lse[(b * call.NH + h) * T + t] =
          top[half] * call.scale + (total > 0.0f ? kernels::logarithm(total) : 0.0f);
  }
  write_rows<HSp>(static_cast<uint16_t*>(call.out) + (b * T * call.NH + h) * HS, call.NH * HS, first + row, T,
                  HS, out, factors);
}

template <typename Tiles>
void start_forward(Stream stream, const AttentionCall& call) {
  const int64_t tiles = (call.T + kTileRows - 1) / kTileRows;
  const auto start = [&](auto dropout) {
    launch(stream, forward_tiles<Tiles, decltype(dropout)::value>, tiles * call.B * call.NH, kTileThreads,
           5 * Tiles::kElements * sizeof(uint16_t), call, tiles);
  };
  if (call.dropout > 0.0f) return start(std::true_type{});
  start(std::false_type{});
}

}  // namespace seedling::gpu
