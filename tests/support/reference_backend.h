// The backend every other one is measured against: double precision, plain loops, each operation written as
// its equation reads. It is slow on purpose; nothing in it is blocked, fused, vectorised or threaded.
//
// Called by: tests/unit/backend (op by op agreement), tests/gradient (central differences in double
// precision), tests/golden, tests/unit/model.
#pragma once

#include "backend/backend.h"

namespace seedling {

/// Factor of element `index` under dropout: 0 where dropped, else 1 / (1 - p). Kept where hash32(key, index)
/// >= p 2^32.
double reference_dropout(float p, uint64_t key, int64_t index);

class ReferenceBackend : public Backend {
 public:
  void* allocate(size_t bytes) override;
  void release(void* memory, size_t bytes) override;
  /// How many times memory was asked for (tests of "nothing is allocated in a step").
  size_t allocations() const { return allocations_; }

  std::string name() const override { return "reference"; }
  DType activation_type() const override { return DType::f64; }
  DType parameter_type() const override { return DType::f64; }
  void copy_to_device(void* device, const void* host, size_t bytes) override;
  void copy_to_host(void* host, const void* device, size_t bytes) override;
  void synchronize() override {}
  void parameters_changed() override {}

  void linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                      const Tensor& residual) override;
  void linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w, const Tensor& bias,
                                 Activation activation) override;
  void linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) override;
  void linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) override;
  void matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, float alpha,
              float beta) override;

  void gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) override;
  void scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) override;
  void pick_rows(Tensor y, const Tensor& x, const Tensor& index) override;
  void unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) override;

  void norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain, const Tensor& bias,
                    NormKind kind, float epsilon) override;
  void norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                     const Tensor& stats, const Tensor& gain, NormKind kind, bool accumulate) override;

  void rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv, const Tensor& positions,
                            const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK, int64_t HS,
                            float epsilon, float rope_theta) override;
  void rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy, const Tensor& qkv,
                             const Tensor& stats, const Tensor& positions, const Tensor& gain_q,
                             const Tensor& gain_k, int64_t NH, int64_t NK, int64_t HS,
                             float rope_theta) override;
  void attention_forward(Tensor out, Tensor lse, const Tensor& qkv, const AttentionShape& shape) override;
  void attention_backward(Tensor dqkv, const Tensor& dout, const Tensor& out, const Tensor& lse,
                          const Tensor& qkv, const AttentionShape& shape) override;
  void attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv, int64_t past,
                        const AttentionShape& shape) override;
  void attention_probabilities(Tensor p, const Tensor& qkv, int64_t b, const AttentionShape& shape) override;

  void activation_forward(Tensor y, const Tensor& x, Activation activation) override;
  void activation_backward(Tensor dx, const Tensor& dy, const Tensor& x, Activation activation) override;
  void gated_forward(Tensor y, const Tensor& gate_up, Activation activation) override;
  void gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                      Activation activation) override;
  void dropout(Tensor y, const Tensor& x, float p, uint64_t key) override;
  void add(Tensor y, const Tensor& a, const Tensor& b) override;
  void copy(Tensor y, const Tensor& x) override;
  void fill(Tensor y, float value) override;
  void scale(Tensor y, float factor) override;
  void shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) override;
  void shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x, const Tensor& s, int64_t T,
                      bool accumulate) override;

  void softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                             float gradient_scale) override;
  void softmax(Tensor logits) override;

  double squared_norm(const Tensor& x) override;
  void adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) override;
  void momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                bool nesterov) override;
  void apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) override;

 private:
  size_t allocations_ = 0;
};

}  // namespace seedling
