// See packed_memory.h.
#include "backend/cpu/packed_memory.h"

#include "base/error.h"

namespace seedling {

uint16_t* PackedMemory::reserve(int64_t elements) {
  if (elements <= elements_) return data_.get();
  const size_t bytes = (static_cast<size_t>(elements) * sizeof(uint16_t) + 4095) / 4096 * 4096;
  data_.reset();
  data_.reset(static_cast<uint16_t*>(std::aligned_alloc(4096, bytes)));
  elements_ = data_ == nullptr ? 0 : elements;
  if (data_ == nullptr)
    fail("Not enough memory for bf16 operands: ", bytes >> 20,
         " MiB were refused. Use a smaller --batch-size or model.");
  return data_.get();
}

}  // namespace seedling
