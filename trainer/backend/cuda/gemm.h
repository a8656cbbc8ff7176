// One matrix product, as the backend asks for it: row-major matrices, optional bias, GELU and accumulation in
// the same pass. gemm.cpp gives it to cuBLASLt; tests/support/cuda_emulation/gemm.cpp is its plain twin.
//
//   d (m, n) = alpha op(a) (m, k) op(b) (k, n) + beta c (m, n) + bias (n)
//   for each of `batch` such products, their matrices so many elements apart
//   with pre: pre = that, d = gelu_tanh(that);  with pre and backward: d = that * gelu_tanh'(pre)
//
// Called by: cuda_linear.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/cuda/runtime.h"
#include "tensor/tensor.h"

namespace seedling::gpu {

struct Product {
  int64_t m, n, k;
  const void *a, *b;                              // of type_in, rows without gaps
  bool transpose_a = false, transpose_b = false;  // a is stored as (k, m), b as (n, k)
  DType type_in = DType::f32;
  void* d;
  const void* c = nullptr;  // null: d itself where beta is not zero
  DType type_out = DType::f32;
  float alpha = 1.0f, beta = 0.0f;
  const void* bias = nullptr;                                   // of type_out
  void* pre = nullptr;                                          // of type_out: asks for the GELU,
  bool backward = false;                                        // or for its derivative at pre
  int64_t batch = 1, a_stride = 0, b_stride = 0, c_stride = 0;  // d lies as c
  bool tf32 = false;  // fp32 operands rounded to 10 bits of mantissa on their way to tensor cores
};

class Gemm {
 public:
  /// Throws Error when the library is not there.
  explicit Gemm(Runtime& runtime);
  ~Gemm();
  Gemm(const Gemm&) = delete;
  Gemm& operator=(const Gemm&) = delete;

  /// Starts the product. False, and nothing started, where the library has no kernel for it with its bias and
  /// GELU (odd sizes or addresses); the caller then asks for them separately. Throws Error when there is none
  /// even without.
  bool run(const Product& product);
  /// "cuBLASLt 13.0.2"
  std::string library() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace seedling::gpu
