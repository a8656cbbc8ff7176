// Muon on the GPU: all matrices of one shape at once, the iteration in bf16 as on the CPU (equations:
// optimizer/muon.h; iteration: kernels/optimizer.h).
#include <algorithm>

#include "backend/cuda/cuda_backend.h"
#include "kernels/optimizer.h"

namespace seedling {

void CudaBackend::muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step) {
  if (facts_.major < 8) return Backend::muon(matrices, step);  // no bf16 products
  std::map<std::pair<int64_t, int64_t>, std::vector<const MuonMatrix*>> groups;
  for (const MuonMatrix& matrix : matrices)
    groups[{matrix.value.rows(), matrix.value.columns()}].push_back(&matrix);
  for (const auto& [shape, group] : groups) muon_group(group, step);
  runtime_.started("muon");
}

void CudaBackend::muon_group(const std::vector<const MuonMatrix*>& matrices, const MuonStep& step) {
  constexpr int64_t kAligned = 128;  // elements; so that each matrix of the scratch begins at 256 bytes
  const auto padded = [](int64_t n) { return (n + kAligned - 1) / kAligned * kAligned; };
  const int64_t rows = matrices[0]->value.rows(), columns = matrices[0]->value.columns(),
                size = rows * columns;
  const int64_t count = static_cast<int64_t>(matrices.size()), small = std::min(rows, columns);
  const int64_t stride = padded(size), square_stride = padded(small * small);

  std::vector<gpu::MuonEntry> entries;
  bool by_eight = size % 8 == 0;
  for (const MuonMatrix* matrix : matrices) {
    entries.push_back({matrix->value.as<float>(), matrix->gradient.as<float>(), matrix->momentum.as<float>(),
                       matrix->rate});
    for (const Tensor* tensor : {&matrix->value, &matrix->gradient, &matrix->momentum})
      by_eight = by_eight && reinterpret_cast<uintptr_t>(tensor->raw()) % 16 == 0;
  }
  const int64_t partials = count * (gpu::muon_partials(size) + 1);
  const size_t bytes_of_entries = entries.size() * sizeof(gpu::MuonEntry);
  uint16_t* x = scratch<uint16_t>(2 * count * (stride + square_stride) + padded(4 * partials) +
                                  static_cast<int64_t>(bytes_of_entries / sizeof(uint16_t)));
  uint16_t *y = x + count * stride, *square = y + count * stride,
           *polynomial = square + count * square_stride;
  double* sums = reinterpret_cast<double*>(polynomial + count * square_stride);
  auto* table = reinterpret_cast<gpu::MuonEntry*>(reinterpret_cast<uint16_t*>(sums) + padded(4 * partials));
  runtime_.upload(table, entries.data(), bytes_of_entries);

  gpu::muon_begin(stream(), x, stride, table, count, size, sums, by_eight, step.gradient_scale, step.momentum,
                  static_cast<float>(kernels::NewtonSchulz::kEpsilon));
  // A tall X is iterated from the right side, so that A is the small square: X <- a X + X (b A + c A A).
  const bool tall = rows > columns;
  gpu::Product product = {};
  product.type_in = product.type_out = DType::bf16, product.batch = count;
  const auto multiply = [&](uint16_t* to, const uint16_t* a, const uint16_t* b, float alpha,
                            const uint16_t* plus, float beta) {
    product.a = a, product.b = b, product.c = plus, product.d = to;
    product.alpha = alpha, product.beta = beta;
    gemm_.run(product);
  };
  for (const auto& [a, b, c] : kernels::NewtonSchulz::kCoefficients) {
    product.m = product.n = small, product.k = std::max(rows, columns);
    product.transpose_a = tall, product.transpose_b = !tall;
    product.a_stride = product.b_stride = stride, product.c_stride = square_stride;
    multiply(square, x, x, 1.0f, nullptr, 0.0f);
    product.k = small, product.transpose_a = product.transpose_b = false;
    product.a_stride = product.b_stride = square_stride;
    multiply(polynomial, square, square, c, square, b);
    product.m = rows, product.n = columns;
    product.c_stride = stride;
    (tall ? product.a_stride : product.b_stride) = stride;
    multiply(y, tall ? x : polynomial, tall ? polynomial : x, 1.0f, x, a);
    std::swap(x, y);
  }
  gpu::muon_end(stream(), table, x, stride, count, size, by_eight);
}

}  // namespace seedling
