// A CPU that is not x86: the baseline kernels are compiled for its own vector unit. Chosen by
// backend/sources.cmake.
#include "backend/cpu/machine.h"
#include "backend/cpu/units.h"

namespace seedling {

void find_vector_units(CpuInfo&) {}

}  // namespace seedling
