// Attention on the tensor cores of compute capability 8.0 and newer: see attention_mma.h.
#include "backend/cuda/attention_mma.h"

#include "backend/cuda/attention_backward.h"
#include "backend/cuda/attention_forward.h"

namespace seedling::gpu {
namespace {

/// work(the tiles of the head size padded to a multiple of 32).
template <typename Work>
void with_tiles(int64_t HS, Work work) {
  if (HS <= 32) return work(MmaTiles<32>{});
  if (HS <= 64) return work(MmaTiles<64>{});
  if (HS <= 96) return work(MmaTiles<96>{});
  work(MmaTiles<128>{});
}

}  // namespace

void attention_forward_mma(Stream stream, const AttentionCall& call) {
  with_tiles(call.HS, [&](auto tiles) { start_forward<decltype(tiles)>(stream, call); });
}

void attention_backward_mma(Stream stream, const AttentionCall& call) {
  with_tiles(call.HS, [&](auto tiles) { start_backward<decltype(tiles)>(stream, call); });
}

}  // namespace seedling::gpu
