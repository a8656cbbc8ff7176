// The reference backend's memory, linear layers, tables and norms: see reference_backend.h.
#include "support/reference_backend.h"

#include <cmath>
#include <cstring>
#include <new>

#include "base/error.h"

namespace seedling {

void* ReferenceBackend::allocate(size_t bytes) {
  ++allocations_;
  const size_t rounded = (bytes + 63) / 64 * 64 + 64;
  void* memory = ::operator new (rounded, std::align_val_t{64});
  std::memset(memory, 0, rounded);
  return memory;
}

void ReferenceBackend::release(void* memory, size_t) { ::operator delete (memory, std::align_val_t{64}); }

void ReferenceBackend::copy_to_device(void* device, const void* host, size_t bytes) {
  std::memcpy(device, host, bytes);
}

void ReferenceBackend::copy_to_host(void* host, const void* device, size_t bytes) {
  std::memcpy(host, device, bytes);
}

// y[n][o] = sum_i x[n][i] w[o][i] + bias[o] + residual[n][o]
void ReferenceBackend::linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                                      const Tensor& residual) {
  const int64_t N = x.rows(), I = x.columns(), O = w.rows();
  require(w.columns() == I && y.rows() == N && y.columns() == O, "linear_forward: shapes");
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t o = 0; o < O; ++o) {
      double sum = bias ? bias.as<double>()[o] : 0.0;
      for (int64_t i = 0; i < I; ++i) sum += x.as<double>()[n * I + i] * w.as<double>()[o * I + i];
      if (residual) sum += residual.as<double>()[n * O + o];
      y.as<double>()[n * O + o] = sum;
    }
  }
}

void ReferenceBackend::linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w,
                                                 const Tensor& bias, Activation activation) {
  linear_forward(pre, x, w, bias, Tensor());
  activation_forward(y, pre, activation);
}

// dx[n][i] = sum_o dy[n][o] w[o][i]
void ReferenceBackend::linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) {
  const int64_t N = dy.rows(), O = dy.columns(), I = w.columns();
  require(w.rows() == O && dx.rows() == N && dx.columns() == I, "linear_backward_input: shapes");
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t i = 0; i < I; ++i) {
      double sum = accumulate ? dx.as<double>()[n * I + i] : 0.0;
      for (int64_t o = 0; o < O; ++o) sum += dy.as<double>()[n * O + o] * w.as<double>()[o * I + i];
      dx.as<double>()[n * I + i] = sum;
    }
  }
}

// dw[o][i] += sum_n dy[n][o] x[n][i];  dbias[o] += sum_n dy[n][o]
void ReferenceBackend::linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) {
  const int64_t N = dy.rows(), O = dy.columns(), I = x.columns();
  require(dw.rows() == O && dw.columns() == I && x.rows() == N, "linear_backward_weight: shapes");
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t o = 0; o < O; ++o) {
      const double d = dy.as<double>()[n * O + o];
      for (int64_t i = 0; i < I; ++i) dw.as<double>()[o * I + i] += d * x.as<double>()[n * I + i];
      if (dbias) dbias.as<double>()[o] += d;
    }
  }
}

// c = alpha op(a) op(b) + beta c
void ReferenceBackend::matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b,
                              float alpha, float beta) {
  const int64_t M = c.rows(), N = c.columns(), K = transpose_a ? a.rows() : a.columns();
  require((transpose_a ? a.columns() : a.rows()) == M && (transpose_b ? b.rows() : b.columns()) == N &&
              (transpose_b ? b.columns() : b.rows()) == K,
          "matmul: shapes");
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t n = 0; n < N; ++n) {
      double sum = 0.0;
      for (int64_t k = 0; k < K; ++k) {
        sum += a.as<double>()[transpose_a ? k * M + m : m * K + k] *
               b.as<double>()[transpose_b ? n * K + k : k * N + n];
      }
      double& out = c.as<double>()[m * N + n];
      out = alpha * sum + (beta == 0.0f ? 0.0 : beta * out);
    }
  }
}

void ReferenceBackend::gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) {
  const int64_t C = table.columns();
  for (int64_t n = 0; n < index.size(); ++n) {
    const int64_t row = index.as<int32_t>()[n];
    require(row >= 0 && row < table.rows(), "gather_rows: index");
    for (int64_t c = 0; c < C; ++c) {
      double& out = y.as<double>()[n * C + c];
      out = (accumulate ? out : 0.0) + table.as<double>()[row * C + c];
    }
  }
}

void ReferenceBackend::scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) {
  const int64_t C = dtable.columns();
  for (int64_t n = 0; n < index.size(); ++n) {
    for (int64_t c = 0; c < C; ++c) {
      dtable.as<double>()[index.as<int32_t>()[n] * C + c] += dy.as<double>()[n * C + c];
    }
  }
}

void ReferenceBackend::pick_rows(Tensor y, const Tensor& x, const Tensor& index) {
  gather_rows(y, x, index, false);
}

void ReferenceBackend::unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) {
  scatter_add_rows(dx, index, dy);
}

// layer: y = (x - mean) / sqrt(var + eps) * gain + bias;  rms: y = x / sqrt(mean(x^2) + eps) * gain
void ReferenceBackend::norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain,
                                    const Tensor& bias, NormKind kind, float epsilon) {
  const int64_t N = x.rows(), C = x.columns();
  for (int64_t n = 0; n < N; ++n) {
    const double* in = x.as<double>() + n * C;
    double mean = 0.0, variance = 0.0;
    if (kind == NormKind::layer) {
      for (int64_t c = 0; c < C; ++c) mean += in[c] / static_cast<double>(C);
    }
    for (int64_t c = 0; c < C; ++c) variance += (in[c] - mean) * (in[c] - mean) / static_cast<double>(C);
    const double rstd = 1.0 / std::sqrt(variance + epsilon);
    for (int64_t c = 0; c < C; ++c) {
      y.as<double>()[n * C + c] =
          (in[c] - mean) * rstd * (gain ? gain.as<double>()[c] : 1.0) + (bias ? bias.as<double>()[c] : 0.0);
    }
    stats.as<double>()[2 * n] = mean;
    stats.as<double>()[2 * n + 1] = rstd;
  }
}

// With h = (x - mean) rstd and g = dy gain:  dx = rstd (g - mean(g) - h mean(g h)); rms has no mean(g).
void ReferenceBackend::norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                                     const Tensor& stats, const Tensor& gain, NormKind kind,
                                     bool accumulate) {
  const int64_t N = x.rows(), C = x.columns();
  for (int64_t n = 0; n < N; ++n) {
    const double mean = stats.as<double>()[2 * n], rstd = stats.as<double>()[2 * n + 1];
    const double* d = dy.as<double>() + n * C;
    auto h = [&](int64_t c) { return (x.as<double>()[n * C + c] - mean) * rstd; };
    auto g = [&](int64_t c) { return d[c] * (gain ? gain.as<double>()[c] : 1.0); };
    double mean_g = 0.0, mean_gh = 0.0;
    for (int64_t c = 0; c < C; ++c) {
      if (kind == NormKind::layer) mean_g += g(c) / static_cast<double>(C);
      mean_gh += g(c) * h(c) / static_cast<double>(C);
      if (dgain) dgain.as<double>()[c] += d[c] * h(c);
      if (dbias) dbias.as<double>()[c] += d[c];
    }
    for (int64_t c = 0; c < C; ++c) {
      double& out = dx.as<double>()[n * C + c];
      out = (accumulate ? out : 0.0) + rstd * (g(c) - mean_g - h(c) * mean_gh);
    }
  }
}

}  // namespace seedling
