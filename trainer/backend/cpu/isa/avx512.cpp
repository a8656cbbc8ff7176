// The row kernels for x86-64 with AVX-512 F, BW, DQ and VL (2017). Flags: backend/sources.cmake.
#define SEEDLING_ISA avx512
#include "backend/cpu/isa/table.inc.h"
