// The row kernels of a CPU that is not x86: one table. See isa.h.
#include <cstring>

#include "backend/cpu/isa/bf16_unit.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/tables.h"

namespace seedling {

const IsaKernels* find_kernels(const char* name) {
  return std::strcmp(name, "baseline") == 0 ? &baseline::table() : nullptr;
}

const IsaKernels& choose_kernels() { return baseline::table(); }

Bf16Unit choose_bf16_unit(const IsaKernels& isa) {
  return {isa.name, nullptr, nullptr, isa.blocks.product, isa.blocks.add_product};
}

}  // namespace seedling
