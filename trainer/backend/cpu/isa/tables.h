// The tables that exist, one a compilation. Called by: choose_x86.cpp, choose_other.cpp.
#pragma once

namespace seedling {
struct IsaKernels;
namespace baseline {
const IsaKernels& table();
}
namespace avx2 {
const IsaKernels& table();
}
namespace avx512 {
const IsaKernels& table();
}
namespace avx512bf16 {
const IsaKernels& table();
}
}  // namespace seedling
