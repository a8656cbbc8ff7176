// The reference backend's attention: rotation of heads, softmax attention and its gradient, as the formulas
// read.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "support/reference_backend.h"

namespace seedling {
namespace {

/// Where things lie in rows of qkv, and which keys a query sees.
struct View {
  const AttentionShape& shape;
  int64_t width = (shape.NH + 2 * shape.NK) * shape.HS;

  int64_t row(int64_t b, int64_t t) const { return (b * shape.T + t) * width; }
  int64_t q(int64_t b, int64_t t, int64_t h) const { return row(b, t) + h * shape.HS; }
  int64_t k(int64_t b, int64_t t, int64_t h) const {
    return row(b, t) + (shape.NH + h / (shape.NH / shape.NK)) * shape.HS;
  }
  int64_t v(int64_t b, int64_t t, int64_t h) const { return k(b, t, h) + shape.NK * shape.HS; }
  int64_t visible(int64_t b, int64_t i) const {  // keys [0, visible) are seen by query i
    int64_t end = shape.lengths ? shape.lengths.as<int32_t>()[b] : shape.T;
    if (shape.causal && i + 1 < end) end = i + 1;
    return end;
  }
  double head_scale(int64_t h) const { return shape.head_scale ? shape.head_scale.as<double>()[h] : 1.0; }
  /// Factor of probability (b, h, i, j): 0 where dropped, else 1 / (1 - p).
  double keep(int64_t b, int64_t h, int64_t i, int64_t j) const {
    if (shape.dropout == 0.0f) return 1.0;
    const int64_t index = ((b * shape.NH + h) * shape.T + i) * shape.T + j;
    return reference_dropout(shape.dropout, shape.dropout_key, index);
  }
};

double dot(const double* a, const double* b, int64_t n) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// p[j] = softmax(scale q . k_j) over the visible keys, zero for the others; returns log-sum-exp of the
/// scores.
double probabilities(std::vector<double>& p, const double* qkv, const View& view, int64_t b, int64_t h,
                     int64_t i) {
  const int64_t visible = view.visible(b, i), HS = view.shape.HS;
  p.assign(static_cast<size_t>(view.shape.T), 0.0);
  double largest = -INFINITY, sum = 0.0;
  for (int64_t j = 0; j < visible; ++j) {
    p[j] = view.shape.scale * dot(qkv + view.q(b, i, h), qkv + view.k(b, j, h), HS);
    largest = std::max(largest, p[j]);
  }
  for (int64_t j = 0; j < visible; ++j) sum += std::exp(p[j] - largest);
  const double lse = largest + std::log(sum);
  for (int64_t j = 0; j < visible; ++j) p[j] = std::exp(p[j] - lse);
  return lse;
}

double frequency(int64_t j, int64_t HS, float theta) {
  return std::pow(static_cast<double>(theta), -2.0 * static_cast<double>(j) / static_cast<double>(HS));
}

}  // namespace

// u = x / sqrt(mean(x^2) + eps) gain (queries and keys, where there are gains), then for j < HS / 2, a = p
// theta^(-2j/HS): y[j] = u[j] cos a - u[j + HS/2] sin a,  y[j + HS/2] = u[j + HS/2] cos a + u[j] sin a
void ReferenceBackend::rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv,
                                            const Tensor& positions, const Tensor& gain_q,
                                            const Tensor& gain_k, int64_t NH, int64_t NK, int64_t HS,
                                            float epsilon, float rope_theta) {
  std::vector<double> u(static_cast<size_t>(HS));
  for (int64_t n = 0; n < qkv.rows(); ++n) {
    for (int64_t h = 0; h < NH + 2 * NK; ++h) {
      const int64_t at = n * qkv.columns() + h * HS;
      const double* in = qkv.as<double>() + at;
      double* out = y.as<double>() + at;
      for (int64_t c = 0; c < HS; ++c) u[c] = in[c];
      if (h < NH + NK) {
        const Tensor& gain = h < NH ? gain_q : gain_k;
        if (gain) {
          const double rstd = 1.0 / std::sqrt(dot(in, in, HS) / static_cast<double>(HS) + epsilon);
          stats.as<double>()[n * (NH + NK) + h] = rstd;
          for (int64_t c = 0; c < HS; ++c) u[c] = in[c] * rstd * gain.as<double>()[c];
        }
        if (rope_theta != 0.0f) {
          for (int64_t j = 0; j < HS / 2; ++j) {
            const double a = positions.as<int32_t>()[n] * frequency(j, HS, rope_theta);
            const double first = u[j], second = u[j + HS / 2];
            u[j] = first * std::cos(a) - second * std::sin(a);
            u[j + HS / 2] = second * std::cos(a) + first * std::sin(a);
          }
        }
      }
      for (int64_t c = 0; c < HS; ++c) out[c] = u[c];
    }
  }
}

// Rotation is orthogonal: its gradient is the rotation by -a. Then the RMS norm's gradient (see
// norm_backward).
void ReferenceBackend::rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy,
                                             const Tensor& qkv, const Tensor& stats, const Tensor& positions,
                                             const Tensor& gain_q, const Tensor& gain_k, int64_t NH,
                                             int64_t NK, int64_t HS, float rope_theta) {
  std::vector<double> d(static_cast<size_t>(HS));
  for (int64_t n = 0; n < dy.rows(); ++n) {
    for (int64_t h = 0; h < NH + 2 * NK; ++h) {
      const int64_t at = n * dy.columns() + h * HS;
      for (int64_t c = 0; c < HS; ++c) d[c] = dy.as<double>()[at + c];
      if (h < NH + NK) {
        if (rope_theta != 0.0f) {
          for (int64_t j = 0; j < HS / 2; ++j) {
            const double a = positions.as<int32_t>()[n] * frequency(j, HS, rope_theta);
            const double first = d[j], second = d[j + HS / 2];
            d[j] = first * std::cos(a) + second * std::sin(a);
            d[j + HS / 2] = second * std::cos(a) - first * std::sin(a);
          }
        }
        const Tensor& gain = h < NH ? gain_q : gain_k;
        if (gain) {
          const Tensor& dgain = h < NH ? dgain_q : dgain_k;
          const double* x = qkv.as<double>() + at;
          const double rstd = stats.as<double>()[n * (NH + NK) + h];
          double mean_gh = 0.0;
          for (int64_t c = 0; c < HS; ++c) {
            if (dgain) dgain.as<double>()[c] += d[c] * x[c] * rstd;
            mean_gh += d[c] * gain.as<double>()[c] * x[c] * rstd / static_cast<double>(HS);
          }
          for (int64_t c = 0; c < HS; ++c)
            d[c] = rstd * (d[c] * gain.as<double>()[c] - x[c] * rstd * mean_gh);
        }
      }
      for (int64_t c = 0; c < HS; ++c) dqkv.as<double>()[at + c] = d[c];
    }
  }
}

// out_i = head_scale sum_j keep_ij p_ij v_j
void ReferenceBackend::attention_forward(Tensor out, Tensor lse, const Tensor& qkv,
                                         const AttentionShape& shape) {
  const View view{shape};
  const double* x = qkv.as<double>();
  std::vector<double> p;
  for (int64_t b = 0; b < shape.B; ++b) {
    for (int64_t h = 0; h < shape.NH; ++h) {
      for (int64_t i = 0; i < shape.T; ++i) {
        lse.as<double>()[(b * shape.NH + h) * shape.T + i] = probabilities(p, x, view, b, h, i);
        for (int64_t c = 0; c < shape.HS; ++c) {
          double sum = 0.0;
          for (int64_t j = 0; j < shape.T; ++j) sum += view.keep(b, h, i, j) * p[j] * x[view.v(b, j, h) + c];
          out.as<double>()[((b * shape.T + i) * shape.NH + h) * shape.HS + c] = view.head_scale(h) * sum;
        }
      }
    }
  }
}

// dv_j = sum_i head_scale keep_ij p_ij dout_i;  dp_ij = head_scale keep_ij dout_i . v_j;
// ds_ij = p_ij (dp_ij - sum_k p_ik dp_ik);  dq_i = scale sum_j ds_ij k_j;  dk_j = scale sum_i ds_ij q_i
void ReferenceBackend::attention_backward(Tensor dqkv, const Tensor& dout, const Tensor&, const Tensor&,
                                          const Tensor& qkv, const AttentionShape& shape) {
  const View view{shape};
  const double* x = qkv.as<double>();
  double* dx = dqkv.as<double>();
  for (int64_t i = 0; i < dqkv.size(); ++i) dx[i] = 0.0;
  std::vector<double> p, dp(static_cast<size_t>(shape.T));
  for (int64_t b = 0; b < shape.B; ++b) {
    for (int64_t h = 0; h < shape.NH; ++h) {
      for (int64_t i = 0; i < shape.T; ++i) {
        probabilities(p, x, view, b, h, i);
        const double* d = dout.as<double>() + ((b * shape.T + i) * shape.NH + h) * shape.HS;
        double mean = 0.0;
        for (int64_t j = 0; j < shape.T; ++j) {
          const double factor = view.head_scale(h) * view.keep(b, h, i, j);
          dp[j] = factor * dot(d, x + view.v(b, j, h), shape.HS);
          mean += p[j] * dp[j];
          for (int64_t c = 0; c < shape.HS; ++c) dx[view.v(b, j, h) + c] += factor * p[j] * d[c];
        }
        for (int64_t j = 0; j < shape.T; ++j) {
          const double ds = shape.scale * p[j] * (dp[j] - mean);
          for (int64_t c = 0; c < shape.HS; ++c) {
            dx[view.q(b, i, h) + c] += ds * x[view.k(b, j, h) + c];
            dx[view.k(b, j, h) + c] += ds * x[view.q(b, i, h) + c];
          }
        }
      }
    }
  }
}

void ReferenceBackend::attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                        int64_t past, const AttentionShape& shape) {
  const int64_t HS = shape.HS, row = shape.NK * HS, width = (shape.NH + 2 * shape.NK) * HS;
  double* keys = key_cache.as<double>();
  double* values = value_cache.as<double>();
  require(past + shape.T <= key_cache.rows(), "attention_cached: the cache is full");
  for (int64_t t = 0; t < shape.T; ++t) {
    for (int64_t c = 0; c < row; ++c) {
      keys[(past + t) * row + c] = qkv.as<double>()[t * width + shape.NH * HS + c];
      values[(past + t) * row + c] = qkv.as<double>()[t * width + shape.NH * HS + row + c];
    }
  }
  std::vector<double> p;
  for (int64_t t = 0; t < shape.T; ++t) {
    for (int64_t h = 0; h < shape.NH; ++h) {
      const int64_t visible = past + t + 1, at = h / (shape.NH / shape.NK) * HS;
      p.assign(static_cast<size_t>(visible), 0.0);
      double largest = -INFINITY, sum = 0.0;
      for (int64_t j = 0; j < visible; ++j) {
        p[j] = shape.scale * dot(qkv.as<double>() + t * width + h * HS, keys + j * row + at, HS);
        largest = std::max(largest, p[j]);
      }
      for (double& value : p) sum += value = std::exp(value - largest);
      for (int64_t c = 0; c < HS; ++c) {
        double total = 0.0;
        for (int64_t j = 0; j < visible; ++j) total += p[j] / sum * values[j * row + at + c];
        const double factor = shape.head_scale ? shape.head_scale.as<double>()[h] : 1.0;
        out.as<double>()[(t * shape.NH + h) * HS + c] = factor * total;
      }
    }
  }
}

void ReferenceBackend::attention_probabilities(Tensor p, const Tensor& qkv, int64_t b,
                                               const AttentionShape& shape) {
  const View view{shape};
  std::vector<double> row;
  for (int64_t h = 0; h < shape.NH; ++h) {
    for (int64_t i = 0; i < shape.T; ++i) {
      probabilities(row, qkv.as<double>(), view, b, h, i);
      for (int64_t j = 0; j < shape.T; ++j) p.as<double>()[(h * shape.T + i) * shape.T + j] = row[j];
    }
  }
}

}  // namespace seedling
