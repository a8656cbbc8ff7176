// The row kernels for x86-64 with AVX2, FMA and F16C (2013). Flags: backend/sources.cmake.
#define SEEDLING_ISA avx2
#include "backend/cpu/isa/table.inc.h"
