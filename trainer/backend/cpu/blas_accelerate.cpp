// Apple's Accelerate. Chosen by backend/sources.cmake on macOS in place of blas.cpp.
#include <Accelerate/Accelerate.h>

#include <cstdlib>

#include "backend/cpu/blas.h"
#include "backend/cpu/machine.h"

namespace seedling {

const BlasInfo& blas_info() {
  static const BlasInfo info = [] {
    setenv("VECLIB_MAXIMUM_THREADS", "1", 1);  // the threads are ours (thread_team.h)
    BlasInfo accelerate;
    accelerate.library = "Accelerate";
    return accelerate;
  }();
  return info;
}

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), alpha, a, static_cast<int>(lda),
              b, static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

}  // namespace seedling
