// Attention on Hopper's tensor cores: see attention_wgmma.h. Compiled for compute capability 9.0a alone.
#include "backend/cuda/attention_wgmma.h"

#include "backend/cuda/attention_backward.h"
#include "backend/cuda/attention_forward.h"

namespace seedling::gpu {
namespace {

template <typename Work>
void with_tiles(int64_t HS, Work work) {
  if (HS <= 64) return work(WgmmaTiles<64>{});
  work(WgmmaTiles<128>{});
}

}  // namespace

void attention_forward_wgmma(Stream stream, const AttentionCall& call) {
  with_tiles(call.HS, [&](auto tiles) { start_forward<decltype(tiles)>(stream, call); });
}

void attention_backward_wgmma(Stream stream, const AttentionCall& call) {
  with_tiles(call.HS, [&](auto tiles) { start_backward<decltype(tiles)>(stream, call); });
}

}  // namespace seedling::gpu
