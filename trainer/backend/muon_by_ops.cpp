// Muon's step by a backend's other ops, for every device that has no faster way.
//
// Called by: optimizer/muon.cpp through Backend::muon. Equations: optimizer/muon.h.
#include <utility>

#include "backend/backend.h"
#include "base/error.h"
#include "kernels/optimizer.h"

namespace seedling {
namespace {

using Iteration = kernels::NewtonSchulz;

/// The scratch of one matrix (rows, columns), whose smaller side is `small`.
struct MuonScratch {
  Tensor x, y, square, polynomial;
  MuonScratch(const Tensor& memory, int64_t rows, int64_t columns) {
    const int64_t size = rows * columns, small = std::min(rows, columns);
    int64_t at = 0;
    const auto take = [&](int64_t n, int64_t m) {
      std::byte* here =
          static_cast<std::byte*>(memory.raw()) + at * static_cast<int64_t>(size_of(memory.dtype()));
      at += n * m;
      return Tensor(here, memory.dtype(), {n, m});
    };
    x = take(rows, columns), y = take(rows, columns), square = take(small, small),
    polynomial = take(small, small);
    require(at <= memory.size() && size > 0, "Muon's scratch holds the largest matrix");
  }
};

/// The iteration on scratch.x; returns the matrix with the result (x or y). A tall X is iterated from the
/// right side, X <- a X + X (b A + c A A) with A = X^T X, so that A is the small square.
Tensor orthogonalize(Backend& backend, MuonScratch scratch) {
  Tensor x = scratch.x, y = scratch.y;
  const Tensor &square = scratch.square, &polynomial = scratch.polynomial;
  const bool tall = x.rows() > x.columns();
  for (const auto& [a, b, c] : Iteration::kCoefficients) {
    backend.matmul(square, x, tall, x, !tall, 1.0f, 0.0f);  // A
    backend.copy(polynomial, square);
    backend.matmul(polynomial, square, false, square, false, c, b);
    backend.copy(y, x);
    backend.matmul(y, tall ? x : polynomial, false, tall ? polynomial : x, false, 1.0f, a);
    std::swap(x, y);
  }
  return x;
}

}  // namespace

void Backend::muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step) {
  for (const MuonMatrix& matrix : matrices) {
    const MuonScratch scratch(step.scratch, matrix.value.rows(), matrix.value.columns());
    momentum(scratch.x, matrix.momentum, matrix.gradient, step.gradient_scale, step.momentum, true);
    normalize(scratch.x, Iteration::kEpsilon);
    apply_update(matrix.value, orthogonalize(*this, scratch), matrix.rate, 0.0f);
  }
}

}  // namespace seedling
