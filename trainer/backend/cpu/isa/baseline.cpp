// The row kernels for whatever the compiler's own default is: SSE2 on x86-64, NEON on arm64. Flags:
// backend/sources.cmake.
#define SEEDLING_ISA baseline
#include "backend/cpu/isa/table.inc.h"
