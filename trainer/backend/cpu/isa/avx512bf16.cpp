// The row kernels for x86-64 with AVX-512 and its bf16 dot products (2020). Flags: backend/sources.cmake.
#define SEEDLING_ISA avx512bf16
#include "backend/cpu/isa/table.inc.h"
