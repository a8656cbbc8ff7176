// Picks the widest row kernels that this x86 CPU can run. See isa.h.
#include <cstdlib>
#include <cstring>

#include "backend/cpu/isa/bf16_unit.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/tables.h"
#include "backend/cpu/machine.h"
#include "base/error.h"

namespace seedling {

const IsaKernels* find_kernels(const char* name) {
  const CpuInfo& cpu = cpu_info();
  if (std::strcmp(name, "avx512bf16") == 0 && cpu.avx512_bf16) return &avx512bf16::table();
  if (std::strcmp(name, "avx512") == 0 && cpu.avx512) return &avx512::table();
  if (std::strcmp(name, "avx2") == 0 && cpu.avx2) return &avx2::table();
  if (std::strcmp(name, "baseline") == 0) return &baseline::table();
  return nullptr;
}

const IsaKernels& choose_kernels() {
  if (const char* wish = std::getenv("SEEDLING_ISA"); wish != nullptr && *wish != '\0') {
    const IsaKernels* wanted = find_kernels(wish);
    if (wanted == nullptr)
      fail_usage("SEEDLING_ISA=", wish, ": this CPU cannot run it (avx512bf16, avx512, avx2, baseline).");
    return *wanted;
  }
  for (const char* name : {"avx512bf16", "avx512", "avx2"}) {
    if (const IsaKernels* found = find_kernels(name)) return *found;
  }
  return baseline::table();
}

Bf16Unit choose_bf16_unit(const IsaKernels& isa) {
  const char* wish = std::getenv("SEEDLING_ISA");
  if (cpu_info().amx_bf16 && (wish == nullptr || *wish == '\0')) return amx_unit();
  return {isa.name, nullptr, nullptr, isa.blocks.product, isa.blocks.add_product};
}

}  // namespace seedling
