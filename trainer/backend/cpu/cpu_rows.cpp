// Ops on rows and elements: tables, norms, activations, dropout, loss. Each gives every worker its rows.
#include <cstring>

#include "backend/argmax_rows.h"
#include "backend/cpu/cpu_backend.h"
#include "base/error.h"

namespace seedling {

// --- tables
// ---------------------------------------------------------------------------------------------------

void CpuBackend::gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) {
  const int64_t C = y.columns();
  for_rows(y.rows(), [&](int, Range rows) {
    of(y).gather(at(y, rows.begin * C), table.as<float>(), index.as<int32_t>() + rows.begin, rows.size(), C,
                 accumulate);
  });
}

void CpuBackend::scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) {
  const int64_t C = dy.columns();
  team_.run([&](int worker, int workers) {
    const Range columns = split_range(C, worker, workers, 16);
    if (columns.size() <= 0) return;
    of(dy).scatter_add(dtable.as<float>(), index.as<int32_t>(), dy.raw(), dy.rows(), C, columns.begin,
                       columns.end);
  });
}

void CpuBackend::pick_rows(Tensor y, const Tensor& x, const Tensor& index) {
  const int64_t C = y.columns();
  const size_t bytes = static_cast<size_t>(C) * size_of(y.dtype());
  for_rows(y.rows(), [&](int, Range rows) {
    for (int64_t m = rows.begin; m < rows.end; ++m)
      std::memcpy(at(y, m * C), at(x, index.as<int32_t>()[m] * C), bytes);
  });
}

void CpuBackend::unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) {
  const int64_t C = dy.columns();
  for_rows(dy.rows(), [&](int, Range rows) {
    for (int64_t m = rows.begin; m < rows.end; ++m) {
      void* to = at(dx, index.as<int32_t>()[m] * C);
      of(dx).add(to, to, at(dy, m * C), C);
    }
  });
}

// --- normalisation
// --------------------------------------------------------------------------------------------

void CpuBackend::norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain, const Tensor& bias,
                              NormKind kind, float epsilon) {
  const int64_t C = x.columns();
  for_rows(x.rows(), [&](int, Range rows) {
    of(x).norm_forward(at(y, rows.begin * C), stats.as<float>() + 2 * rows.begin, at(x, rows.begin * C),
                       floats_of(gain), floats_of(bias), rows.size(), C, kind, epsilon);
  });
}

void CpuBackend::norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                               const Tensor& stats, const Tensor& gain, NormKind kind, bool accumulate) {
  const int64_t C = x.columns();
  reserve_scratch(2 * C);
  team_.run([&](int worker, int workers) {
    float *gain_sums = scratch(worker), *bias_sums = gain_sums + C;
    std::memset(gain_sums, 0, static_cast<size_t>(2 * C) * sizeof(float));
    const Range rows = split_range(x.rows(), worker, workers);
    of(x).norm_backward(at(dx, rows.begin * C), dgain ? gain_sums : nullptr, dbias ? bias_sums : nullptr,
                        at(dy, rows.begin * C), at(x, rows.begin * C), stats.as<float>() + 2 * rows.begin,
                        floats_of(gain), rows.size(), C, kind, accumulate);
  });
  if (dgain) add_partial_sums(dgain, 0);
  if (dbias) add_partial_sums(dbias, C);
}

// --- element by element
// ---------------------------------------------------------------------------------------

void CpuBackend::activation_forward(Tensor y, const Tensor& x, Activation activation) {
  for_elements(x, [&](int64_t i, int64_t n) { of(x).activation_forward(at(y, i), at(x, i), n, activation); });
}

void CpuBackend::activation_backward(Tensor dx, const Tensor& dy, const Tensor& x, Activation activation) {
  for_elements(x, [&](int64_t i, int64_t n) {
    of(x).activation_backward(at(dx, i), at(dy, i), at(x, i), n, activation);
  });
}

void CpuBackend::gated_forward(Tensor y, const Tensor& gate_up, Activation activation) {
  const int64_t F = y.columns();
  for_rows(y.rows(), [&](int, Range rows) {
    of(y).gated_forward(at(y, rows.begin * F), at(gate_up, rows.begin * 2 * F), rows.size(), F, activation);
  });
}

void CpuBackend::gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                                Activation activation) {
  const int64_t F = dy.columns();
  for_rows(dy.rows(), [&](int, Range rows) {
    of(dy).gated_backward(at(dgate_up, rows.begin * 2 * F), at(dy, rows.begin * F),
                          at(gate_up, rows.begin * 2 * F), rows.size(), F, activation);
  });
}

void CpuBackend::dropout(Tensor y, const Tensor& x, float p, uint64_t key) {
  require(p >= 0.0f && p < 1.0f, "dropout's p is in [0, 1)");
  for_elements(x, [&](int64_t i, int64_t n) { of(x).dropout(y.raw(), x.raw(), i, n, p, key); });
}

void CpuBackend::add(Tensor y, const Tensor& a, const Tensor& b) {
  for_elements(y, [&](int64_t i, int64_t n) { of(y).add(at(y, i), at(a, i), at(b, i), n); });
}

void CpuBackend::copy(Tensor y, const Tensor& x) {
  for_elements(x, [&](int64_t i, int64_t n) {
    if (x.dtype() == y.dtype()) {
      std::memmove(at(y, i), at(x, i), static_cast<size_t>(n) * size_of(x.dtype()));
    } else if (y.dtype() == DType::f32) {
      of(x).to_float(y.as<float>() + i, at(x, i), n);
    } else {
      of(y).from_float(at(y, i), x.as<float>() + i, n);
    }
  });
}

void CpuBackend::fill(Tensor y, float value) {
  for_elements(y, [&](int64_t i, int64_t n) { of(y).fill(at(y, i), value, n); });
}

void CpuBackend::scale(Tensor y, float factor) {
  for_elements(y, [&](int64_t i, int64_t n) { of(y).scale(at(y, i), factor, n); });
}

void CpuBackend::shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) {
  for_rows(x.rows(), [&](int, Range rows) {
    of(x).shift_forward(y.raw(), x.raw(), s.as<float>(), rows.begin, rows.end, T, x.columns());
  });
}

void CpuBackend::shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x, const Tensor& s,
                                int64_t T, bool accumulate) {
  const int64_t C = x.columns();
  reserve_scratch(C);
  team_.run([&](int worker, int workers) {
    std::memset(scratch(worker), 0, static_cast<size_t>(C) * sizeof(float));
    const Range rows = split_range(x.rows(), worker, workers);
    of(x).shift_backward(dx.raw(), scratch(worker), dy.raw(), x.raw(), s.as<float>(), rows.begin, rows.end, T,
                         C, accumulate);
  });
  if (ds) add_partial_sums(ds, 0);
}

// --- loss
// -----------------------------------------------------------------------------------------------------

void CpuBackend::softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                                       float gradient_scale) {
  const int64_t V = logits.columns();
  for_rows(logits.rows(), [&](int, Range rows) {
    of(logits).softmax_cross_entropy(losses.as<float>() + rows.begin, at(logits, rows.begin * V),
                                     targets.as<int32_t>() + rows.begin, rows.size(), V, gradient_scale);
  });
}

void CpuBackend::softmax(Tensor logits) {
  const int64_t V = logits.columns();
  for_rows(logits.rows(),
           [&](int, Range rows) { of(logits).softmax(at(logits, rows.begin * V), rows.size(), V); });
}

void CpuBackend::argmax_rows(Tensor index, const Tensor& x) {
  for_rows(x.rows(), [&](int, Range rows) {
    for (int64_t n = rows.begin; n < rows.end; ++n)
      index.as<int32_t>()[n] = argmax_of_row(x.row_range(n, n + 1));
  });
}

}  // namespace seedling
