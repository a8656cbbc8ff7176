// Memory for packed bf16 operands. Used by: cpu_bf16.h, cpu_muon.h.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace seedling {

/// Memory that grows and never shrinks, starts at a cache line, and is not initialised.
class PackedMemory {
 public:
  uint16_t* reserve(int64_t elements);
  uint16_t* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(uint16_t* p) const { std::free(p); }
  };
  std::unique_ptr<uint16_t, Free> data_;
  int64_t elements_ = 0;
};

}  // namespace seedling
