// What a device must offer: the operations a Transformer needs, forward and backward.
//
// Layers call these and nothing else, so the model is written once and runs on the CPU (backend/cpu), on
// CUDA (backend/cuda) and, in double precision and as plainly as possible, on the reference backend of the
// tests (tests/support/reference_backend.h), against which the others are checked, op by op.
//
// Conventions
//   * Outputs come first, then inputs, then sizes. Tensors are contiguous, row-major views.
//   * N = B * T rows. C channels. NH query heads, NK key/value heads (NH % NK == 0), HS head size.
//   * An absent (default-made) Tensor means "without": no bias, no gain, no residual.
//   * Activation gradients are assigned (=) unless `accumulate`; parameter gradients are accumulated (+=).
//   * activation_type() is the type of activations and their gradients; statistics, losses, parameters and
//     parameter gradients have parameter_type(). Indices are i32.
//   * Every op is deterministic: the same inputs at the same number of threads give the same bits.
//   * Ops use their own threads inside; the caller is one thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kinds.h"
#include "tensor/arena.h"
#include "tensor/tensor.h"

namespace seedling {

/// The sizes and options of one attention call.
struct AttentionShape {
  int64_t B, T, NH, NK, HS;
  bool causal;
  float scale;               // usually 1 / sqrt(HS)
  float dropout = 0.0f;      // on the attention probabilities
  uint64_t dropout_key = 0;  // element (b, h, i, j) uses hash32(key, index), the same in backward
  Tensor lengths{};          // i32 (B): keys at or past a sequence's length are invisible; absent = all T
  Tensor head_scale{};       // parameter_type (NH): multiplies each head's output (0 switches it off)
};

/// A run of parameters that AdamW moves alike: their gradients and moments, all (n) of parameter_type.
struct AdamWSpan {
  Tensor value, gradient, m, v;
  float learning_rate, weight_decay;
};

/// What all spans of one step of AdamW have in common (Loshchilov & Hutter 2019); `step` counts from 1.
struct AdamWStep {
  float beta1, beta2, epsilon;
  float gradient_scale;  // multiplies the gradient first (clipping)
  int64_t step;
};

/// One matrix that Muon moves: value, gradient and momentum are (rows, columns) of parameter_type.
struct MuonMatrix {
  Tensor value, gradient, momentum;
  float rate;  // learning rate of this matrix
};

/// What all matrices of one step of Muon have in common.
struct MuonStep {
  float momentum;        // how much of the past is kept
  float gradient_scale;  // multiplies the gradient first (clipping)
  Tensor scratch;        // parameter_type, muon_scratch() of the largest matrix; may go unused
};

/// Work that a backend keeps, to start all of it at once; see Backend::repeat.
class Recording {
 public:
  virtual ~Recording() = default;
};

class Backend : public Allocator {
 public:
  // --- the device ---------------------------------------------------------------------------------------
  virtual std::string name() const = 0;  // "cpu", "cuda", "reference"
  /// The device in words: its make, memory and precision where they are worth saying.
  virtual std::string description() const { return name(); }
  virtual DType activation_type() const = 0;
  virtual DType parameter_type() const = 0;
  virtual void copy_to_device(void* device, const void* host, size_t bytes) = 0;
  virtual void copy_to_host(void* host, const void* device, size_t bytes) = 0;
  virtual void synchronize() = 0;
  /// Tells the backend that parameter values changed, so that copies it keeps of them are made anew.
  virtual void parameters_changed() = 0;
  /// Does work(), which starts ops and waits for none of them. A device that pays for each start may keep
  /// what was started in `recording` and, when that comes back, start it all at once without calling work():
  /// the caller answers for it that work() would ask for the same ops on the same memory.
  virtual void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& work) {
    (void)recording;
    work();
  }
  /// How many logits the losses over a vocabulary hold at a time: enough rows to keep the products efficient,
  /// little enough memory for any vocabulary.
  virtual int64_t logits_at_a_time() const { return int64_t{16} << 20; }

  // --- linear layers: weights are (O, I), y = x W^T + b
  // -----------------------------------------------------
  /// y (N, O) = x (N, I) w^T + bias (O) + residual (N, O). y and residual may be the same tensor.
  virtual void linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                              const Tensor& residual) = 0;
  /// pre (N, O) = x w^T + bias, y = activation(pre), in one pass over the output.
  virtual void linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w,
                                         const Tensor& bias, Activation activation) = 0;
  /// dx (N, I) = dy (N, O) w, or += when accumulate.
  virtual void linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) = 0;
  /// dpre (N, I) = (dy (N, O) w) * activation'(pre): linear_backward_input through the activation that made
  /// the layer's input from pre, in one pass over the output where the device can.
  virtual void linear_activation_backward(Tensor dpre, const Tensor& dy, const Tensor& w, const Tensor& pre,
                                          Activation activation) {
    linear_backward_input(dpre, dy, w, false);
    activation_backward(dpre, dpre, pre, activation);
  }
  /// dw (O, I) += dy^T x; dbias (O) += column sums of dy (when present).
  virtual void linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) = 0;
  /// c = alpha op(a) op(b) + beta c on parameter_type matrices (Muon).
  virtual void matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b,
                      float alpha, float beta) = 0;

  // --- tables
  // -----------------------------------------------------------------------------------------------
  /// y (N, C) = table[index[n]] (or += when accumulate); table (V, C) of parameter_type, index i32 (N).
  virtual void gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) = 0;
  /// dtable[index[n]] += dy[n], in the order of n.
  virtual void scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) = 0;
  /// y (M, C) = x[index[m]]: picks rows of an activation (pooling, masked positions).
  virtual void pick_rows(Tensor y, const Tensor& x, const Tensor& index) = 0;
  /// dx[index[m]] += dy[m]; dx must have been zeroed; indices are distinct.
  virtual void unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) = 0;

  // --- normalisation
  // ----------------------------------------------------------------------------------------
  /// y = norm(x); stats (N, 2) keeps mean (0 for rms) and 1 / deviation for backward.
  virtual void norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain, const Tensor& bias,
                            NormKind kind, float epsilon) = 0;
  /// dx = or += gradient of x; dgain and dbias += theirs (when present).
  virtual void norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                             const Tensor& stats, const Tensor& gain, NormKind kind, bool accumulate) = 0;

  // --- attention
  // -------------------------------------------------------------------------------------------- qkv rows
  // hold NH query heads, then NK key heads, then NK value heads: (N, (NH + 2 NK) HS).
  /// RMS norm of each query and key head (gains (HS); absent = no norm, as in Llama), then rotary positions
  /// (rope_theta 0 = none; rotate-half convention, position of row n = positions[n], i32 (N)). Values are
  /// copied. stats (N, NH + NK) keeps 1 / deviation. Source: RoFormer (Su et al. 2021), Qwen3's QK-norm.
  virtual void rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv, const Tensor& positions,
                                    const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                    int64_t HS, float epsilon, float rope_theta) = 0;
  /// dqkv = gradient; dgain_q and dgain_k += theirs (when present). dqkv and dy may be the same tensor.
  virtual void rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy,
                                     const Tensor& qkv, const Tensor& stats, const Tensor& positions,
                                     const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                     int64_t HS, float rope_theta) = 0;
  /// out (N, NH HS) = softmax(scale q k^T) v per head; lse (B, NH, T) keeps log-sum-exp of the scores.
  /// Blocked, (T, T) is never stored (Dao et al. 2022, FlashAttention).
  virtual void attention_forward(Tensor out, Tensor lse, const Tensor& qkv, const AttentionShape& shape) = 0;
  /// dqkv = gradient, probabilities recomputed from qkv and lse.
  virtual void attention_backward(Tensor dqkv, const Tensor& dout, const Tensor& out, const Tensor& lse,
                                  const Tensor& qkv, const AttentionShape& shape) = 0;
  /// Generation: row t of qkv (T new rows of one sequence) attends to `past` cached positions and to new rows
  /// up to itself. Stores the new keys and values at [past, past + T) of the caches (capacity, NK HS) first.
  virtual void attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                int64_t past, const AttentionShape& shape) = 0;
  /// The probabilities themselves, for looking at: p (NH, T, T), parameter_type, of sequence b of the batch.
  virtual void attention_probabilities(Tensor p, const Tensor& qkv, int64_t b,
                                       const AttentionShape& shape) = 0;

  // --- element by element
  // -----------------------------------------------------------------------------------
  /// y = activation(x).
  virtual void activation_forward(Tensor y, const Tensor& x, Activation activation) = 0;
  /// dx = dy * activation'(x), x being the input of forward. dx and dy may be the same tensor.
  virtual void activation_backward(Tensor dx, const Tensor& dy, const Tensor& x, Activation activation) = 0;
  /// y (N, F) = activation(gate) * up with gate_up (N, 2F): gate first (Shazeer 2020, GLU variants).
  virtual void gated_forward(Tensor y, const Tensor& gate_up, Activation activation) = 0;
  virtual void gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                              Activation activation) = 0;
  /// y = x where hash32(key, i) keeps it, scaled by 1 / (1 - p), else 0. Backward is the same call on dy.
  virtual void dropout(Tensor y, const Tensor& x, float p, uint64_t key) = 0;
  virtual void add(Tensor y, const Tensor& a, const Tensor& b) = 0;
  virtual void copy(Tensor y, const Tensor& x) = 0;  // converts between types where they differ
  virtual void fill(Tensor y, float value) = 0;
  /// y *= factor.
  virtual void scale(Tensor y, float factor) = 0;
  /// Token shift (recipe "record"): y[t] = x[t] + s * x[t - 1] within each sequence of T rows; s (C).
  virtual void shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) = 0;
  virtual void shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x, const Tensor& s,
                              int64_t T, bool accumulate) = 0;

  // --- loss
  // -------------------------------------------------------------------------------------------------
  /// losses (N, parameter_type) = -log softmax(logits)[target], 0 where target is -1. When gradient_scale is
  /// not zero, logits become their gradient in place: (softmax - onehot) * gradient_scale (0 rows where
  /// ignored).
  virtual void softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                                     float gradient_scale) = 0;
  /// Rows of probabilities, in place.
  virtual void softmax(Tensor logits) = 0;
  /// index (N, i32) = where each row of x (N, V) is largest, the first place on a tie. A device may do better
  /// than this one, which reads the rows on the host.
  virtual void argmax_rows(Tensor index, const Tensor& x);

  // --- optimizer
  // --------------------------------------------------------------------------------------------
  /// Sum of squares in double precision, the same at any number of threads.
  virtual double squared_norm(const Tensor& x) = 0;
  /// y = y / (|y| + epsilon). A device may do better than this one, which waits for the norm.
  virtual void normalize(Tensor y, double epsilon) {
    scale(y, static_cast<float>(1.0 / (std::sqrt(squared_norm(y)) + epsilon)));
  }
  /// One fused pass over values, gradients and moments of all spans.
  virtual void adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) = 0;
  /// momentum = beta * momentum + g * gradient_scale; update = nesterov ? g * scale + beta * momentum :
  /// momentum.
  virtual void momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                        bool nesterov) = 0;
  /// w = w * (1 - learning_rate * weight_decay) - learning_rate * update.
  virtual void apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) = 0;
  /// One step of Muon for each matrix (equations: optimizer/muon.h; iteration: kernels/optimizer.h). This one
  /// is made of the ops above, a matrix after the other; a device may take them all at once and in bf16.
  virtual void muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step);
  /// Elements of MuonStep::scratch for a (rows, columns) matrix: two of it and two squares of its smaller
  /// side.
  static int64_t muon_scratch(int64_t rows, int64_t columns) {
    const int64_t small = std::min(rows, columns);
    return 2 * (rows * columns + small * small);
  }
};

/// Which device and how to use it, as the flags of every command say.
struct DeviceOptions {
  std::string device = "auto";     // auto, cpu, cuda
  std::string precision = "auto";  // auto, fp32, bf16
  int threads = 0;                 // 0 = every core this process may use
};

/// Makes the backend. Throws UsageError for an unknown name, Error when the device is not there.
/// A decision made by "auto" can be read from the backend's name() and activation_type().
std::unique_ptr<Backend> make_backend(const DeviceOptions& options);

}  // namespace seedling
