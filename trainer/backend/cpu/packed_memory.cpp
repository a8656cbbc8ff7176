// See packed_memory.h.
#include "backend/cpu/packed_memory.h"

#include "base/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace seedling {

uint16_t* PackedMemory::reserve(int64_t elements) {
  // Operands are read again and again from L2: in huge pages they do not collide there, nor miss the TLB.
  constexpr size_t kPage = 4096, kHugePage = size_t{2} << 20;
  if (elements <= elements_) return data_.get();
  const size_t wanted = static_cast<size_t>(elements) * sizeof(uint16_t);
  const size_t page = wanted >= kHugePage / 16 ? kHugePage : kPage, bytes = (wanted + page - 1) / page * page;
  data_.reset();
  data_.reset(static_cast<uint16_t*>(std::aligned_alloc(page, bytes)));
#if defined(__linux__)
  if (page == kHugePage && data_ != nullptr) madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
  elements_ = data_ == nullptr ? 0 : elements;
  if (data_ == nullptr)
    fail("Not enough memory for bf16 operands: ", bytes >> 20,
         " MiB were refused. Use a smaller --batch-size or model.");
  return data_.get();
}

}  // namespace seedling
