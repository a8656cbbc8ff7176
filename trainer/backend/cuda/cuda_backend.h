// The CUDA backend: one GPU, one stream, cuBLASLt for matrix products, the kernels of this folder for
// everything else.
//
// Nothing waits for the GPU but what hands numbers to the host: copy_to_host, squared_norm, synchronize.
// Parameters stay fp32; in bf16, products read a bf16 copy of the whole slab that a weight lies in, made anew
// once a step, at the first product after parameters_changed(). See README.md of this folder for the map.
//
// Called by: make_cuda_backend alone; all others see backend.h.
#pragma once

#include <functional>
#include <map>

#include "backend/backend.h"
#include "backend/cuda/gemm.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"

namespace seedling {

class CudaBackend final : public Backend {
 public:
  CudaBackend(DType activation_type, bool tf32);
  ~CudaBackend() override;

  void* allocate(size_t bytes) override;
  void release(void* memory, size_t bytes) override;
  std::string name() const override { return "cuda"; }
  std::string description() const override;
  DType activation_type() const override { return activation_type_; }
  DType parameter_type() const override { return DType::f32; }
  void copy_to_device(void* device, const void* host, size_t bytes) override;
  void copy_to_host(void* host, const void* device, size_t bytes) override;
  void synchronize() override { runtime_.synchronize(); }
  void parameters_changed() override;
  void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& work) override;
  /// 512 MiB of bf16 where there is room: fewer passes over the vocabulary's gradient.
  int64_t logits_at_a_time() const override {
    return int64_t{1} << (facts_.memory >= (size_t{16} << 30) ? 28 : 26);
  }

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
  void normalize(Tensor y, double epsilon) override;
  void adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) override;
  void momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                bool nesterov) override;
  void apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) override;
  void muon(const std::vector<MuonMatrix>& matrices, const MuonStep& step) override;

 private:
  /// A piece of memory given out, and its copy in bf16 where products have asked for one.
  struct Slab {
    size_t bytes = 0;
    void* bf16 = nullptr;
    bool fresh = false;  // the copy has the slab's present values
  };

  /// Device memory, not cleared. Throws Error that says what to lower and by how much it missed.
  void* take(size_t bytes);
  /// One step of Muon for matrices of one shape.
  void muon_group(const std::vector<const MuonMatrix*>& matrices, const MuonStep& step);
  /// Makes a slab's bf16 copy anew where it is old.
  void refresh(const std::byte* memory, Slab& slab);
  /// Memory for the length of one op; grows and never shrinks.
  template <typename T>
  T* scratch(int64_t count) {
    return static_cast<T*>(scratch_bytes(static_cast<size_t>(count) * sizeof(T)));
  }
  void* scratch_bytes(size_t bytes);
  /// A parameter as products read it: itself in fp32, its place in the bf16 copy of its slab in bf16.
  const void* operand(const Tensor& parameter);
  /// What works attention out: no tensor cores, those of compute capability 8.0 and newer, or Hopper's own.
  enum class AttentionUnit { plain, mma, wgmma };
  AttentionUnit attention_unit(const Tensor& qkv, const AttentionShape& shape) const;
  const float* rotation(int64_t HS, float theta);
  gpu::RotateCall rotate_call(const Tensor& qkv, const Tensor& positions, const Tensor& gain_q,
                              const Tensor& gain_k, int64_t NH, int64_t NK, int64_t HS, float rope_theta);
  gpu::Stream stream() const { return runtime_.stream(); }

  DType activation_type_;
  bool tf32_;
  gpu::DeviceFacts facts_;
  gpu::Runtime runtime_;
  std::map<const std::byte*, Slab> slabs_;
  gpu::Gemm gemm_;
  void* scratch_ = nullptr;
  size_t scratch_size_ = 0;
  int64_t scratch_moves_ = 0;  // recordings made before the last one lead to where it was
  double* norms_ = nullptr;    // a result, then kNormPartials partial sums
  struct Rotation {
    int64_t HS = 0;
    float theta = 0.0f;
    float* table = nullptr;
  };
  std::vector<Rotation> rotations_;  // one for each pair of head size and theta: models have one
};

}  // namespace seedling
