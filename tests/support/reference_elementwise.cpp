// The reference backend's element-wise operations, losses and optimizer steps, as the formulas read.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "support/reference_backend.h"

namespace seedling {
namespace {

constexpr double kSqrt2OverPi = 0.79788456080286535588;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kInverseSqrt2Pi = 0.39894228040143267794;

double activate(double x, Activation activation) {
  switch (activation) {
    case Activation::gelu_tanh:
      return 0.5 * x * (1.0 + std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x)));
    case Activation::gelu_erf:
      return 0.5 * x * (1.0 + std::erf(x * kSqrtHalf));
    case Activation::silu:
      return x / (1.0 + std::exp(-x));
    case Activation::relu:
      return x > 0.0 ? x : 0.0;
    case Activation::relu_squared:
      return x > 0.0 ? x * x : 0.0;
    case Activation::tanh:
      return std::tanh(x);
  }
  return 0.0;
}

double derivative(double x, Activation activation) {
  switch (activation) {
    case Activation::gelu_tanh: {
      const double t = std::tanh(kSqrt2OverPi * (x + 0.044715 * x * x * x));
      return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * kSqrt2OverPi * (1.0 + 3.0 * 0.044715 * x * x);
    }
    case Activation::gelu_erf:
      return 0.5 * (1.0 + std::erf(x * kSqrtHalf)) + x * kInverseSqrt2Pi * std::exp(-0.5 * x * x);
    case Activation::silu: {
      const double s = 1.0 / (1.0 + std::exp(-x));
      return s * (1.0 + x * (1.0 - s));
    }
    case Activation::relu:
      return x > 0.0 ? 1.0 : 0.0;
    case Activation::relu_squared:
      return x > 0.0 ? 2.0 * x : 0.0;
    case Activation::tanh: {
      const double t = std::tanh(x);
      return 1.0 - t * t;
    }
  }
  return 0.0;
}

/// A row of logits becomes probabilities; returns log-sum-exp.
double softmax_row(double* row, int64_t V) {
  double largest = -INFINITY, sum = 0.0;
  for (int64_t v = 0; v < V; ++v) largest = std::max(largest, row[v]);
  for (int64_t v = 0; v < V; ++v) sum += std::exp(row[v] - largest);
  const double lse = largest + std::log(sum);
  for (int64_t v = 0; v < V; ++v) row[v] = std::exp(row[v] - lse);
  return lse;
}

double read(const Tensor& x, int64_t i) {
  return x.dtype() == DType::f32 ? static_cast<double>(x.as<float>()[i]) : x.as<double>()[i];
}

}  // namespace

double reference_dropout(float p, uint64_t key, int64_t index) {
  const double threshold = std::floor(static_cast<double>(p) * 4294967296.0);
  const bool keep = hash32(key, static_cast<uint32_t>(index)) >= threshold;
  return keep ? 1.0 / (1.0 - static_cast<double>(p)) : 0.0;
}

void ReferenceBackend::activation_forward(Tensor y, const Tensor& x, Activation activation) {
  for (int64_t i = 0; i < x.size(); ++i) y.as<double>()[i] = activate(x.as<double>()[i], activation);
}

void ReferenceBackend::activation_backward(Tensor dx, const Tensor& dy, const Tensor& x,
                                           Activation activation) {
  for (int64_t i = 0; i < x.size(); ++i) {
    dx.as<double>()[i] = dy.as<double>()[i] * derivative(x.as<double>()[i], activation);
  }
}

void ReferenceBackend::gated_forward(Tensor y, const Tensor& gate_up, Activation activation) {
  const int64_t F = y.columns();
  for (int64_t n = 0; n < y.rows(); ++n) {
    const double* gate = gate_up.as<double>() + n * 2 * F;
    for (int64_t f = 0; f < F; ++f) y.as<double>()[n * F + f] = activate(gate[f], activation) * gate[F + f];
  }
}

void ReferenceBackend::gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                                      Activation activation) {
  const int64_t F = dy.columns();
  for (int64_t n = 0; n < dy.rows(); ++n) {
    const double* gate = gate_up.as<double>() + n * 2 * F;
    double* dgate = dgate_up.as<double>() + n * 2 * F;
    for (int64_t f = 0; f < F; ++f) {
      const double d = dy.as<double>()[n * F + f], g = gate[f], up = gate[F + f];
      dgate[f] = d * up * derivative(g, activation);
      dgate[F + f] = d * activate(g, activation);
    }
  }
}

void ReferenceBackend::dropout(Tensor y, const Tensor& x, float p, uint64_t key) {
  for (int64_t i = 0; i < x.size(); ++i) {
    y.as<double>()[i] = x.as<double>()[i] * reference_dropout(p, key, i);
  }
}

void ReferenceBackend::add(Tensor y, const Tensor& a, const Tensor& b) {
  for (int64_t i = 0; i < y.size(); ++i) y.as<double>()[i] = a.as<double>()[i] + b.as<double>()[i];
}

void ReferenceBackend::copy(Tensor y, const Tensor& x) {
  for (int64_t i = 0; i < y.size(); ++i) {
    if (y.dtype() == DType::f32) {
      y.as<float>()[i] = static_cast<float>(read(x, i));
    } else {
      y.as<double>()[i] = read(x, i);
    }
  }
}

void ReferenceBackend::fill(Tensor y, float value) {
  for (int64_t i = 0; i < y.size(); ++i) y.as<double>()[i] = value;
}

void ReferenceBackend::scale(Tensor y, float factor) {
  for (int64_t i = 0; i < y.size(); ++i) y.as<double>()[i] *= factor;
}

// y[t] = x[t] + s x[t - 1] within a sequence
void ReferenceBackend::shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) {
  const int64_t C = x.columns();
  for (int64_t n = 0; n < x.rows(); ++n) {
    for (int64_t c = 0; c < C; ++c) {
      const double before = n % T > 0 ? x.as<double>()[(n - 1) * C + c] : 0.0;
      y.as<double>()[n * C + c] = x.as<double>()[n * C + c] + s.as<double>()[c] * before;
    }
  }
}

// dx[t] = dy[t] + s dy[t + 1];  ds += sum_t dy[t] x[t - 1]
void ReferenceBackend::shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x,
                                      const Tensor& s, int64_t T, bool accumulate) {
  const int64_t C = x.columns();
  for (int64_t n = 0; n < x.rows(); ++n) {
    for (int64_t c = 0; c < C; ++c) {
      const double after = n % T < T - 1 ? dy.as<double>()[(n + 1) * C + c] : 0.0;
      double& out = dx.as<double>()[n * C + c];
      out = (accumulate ? out : 0.0) + dy.as<double>()[n * C + c] + s.as<double>()[c] * after;
      if (ds && n % T > 0) ds.as<double>()[c] += dy.as<double>()[n * C + c] * x.as<double>()[(n - 1) * C + c];
    }
  }
}

// loss_n = -log softmax(logits_n)[target_n];  d logits = (softmax - onehot) gradient_scale
void ReferenceBackend::softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                                             float gradient_scale) {
  const int64_t V = logits.columns();
  for (int64_t n = 0; n < logits.rows(); ++n) {
    double* row = logits.as<double>() + n * V;
    const int64_t target = targets.as<int32_t>()[n];
    require(target < V, "softmax_cross_entropy: target");
    if (target < 0) {
      losses.as<double>()[n] = 0.0;
      if (gradient_scale != 0.0f) {
        for (int64_t v = 0; v < V; ++v) row[v] = 0.0;
      }
      continue;
    }
    std::vector<double> p(row, row + V);
    losses.as<double>()[n] = softmax_row(p.data(), V) - row[target];
    if (gradient_scale != 0.0f) {
      for (int64_t v = 0; v < V; ++v) row[v] = (p[v] - (v == target ? 1.0 : 0.0)) * gradient_scale;
    }
  }
}

void ReferenceBackend::softmax(Tensor logits) {
  for (int64_t n = 0; n < logits.rows(); ++n) {
    softmax_row(logits.as<double>() + n * logits.columns(), logits.columns());
  }
}

double ReferenceBackend::squared_norm(const Tensor& x) {
  double sum = 0.0;
  for (int64_t i = 0; i < x.size(); ++i) sum += x.as<double>()[i] * x.as<double>()[i];
  return sum;
}

// Loshchilov & Hutter 2019, as torch.optim.AdamW does it: decay first, eps outside the square root.
void ReferenceBackend::adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) {
  const double b1 = step.beta1, b2 = step.beta2;
  const double correction1 = 1.0 - std::pow(b1, static_cast<double>(step.step));
  const double correction2 = 1.0 - std::pow(b2, static_cast<double>(step.step));
  for (const AdamWSpan& span : spans) {
    for (int64_t i = 0; i < span.value.size(); ++i) {
      double& weight = span.value.as<double>()[i];
      double& first = span.m.as<double>()[i];
      double& second = span.v.as<double>()[i];
      const double gradient = span.gradient.as<double>()[i] * step.gradient_scale;
      first = b1 * first + (1.0 - b1) * gradient;
      second = b2 * second + (1.0 - b2) * gradient * gradient;
      weight -= static_cast<double>(span.learning_rate) * span.weight_decay * weight;
      weight -= span.learning_rate * (first / correction1) / (std::sqrt(second / correction2) + step.epsilon);
    }
  }
}

void ReferenceBackend::momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale,
                                float beta, bool nesterov) {
  for (int64_t i = 0; i < g.size(); ++i) {
    const double gradient = g.as<double>()[i] * gradient_scale;
    double& m = momentum.as<double>()[i];
    m = beta * m + gradient;
    update.as<double>()[i] = nesterov ? gradient + beta * m : m;
  }
}

void ReferenceBackend::apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) {
  for (int64_t i = 0; i < w.size(); ++i) {
    double& weight = w.as<double>()[i];
    weight = weight * (1.0 - static_cast<double>(learning_rate) * weight_decay) -
             learning_rate * update.as<double>()[i];
  }
}

}  // namespace seedling
