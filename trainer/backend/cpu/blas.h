// Single-threaded fp32 matrix products by the machine's BLAS. Called by: the linear ops of backend/cpu.
#pragma once

#include <cstdint>

namespace seedling {

/// c (m, n) = alpha op(a) op(b) + beta c, row-major; ld* are row strides. Safe to call from several threads.
/// op(a) is (m, k): a itself or, when transpose_a, the transpose of a (k, m); the same for b.
void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

}  // namespace seedling
