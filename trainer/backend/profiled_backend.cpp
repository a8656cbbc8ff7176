// What each op costs in theory, and the clock around it. See profiled_backend.h.
#include "backend/profiled_backend.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "kernels/optimizer.h"

namespace seedling {
namespace {

/// Bytes of all operands, absent ones being empty.
template <typename... Tensors>
double bytes_of(const Tensors&... tensors) {
  return (0.0 + ... + (tensors ? static_cast<double>(tensors.bytes()) : 0.0));
}

/// Multiplications and additions of a product of x (N, I) and w (O, I).
double product_flops(int64_t N, const Tensor& w) { return 2.0 * static_cast<double>(N * w.size()); }

std::string sized(const char* op, const Tensor& w) { return concat(op, " ", w.columns(), "->", w.rows()); }

/// q k^T and p v over the pairs that causal attention sees.
double attention_flops(const AttentionShape& s) {
  const double pairs = static_cast<double>(s.T) * static_cast<double>(s.T) * (s.causal ? 0.5 : 1.0);
  return 4.0 * static_cast<double>(s.B * s.NH * s.HS) * pairs;
}

}  // namespace

template <typename Op>
void ProfiledBackend::timed(const std::string& name, double flops, double bytes, Op&& op) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  op();
  inner_.synchronize();
  OpTime& time = times_[name];
  time.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
  time.calls += 1, time.flops += flops, time.bytes += bytes;
}

std::vector<OpTime> ProfiledBackend::take() {
  std::vector<OpTime> all;
  for (auto& [name, time] : times_) {
    time.name = name;
    all.push_back(time);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const OpTime& a, const OpTime& b) { return a.seconds > b.seconds; });
  times_.clear();
  return all;
}

void ProfiledBackend::copy_to_device(void* device, const void* host, size_t bytes) {
  timed("copy_to_device", 0, static_cast<double>(bytes), [&] { inner_.copy_to_device(device, host, bytes); });
}
void ProfiledBackend::copy_to_host(void* host, const void* device, size_t bytes) {
  timed("copy_to_host", 0, static_cast<double>(bytes), [&] { inner_.copy_to_host(host, device, bytes); });
}

// --- products
// -----------------------------------------------------------------------------------------------

void ProfiledBackend::linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                                     const Tensor& residual) {
  timed(sized("linear_forward", w), product_flops(x.rows(), w), bytes_of(y, x, w, bias, residual),
        [&] { inner_.linear_forward(y, x, w, bias, residual); });
}
void ProfiledBackend::linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w,
                                                const Tensor& bias, Activation activation) {
  timed(sized("linear_activation_forward", w), product_flops(x.rows(), w), bytes_of(y, pre, x, w, bias),
        [&] { inner_.linear_activation_forward(y, pre, x, w, bias, activation); });
}
void ProfiledBackend::linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) {
  timed(sized("linear_backward_input", w), product_flops(dy.rows(), w), bytes_of(dx, dy, w),
        [&] { inner_.linear_backward_input(dx, dy, w, accumulate); });
}
void ProfiledBackend::linear_activation_backward(Tensor dpre, const Tensor& dy, const Tensor& w,
                                                 const Tensor& pre, Activation activation) {
  timed(sized("linear_activation_backward", w), product_flops(dy.rows(), w), bytes_of(dpre, dy, w, pre),
        [&] { inner_.linear_activation_backward(dpre, dy, w, pre, activation); });
}
void ProfiledBackend::linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) {
  timed(sized("linear_backward_weight", dw), product_flops(dy.rows(), dw), bytes_of(dw, dw, dbias, dy, x),
        [&] { inner_.linear_backward_weight(dw, dbias, dy, x); });
}
void ProfiledBackend::matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b,
                             float alpha, float beta) {
  const int64_t k = transpose_a ? a.rows() : a.columns();
  timed("matmul", 2.0 * static_cast<double>(c.size() * k), bytes_of(c, a, b),
        [&] { inner_.matmul(c, a, transpose_a, b, transpose_b, alpha, beta); });
}

// --- tables and norms
// ---------------------------------------------------------------------------------------

void ProfiledBackend::gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) {
  timed("gather_rows", 0, 2 * bytes_of(y), [&] { inner_.gather_rows(y, table, index, accumulate); });
}
void ProfiledBackend::scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) {
  timed("scatter_add_rows", 0, 3 * bytes_of(dy), [&] { inner_.scatter_add_rows(dtable, index, dy); });
}
void ProfiledBackend::pick_rows(Tensor y, const Tensor& x, const Tensor& index) {
  timed("pick_rows", 0, 2 * bytes_of(y), [&] { inner_.pick_rows(y, x, index); });
}
void ProfiledBackend::unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) {
  timed("unpick_rows", 0, 3 * bytes_of(dy), [&] { inner_.unpick_rows(dx, dy, index); });
}
void ProfiledBackend::norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain,
                                   const Tensor& bias, NormKind kind, float epsilon) {
  timed("norm_forward", 0, bytes_of(y, x),
        [&] { inner_.norm_forward(y, stats, x, gain, bias, kind, epsilon); });
}
void ProfiledBackend::norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                                    const Tensor& stats, const Tensor& gain, NormKind kind, bool accumulate) {
  timed("norm_backward", 0, bytes_of(dx, dy, x) + (accumulate ? bytes_of(dx) : 0.0),
        [&] { inner_.norm_backward(dx, dgain, dbias, dy, x, stats, gain, kind, accumulate); });
}

// --- attention
// ----------------------------------------------------------------------------------------------

void ProfiledBackend::rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv, const Tensor& positions,
                                           const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                           int64_t HS, float epsilon, float rope_theta) {
  timed("rotate_heads_forward", 0, bytes_of(y, qkv), [&] {
    inner_.rotate_heads_forward(y, stats, qkv, positions, gain_q, gain_k, NH, NK, HS, epsilon, rope_theta);
  });
}
void ProfiledBackend::rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy,
                                            const Tensor& qkv, const Tensor& stats, const Tensor& positions,
                                            const Tensor& gain_q, const Tensor& gain_k, int64_t NH,
                                            int64_t NK, int64_t HS, float rope_theta) {
  timed("rotate_heads_backward", 0, bytes_of(dqkv, dy, qkv), [&] {
    inner_.rotate_heads_backward(dqkv, dgain_q, dgain_k, dy, qkv, stats, positions, gain_q, gain_k, NH, NK,
                                 HS, rope_theta);
  });
}
void ProfiledBackend::attention_forward(Tensor out, Tensor lse, const Tensor& qkv,
                                        const AttentionShape& shape) {
  timed(concat("attention_forward T ", shape.T), attention_flops(shape), bytes_of(out, qkv),
        [&] { inner_.attention_forward(out, lse, qkv, shape); });
}
void ProfiledBackend::attention_backward(Tensor dqkv, const Tensor& dout, const Tensor& out,
                                         const Tensor& lse, const Tensor& qkv, const AttentionShape& shape) {
  // Five products where forward has two: scores again, dp, dq, dk, dv.
  timed(concat("attention_backward T ", shape.T), 2.5 * attention_flops(shape),
        bytes_of(dqkv, dout, out, qkv), [&] { inner_.attention_backward(dqkv, dout, out, lse, qkv, shape); });
}
void ProfiledBackend::attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                       int64_t past, const AttentionShape& shape) {
  const double seen = static_cast<double>(past + shape.T) * static_cast<double>(key_cache.columns());
  timed("attention_cached", 0, 2.0 * seen * static_cast<double>(size_of(key_cache.dtype())),
        [&] { inner_.attention_cached(out, key_cache, value_cache, qkv, past, shape); });
}
void ProfiledBackend::attention_probabilities(Tensor p, const Tensor& qkv, int64_t b,
                                              const AttentionShape& shape) {
  timed("attention_probabilities", 0, bytes_of(p), [&] { inner_.attention_probabilities(p, qkv, b, shape); });
}

// --- element by element
// -------------------------------------------------------------------------------------

void ProfiledBackend::activation_forward(Tensor y, const Tensor& x, Activation activation) {
  timed("activation_forward", 0, bytes_of(y, x), [&] { inner_.activation_forward(y, x, activation); });
}
void ProfiledBackend::activation_backward(Tensor dx, const Tensor& dy, const Tensor& x,
                                          Activation activation) {
  timed("activation_backward", 0, bytes_of(dx, dy, x),
        [&] { inner_.activation_backward(dx, dy, x, activation); });
}
void ProfiledBackend::gated_forward(Tensor y, const Tensor& gate_up, Activation activation) {
  timed("gated_forward", 0, bytes_of(y, gate_up), [&] { inner_.gated_forward(y, gate_up, activation); });
}
void ProfiledBackend::gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                                     Activation activation) {
  timed("gated_backward", 0, bytes_of(dgate_up, dy, gate_up),
        [&] { inner_.gated_backward(dgate_up, dy, gate_up, activation); });
}
void ProfiledBackend::dropout(Tensor y, const Tensor& x, float p, uint64_t key) {
  timed("dropout", 0, bytes_of(y, x), [&] { inner_.dropout(y, x, p, key); });
}
void ProfiledBackend::add(Tensor y, const Tensor& a, const Tensor& b) {
  timed("add", 0, bytes_of(y, a, b), [&] { inner_.add(y, a, b); });
}
void ProfiledBackend::copy(Tensor y, const Tensor& x) {
  timed("copy", 0, bytes_of(y, x), [&] { inner_.copy(y, x); });
}
void ProfiledBackend::fill(Tensor y, float value) {
  timed("fill", 0, bytes_of(y), [&] { inner_.fill(y, value); });
}
void ProfiledBackend::scale(Tensor y, float factor) {
  timed("scale", 0, 2 * bytes_of(y), [&] { inner_.scale(y, factor); });
}
void ProfiledBackend::shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) {
  timed("shift_forward", 0, bytes_of(y, x), [&] { inner_.shift_forward(y, x, s, T); });
}
void ProfiledBackend::shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x, const Tensor& s,
                                     int64_t T, bool accumulate) {
  timed("shift_backward", 0, bytes_of(dx, dy, x),
        [&] { inner_.shift_backward(dx, ds, dy, x, s, T, accumulate); });
}

// --- loss and optimizer
// -------------------------------------------------------------------------------------

void ProfiledBackend::softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                                            float gradient_scale) {
  timed("softmax_cross_entropy", 0, (gradient_scale != 0.0f ? 2 : 1) * bytes_of(logits),
        [&] { inner_.softmax_cross_entropy(losses, logits, targets, gradient_scale); });
}
void ProfiledBackend::softmax(Tensor logits) {
  timed("softmax", 0, 2 * bytes_of(logits), [&] { inner_.softmax(logits); });
}
void ProfiledBackend::argmax_rows(Tensor index, const Tensor& x) {
  timed("argmax_rows", 0, bytes_of(x), [&] { inner_.argmax_rows(index, x); });
}
double ProfiledBackend::squared_norm(const Tensor& x) {
  double result = 0.0;
  timed("squared_norm", 0, bytes_of(x), [&] { result = inner_.squared_norm(x); });
  return result;
}
void ProfiledBackend::normalize(Tensor y, double epsilon) {
  timed("normalize", 0, 3 * bytes_of(y), [&] { inner_.normalize(y, epsilon); });
}
void ProfiledBackend::adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) {
  double bytes = 0.0;
  for (const AdamWSpan& span : spans)
    bytes += 2 * bytes_of(span.value, span.m, span.v) + bytes_of(span.gradient);
  timed("adamw", 0, bytes, [&] { inner_.adamw(spans, step); });
}
void ProfiledBackend::momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale,
                               float beta, bool nesterov) {
  timed("momentum", 0, bytes_of(update, g) + 2 * bytes_of(momentum),
        [&] { inner_.momentum(update, momentum, g, gradient_scale, beta, nesterov); });
}
void ProfiledBackend::apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) {
  timed("apply_update", 0, 2 * bytes_of(w) + bytes_of(update),
        [&] { inner_.apply_update(w, update, learning_rate, weight_decay); });
}
void ProfiledBackend::muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step) {
  double flops = 0.0;  // every product whole, though a device may compute half of the symmetric ones
  for (const MuonMatrix& matrix : matrices) {
    const double a = static_cast<double>(matrix.value.rows()),
                 b = static_cast<double>(matrix.value.columns());
    const double m = std::min(a, b), n = std::max(a, b);
    flops += kernels::NewtonSchulz::kIterations * (4.0 * m * m * n + 2.0 * m * m * m);
  }
  timed("muon", flops, 0, [&] { inner_.muon(matrices, step); });
}

}  // namespace seedling
