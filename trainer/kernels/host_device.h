// One macro for functions whose formula every device shares.
//
// The files in kernels/ hold the arithmetic of each op, once: plain inline functions on floats, free of loops
// over tensors, of threads and of memory. backend/cpu compiles them once per instruction set and lets the
// compiler vectorise the loop around them; backend/cuda compiles the same text for the device.
//
// always_inline is not only for speed: the CPU backend compiles these headers with different instruction
// sets into one program, so none of them may survive as a function the linker could pick for all.
#pragma once

#if defined(__CUDACC__)
#define SEEDLING_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__)
#define SEEDLING_HD inline __attribute__((always_inline))
#else
#define SEEDLING_HD inline
#endif
