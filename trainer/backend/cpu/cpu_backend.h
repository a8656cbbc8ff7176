// The CPU backend: a thread team, the BLAS for matrix products, the row kernels for everything else.
//
// Every op splits its rows among the workers in the same way, so a worker finds its rows in its own L2. What
// is summed over rows (gains, biases) is summed by each worker for itself and then in the order of the
// workers, so results are the same bits from run to run at the same number of threads.
//
// Called by: make_cpu_backend alone; all others see backend.h.
#pragma once

#include <vector>

#include "backend/backend.h"
#include "backend/cpu/cpu_bf16.h"
#include "backend/cpu/cpu_muon.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/thread_team.h"

namespace seedling {

class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, DType activation_type);

  void* allocate(size_t bytes) override;
  void release(void* memory, size_t bytes) override;
  std::string name() const override { return "cpu"; }
  DType activation_type() const override { return activation_type_; }
  DType parameter_type() const override { return DType::f32; }
  void copy_to_device(void* device, const void* host, size_t bytes) override;
  void copy_to_host(void* host, const void* device, size_t bytes) override;
  void synchronize() override {}
  void parameters_changed() override { bf16_.parameters_changed(); }
  /// The unit that multiplies bf16 blocks: "amx", "avx512bf16" or the row kernels' name.
  const char* bf16_unit() const { return bf16_.unit().name; }

  void linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                      const Tensor& residual) override;
  void linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w, const Tensor& bias,
                                 Activation activation) override;
  void linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) override;
  void linear_activation_backward(Tensor dpre, const Tensor& dy, const Tensor& w, const Tensor& pre,
                                  Activation activation) override;
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
  void argmax_rows(Tensor index, const Tensor& x) override;

  double squared_norm(const Tensor& x) override;
  void adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) override;
  void momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                bool nesterov) override;
  void apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) override;
  void muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step) override {
    muon_.step(matrices, step);
  }

 private:
  /// The row kernels for activations of this element type.
  const RowKernels& of(DType type) const { return type == DType::bf16 ? isa_.bf16 : isa_.f32; }
  const RowKernels& of(const Tensor& t) const { return of(t.dtype()); }

  /// Memory of each worker for the length of one op, at least `floats` each; grows and never shrinks.
  void reserve_scratch(int64_t floats);
  float* scratch(int worker) { return scratch_[static_cast<size_t>(worker)].data(); }

  /// work(worker, rows) for every worker's share of n rows. A single one (generation) is done at once: to
  /// meet would take longer.
  template <typename Work>
  void for_rows(int64_t n, Work work) {
    if (n == 1) return work(0, Range{0, 1});
    team_.run([&](int worker, int workers) {
      const Range rows = split_range(n, worker, workers);
      if (rows.size() > 0) work(worker, rows);
    });
  }
  /// work(first, n) for every worker's share of a tensor's elements: whole rows where there are enough of
  /// them.
  template <typename Work>
  void for_elements(const Tensor& t, Work work) {
    const int64_t rows = t.rows(), columns = t.columns(), size = rows * columns;
    const bool whole_rows = rows >= team_.size();
    team_.run([&](int worker, int workers) {
      Range part = whole_rows ? split_range(rows, worker, workers) : split_range(size, worker, workers, 64);
      if (whole_rows) part = {part.begin * columns, part.end * columns};
      if (part.size() > 0) work(part.begin, part.size());
    });
  }
  /// attention_cached with empty caches: filled, and then as in training.
  void attention_of_prompt(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                           AttentionShape shape);
  /// sum += the workers' partial sums (n floats at `offset` of each one's scratch), in the order of the
  /// workers.
  void add_partial_sums(Tensor sum, int64_t offset);
  /// Cosines and sines of positions up to `last`, kept until another theta or head size is asked for.
  void reserve_angles(int64_t last, int64_t HS, float theta);

  DType activation_type_;
  const IsaKernels& isa_;
  ThreadTeam team_;
  Bf16Linear bf16_;
  Bf16Muon muon_;
  std::vector<std::vector<float>> scratch_;
  std::vector<double> chunk_sums_;
  std::vector<float> prompt_lse_;       // of attention_of_prompt, which nobody reads
  std::vector<float> cosines_, sines_;  // (angle_rows_, angle_HS_ / 2)
  int64_t angle_rows_ = 0, angle_HS_ = 0;
  float angle_theta_ = 0.0f;
};

/// Address of element `i` of activations or parameters.
inline void* at(const Tensor& t, int64_t i) {
  return static_cast<std::byte*>(t.raw()) + static_cast<size_t>(i) * size_of(t.dtype());
}
/// The elements as floats, or null when the tensor is absent.
inline float* floats_of(const Tensor& t) { return t ? t.as<float>() : nullptr; }

}  // namespace seedling
