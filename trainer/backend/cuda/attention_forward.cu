// Attention forward on tensor cores (bf16): FlashAttention-2 with mma.sync m16n8k16.
//
// A block has 64 queries of one head; keys and values pass by in tiles of 64, the next one on its way while
// this one is worked on. Softmax runs in base 2, whose exponential the hardware has. Tiles that no query may
// see are skipped.
#include <type_traits>

#include "backend/cuda/attention_tiles.h"

namespace seedling::gpu {
namespace {

/// One tile's scores become probabilities (not yet divided by their sum), and sums and maxima are brought up
/// to date. Returns by what the earlier output of each of the two rows must be multiplied.
__device__ void soften(Scores& s, float (&top)[2], float (&sum)[2], float (&faded)[2]) {
  for (int half = 0; half < 2; ++half) {
    float highest = top[half];
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n)
      highest = fmaxf(highest, fmaxf(s[n][2 * half], s[n][2 * half + 1]));
    highest = row_max(highest);
    faded[half] = power_of_two(top[half] - highest);
    top[half] = highest;
    sum[half] *= faded[half];
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
      for (int e = 2 * half; e < 2 * half + 2; ++e) {
        s[n][e] = power_of_two(s[n][e] - highest);
        sum[half] += s[n][e];
      }
    }
  }
}

template <int HSp>
__global__ void __launch_bounds__(kTileThreads) forward_tiles(AttentionCall call, int tiles, bool by_eight) {
  SharedMemory memory;
  const Tile queries = memory.take<uint16_t>(kTileElements<HSp>);
  const Stages<HSp, 2> passing = {memory.take<uint16_t>(2 * 2 * kTileElements<HSp>)};
  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const int head = static_cast<int>(blockIdx.x) / tiles, tile = static_cast<int>(blockIdx.x) % tiles;
  const int64_t b = head / call.NH, h = head % call.NH, kv = h / (call.NH / call.NK);
  const int first = (tiles - 1 - tile) * kTileRows;  // those with most to see begin first
  const int T = static_cast<int>(call.T), length = keys_of(call, b);
  const int seen = call.causal && first + kTileRows < length ? first + kTileRows : length;
  const int HS = static_cast<int>(call.HS), row = warp * 16;
  const uint16_t* query =
      static_cast<const uint16_t*>(call.query) + (b * T + first) * call.query_stride + h * HS;
  const int64_t key_at = b * T * call.key_stride + kv * HS;
  const uint16_t *key = static_cast<const uint16_t*>(call.key) + key_at,
                 *value = static_cast<const uint16_t*>(call.value) + key_at;
  const auto load_keys = [&](int k0) {
    const int stage = k0 / kTileRows % 2;
    load_tile<HSp>(passing.first(stage), key + k0 * call.key_stride, call.key_stride, seen - k0, HS,
                   by_eight);
    load_tile<HSp>(passing.second(stage), value + k0 * call.key_stride, call.key_stride, seen - k0, HS,
                   by_eight);
    copy_async_commit();
  };

  load_tile<HSp>(queries, query, call.query_stride, T - first, HS, by_eight);
  load_keys(0);
  const Dropping dropping = dropping_of(call, b, h);
  const float scale = call.scale * kLog2E;
  float out[HSp / 8][4] = {}, top[2] = {-3.0e38f, -3.0e38f}, sum[2] = {};
  for (int k0 = 0; k0 < seen; k0 += kTileRows) {
    const int stage = k0 / kTileRows % 2;
    if (k0 + kTileRows < seen) {
      load_keys(k0 + kTileRows);
      copy_async_wait<1>();
    } else {
      copy_async_wait<0>();
    }
    __syncthreads();
    Scores s = {};
    add_products<HSp>(s, queries, row, passing.first(stage));
    const bool all_seen = k0 + kTileRows <= length && (!call.causal || k0 + kTileRows <= first + row + 1);
    const int t0 = first + row + lane / 4, j0 = k0 + lane % 4 * 2;
#pragma unroll
    for (int n = 0; n < kTileRows / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int t = t0 + e / 2 * 8, j = j0 + n * 8 + e % 2;
        const bool hidden = !all_seen && (j >= length || (call.causal && j > t));
        s[n][e] = hidden ? -INFINITY : s[n][e] * scale;
      }
    }
    float faded[2];
    soften(s, top, sum, faded);
#pragma unroll
    for (int n = 0; n < HSp / 8; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) out[n][e] *= faded[e / 2];
    }
    if (dropping.active) {
#pragma unroll
      for (int n = 0; n < kTileRows / 8; ++n) {
        for (int e = 0; e < 4; ++e) s[n][e] *= dropping(t0 + e / 2 * 8, j0 + n * 8 + e % 2);
      }
    }
    add_weighted_rows<HSp>(out, s, passing.second(stage));
    __syncthreads();  // before the next copy writes over this stage
  }
  copy_async_wait<0>();

  const float head_scale = call.head_scale != nullptr ? call.head_scale[h] : 1.0f;
  float factors[2];
  for (int half = 0; half < 2; ++half) {
    const float total = row_sum(sum[half]);
    const int t = first + row + lane / 4 + half * 8;
    factors[half] = total > 0.0f ? head_scale / total : 0.0f;
    if (lane % 4 == 0 && t < T)
      call.lse[(b * call.NH + h) * T + t] =
          top[half] * kLn2 + (total > 0.0f ? kernels::logarithm(total) : 0.0f);
  }
  write_rows<HSp>(static_cast<uint16_t*>(call.out) + (b * T * call.NH + h) * HS, call.NH * HS, first + row, T,
                  HS, out, factors);
}

}  // namespace

void attention_forward_tiles(Stream stream, const AttentionCall& call) {
  const int64_t tiles = (call.T + kTileRows - 1) / kTileRows;
  with_head_size(call.HS, [&](auto size) {
    constexpr int HSp = decltype(size)::value;
    launch(stream, forward_tiles<HSp>, tiles * call.B * call.NH, kTileThreads,
           5 * kTileElements<HSp> * sizeof(uint16_t), call, tiles, tiles_by_eight(call));
  });
}

}  // namespace seedling::gpu
