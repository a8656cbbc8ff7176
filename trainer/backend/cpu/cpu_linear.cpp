// Linear layers: y = x W^T + b with W (O, I), and their gradients. Each worker runs its own single-threaded
// products.
//
//   forward   its rows of x and y (its columns of y where there are few rows, as in generation)
//   dx = dy W its rows of dy and dx
//   dW += dy^T x   its rows of dW: no copies of the gradient, no sums across workers
//
// Rows go in blocks that fit in L2, so that bias, residual and activation are applied while the block is
// there.
#include <algorithm>

#include "backend/cpu/blas.h"
#include "backend/cpu/cpu_backend.h"

namespace seedling {
namespace {

constexpr int64_t kRowBlock = 256;
constexpr int64_t kMinRows = 16;  // fewer a worker: split the columns instead
constexpr int64_t kFewRows = 4;   // so few, and the product is the reading of the weights

struct Part {
  Range rows, columns;
};

/// A worker's share of a (rows, columns) result.
Part share(int64_t rows, int64_t columns, int worker, int workers) {
  if (rows >= kMinRows * workers) return {split_range(rows, worker, workers), {0, columns}};
  return {{0, rows}, split_range(columns, worker, workers, 16)};
}

/// y (rows, columns) = or += x w^T, w (O, K) from its row of the first column on.
void forward_product(const IsaKernels& isa, float* y, const float* x, const float* w, int64_t rows,
                     int64_t columns, int64_t O, int64_t K, bool accumulate) {
  if (rows <= kFewRows) return isa.few_rows(y, O, x, K, w, K, rows, columns, K, accumulate);
  sgemm(false, true, rows, columns, K, 1.0f, x, K, w, K, accumulate ? 1.0f : 0.0f, y, O);
}

}  // namespace

void CpuBackend::linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                                const Tensor& residual) {
  if (x.dtype() == DType::bf16) return bf16_.forward(y, {}, x, w, bias, residual, kNoActivation);
  const int64_t N = x.rows(), I = x.columns(), O = w.dim(0);
  const float *from = x.as<float>(), *weights = w.as<float>(), *b = floats_of(bias), *r = floats_of(residual);
  float* to = y.as<float>();
  // The residual is in place already when it is y itself.
  const float* start = r == to ? nullptr : r;
  team_.run([&](int worker, int workers) {
    const Part part = share(N, O, worker, workers);
    const Range columns = part.columns;
    if (columns.size() <= 0) return;
    for (int64_t n = part.rows.begin; n < part.rows.end; n += kRowBlock) {
      const int64_t rows = std::min(kRowBlock, part.rows.end - n);
      float* block = to + n * O + columns.begin;
      const float* block_bias = b == nullptr ? nullptr : b + columns.begin;
      if (r == to && b != nullptr) {
        isa_.f32.start_rows(block, block_bias, block, rows, columns.size(), O);
      } else if (start != nullptr || b != nullptr) {
        const float* block_start = start == nullptr ? nullptr : start + n * O + columns.begin;
        isa_.f32.start_rows(block, block_bias, block_start, rows, columns.size(), O);
      }
      forward_product(isa_, block, from + n * I, weights + columns.begin * I, rows, columns.size(), O, I,
                      r != nullptr || b != nullptr);
    }
  });
}

void CpuBackend::linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w,
                                           const Tensor& bias, Activation activation) {
  if (x.dtype() == DType::bf16) return bf16_.forward(y, pre, x, w, bias, {}, static_cast<int>(activation));
  const int64_t N = x.rows(), I = x.columns(), O = w.dim(0);
  const float *from = x.as<float>(), *weights = w.as<float>(), *b = floats_of(bias);
  float *to = pre.as<float>(), *activated = y.as<float>();
  team_.run([&](int worker, int workers) {
    const Part part = share(N, O, worker, workers);
    const Range columns = part.columns;
    if (columns.size() <= 0) return;
    for (int64_t n = part.rows.begin; n < part.rows.end; n += kRowBlock) {
      const int64_t rows = std::min(kRowBlock, part.rows.end - n), first = n * O + columns.begin;
      if (b != nullptr) isa_.f32.start_rows(to + first, b + columns.begin, nullptr, rows, columns.size(), O);
      forward_product(isa_, to + first, from + n * I, weights + columns.begin * I, rows, columns.size(), O, I,
                      b != nullptr);
      if (columns.size() == O) {
        isa_.f32.activation_forward(activated + first, to + first, rows * O, activation);
        continue;
      }
      for (int64_t row = 0; row < rows; ++row) {
        isa_.f32.activation_forward(activated + first + row * O, to + first + row * O, columns.size(),
                                    activation);
      }
    }
  });
}

void CpuBackend::linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) {
  if (dy.dtype() == DType::bf16) return bf16_.backward_input(dx, dy, w, accumulate);
  const int64_t N = dy.rows(), O = dy.columns(), I = w.columns();
  const float *from = dy.as<float>(), *weights = w.as<float>();
  float* to = dx.as<float>();
  team_.run([&](int worker, int workers) {
    const auto [rows, columns] = share(N, I, worker, workers);
    if (rows.size() <= 0 || columns.size() <= 0) return;
    sgemm(false, false, rows.size(), columns.size(), O, 1.0f, from + rows.begin * O, O,
          weights + columns.begin, I, accumulate ? 1.0f : 0.0f, to + rows.begin * I + columns.begin, I);
  });
}

void CpuBackend::linear_activation_backward(Tensor dpre, const Tensor& dy, const Tensor& w, const Tensor& pre,
                                            Activation activation) {
  if (dy.dtype() == DType::bf16)
    return bf16_.backward_activated(dpre, dy, w, pre, static_cast<int>(activation));
  const int64_t N = dy.rows(), O = dy.columns(), I = w.columns();
  const float *from = dy.as<float>(), *weights = w.as<float>(), *at = pre.as<float>();
  float* to = dpre.as<float>();
  team_.run([&](int worker, int workers) {
    const Part part = share(N, I, worker, workers);
    const Range columns = part.columns;
    if (columns.size() <= 0) return;
    for (int64_t n = part.rows.begin; n < part.rows.end; n += kRowBlock) {
      const int64_t rows = std::min(kRowBlock, part.rows.end - n), first = n * I + columns.begin;
      sgemm(false, false, rows, columns.size(), O, 1.0f, from + n * O, O, weights + columns.begin, I, 0.0f,
            to + first, I);
      if (columns.size() == I) {
        isa_.f32.activation_backward(to + first, to + first, at + first, rows * I, activation);
        continue;
      }
      for (int64_t row = 0; row < rows; ++row) {
        isa_.f32.activation_backward(to + first + row * I, to + first + row * I, at + first + row * I,
                                     columns.size(), activation);
      }
    }
  });
}

void CpuBackend::linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) {
  const int64_t N = dy.rows(), O = dy.columns(), I = x.columns();
  if (dbias) {
    team_.run([&](int worker, int workers) {
      const Range part = split_range(O, worker, workers, 16);
      if (part.size() <= 0) return;
      of(dy).column_sums(dbias.as<float>() + part.begin, at(dy, part.begin), N, part.size(), O);
    });
  }
  if (dy.dtype() == DType::bf16) return bf16_.backward_weight(dw, dy, x);
  const float *from = dy.as<float>(), *inputs = x.as<float>();
  float* to = dw.as<float>();
  team_.run([&](int worker, int workers) {
    // Rows of dw, or columns where those split more evenly (a vocabulary of 65 characters).
    const bool by_rows = O >= I;
    const Range part = split_range(by_rows ? O : I, worker, workers, 16);
    if (part.size() <= 0) return;
    if (by_rows) {
      sgemm(true, false, part.size(), I, N, 1.0f, from + part.begin, O, inputs, I, 1.0f, to + part.begin * I,
            I);
    } else {
      sgemm(true, false, O, part.size(), N, 1.0f, from, O, inputs + part.begin, I, 1.0f, to + part.begin, I);
    }
  });
}

void CpuBackend::matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b,
                        float alpha, float beta) {
  const int64_t m = c.rows(), n = c.columns(), k = transpose_a ? a.rows() : a.columns();
  const int64_t lda = a.columns(), ldb = b.columns();
  const float *left = a.as<float>(), *right = b.as<float>();
  float* to = c.as<float>();
  team_.run([&](int worker, int workers) {
    const auto [rows, columns] = share(m, n, worker, workers);
    if (rows.size() <= 0 || columns.size() <= 0) return;
    sgemm(transpose_a, transpose_b, rows.size(), columns.size(), k, alpha,
          left + (transpose_a ? rows.begin : rows.begin * lda), lda,
          right + (transpose_b ? columns.begin * ldb : columns.begin), ldb, beta,
          to + rows.begin * n + columns.begin, n);
  });
}

}  // namespace seedling
