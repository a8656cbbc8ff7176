// The unit that multiplies bf16 blocks. Called by: cpu_bf16.cpp; chosen in choose_x86.cpp or
// choose_other.cpp.
#pragma once

#include "backend/cpu/isa/bf16_layout.h"

namespace seedling {

struct IsaKernels;

struct Bf16Unit {
  const char* name;  // "amx", "avx512bf16", or the row kernels' name: plain arithmetic
  void (*begin)();   // on every thread before its products of one op, and end after them; may be null
  void (*end)();
  BlockProduct product, add_product;  // = and +=

  /// Begins, and ends where it leaves its block.
  class Use {
   public:
    explicit Use(const Bf16Unit& unit, bool wanted = true) : unit_(wanted ? &unit : nullptr) {
      if (unit_ != nullptr && unit_->begin != nullptr) unit_->begin();
    }
    ~Use() {
      if (unit_ != nullptr && unit_->end != nullptr) unit_->end();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    const Bf16Unit* unit_;
  };
};

/// Tiles where they work (never with SEEDLING_ISA set), else the row kernels' own product.
Bf16Unit choose_bf16_unit(const IsaKernels& isa);
/// Only where cpu_info().amx_bf16.
const Bf16Unit& amx_unit();

}  // namespace seedling
