// The vector units of the CPU. Called by: machine.cpp; machine_x86.cpp or machine_other.cpp is chosen by
// CMake.
#pragma once

namespace seedling {

struct CpuInfo;

/// Fills in avx2, avx512, avx512_bf16 and amx_bf16.
void find_vector_units(CpuInfo& info);

}  // namespace seedling
