// What this CPU has, found by asking it, and how fast its matrix products are.
//
// Called by: backend/cpu (which kernels to use), `seedling doctor`, `seedling bench`, the autopilot.
#pragma once

#include <cstdint>
#include <string>

namespace seedling {

struct CpuInfo {
  std::string model;  // "Intel(R) Xeon(R) Processor"
  int cores = 1;      // that this process may use (affinity mask and, on Linux, the cgroup's quota)
  int64_t l1_bytes = 0, l2_bytes = 0, l3_bytes = 0;  // data caches of one core; 0 = unknown
  bool avx2 = false;                                 // with FMA and F16C
  bool avx512 = false;                               // F, BW, DQ and VL
  bool avx512_bf16 = false;                          // dot products of bf16 pairs
  bool amx_bf16 = false;  // tiles, tried out: allowed by the kernel and configured once without a fault
};

/// The machine, probed once. Never fails: what cannot be found out is absent.
const CpuInfo& cpu_info();

/// The BLAS that computes fp32 matrix products.
struct BlasInfo {
  std::string library;       // "OpenBLAS 0.3.21", "Accelerate"
  std::string kernel;        // what it uses now: "SkylakeX"; empty when it does not say
  std::string first_kernel;  // what it had chosen by itself
  bool corrected = false;    // its own choice was wrong for this CPU and has been replaced
};

/// Loads the library if it is not loaded yet. Throws Error, with the remedy, when there is none.
const BlasInfo& blas_info();

/// The matrix product ceiling: GFLOP/s of 1024 x 1024 x 1024 fp32 products on `threads` threads at once,
/// best of those finished within `seconds`.
double measure_sgemm_gflops(int threads, double seconds = 0.3);

}  // namespace seedling
