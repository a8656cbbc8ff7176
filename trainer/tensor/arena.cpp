// A bump allocator over chunks: see arena.h.
#include "tensor/arena.h"

#include <algorithm>

namespace seedling {
namespace {
constexpr size_t kAlignment = 64;  // a cache line, and a whole AVX-512 register
}

Arena::Arena(Allocator& allocator, size_t chunk_bytes) : allocator_(allocator), chunk_bytes_(chunk_bytes) {}

Arena::~Arena() {
  for (const Chunk& chunk : chunks_) allocator_.release(chunk.memory, chunk.bytes);
}

Tensor Arena::take(DType dtype, std::initializer_list<int64_t> shape) {
  const size_t bytes = (Tensor(nullptr, dtype, shape).bytes() + kAlignment - 1) / kAlignment * kAlignment;
  // Walk to the first chunk, from the cursor on, that has room; grow the arena when there is none.
  while (chunk_ < chunks_.size() && used_ + bytes > chunks_[chunk_].bytes) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const size_t size = std::max(bytes, chunk_bytes_);
    chunks_.push_back({static_cast<std::byte*>(allocator_.allocate(size)), size});
  }
  std::byte* memory = chunks_[chunk_].memory + used_;
  used_ += bytes;
  return Tensor(memory, dtype, shape);
}

size_t Arena::capacity() const {
  size_t bytes = 0;
  for (const Chunk& chunk : chunks_) bytes += chunk.bytes;
  return bytes;
}

}  // namespace seedling
