// Linear layers on the GPU: y = x W^T + b with W (O, I), and their gradients. Bias, residual and GELU ride
// along in the product where cuBLASLt has a kernel for that, and follow it where not.
#include "backend/cuda/cuda_backend.h"

namespace seedling {

namespace {

gpu::Product product_of(int64_t m, int64_t n, int64_t k, const void* a, const void* b, const Tensor& d) {
  gpu::Product product = {};
  product.m = m, product.n = n, product.k = k;
  product.a = a, product.b = b;
  product.d = d.raw(), product.type_out = d.dtype();
  return product;
}

}  // namespace

void CudaBackend::linear_forward(Tensor y, const Tensor& x, const Tensor& w, const Tensor& bias,
                                 const Tensor& residual) {
  gpu::Product product = product_of(x.rows(), w.dim(0), x.columns(), x.raw(), operand(w), y);
  product.transpose_b = true;
  product.type_in = x.dtype(), product.tf32 = tf32_;
  product.bias = operand(bias);
  if (residual) product.c = residual.raw(), product.beta = 1.0f;
  if (!gemm_.run(product)) {
    product.bias = nullptr;
    gemm_.run(product);
    gpu::add_to_rows(stream(), y.dtype(), y.raw(), bias.as<float>(), y.rows(), y.columns());
  }
  runtime_.started("linear_forward");
}

void CudaBackend::linear_activation_forward(Tensor y, Tensor pre, const Tensor& x, const Tensor& w,
                                            const Tensor& bias, Activation activation) {
  if (activation == Activation::gelu_tanh) {
    gpu::Product product = product_of(x.rows(), w.dim(0), x.columns(), x.raw(), operand(w), y);
    product.transpose_b = true;
    product.type_in = x.dtype(), product.tf32 = tf32_;
    product.bias = operand(bias);
    product.pre = pre.raw();
    if (gemm_.run(product)) return runtime_.started("linear_activation_forward");
  }
  linear_forward(pre, x, w, bias, {});
  activation_forward(y, pre, activation);
}

void CudaBackend::linear_backward_input(Tensor dx, const Tensor& dy, const Tensor& w, bool accumulate) {
  gpu::Product product = product_of(dy.rows(), w.columns(), dy.columns(), dy.raw(), operand(w), dx);
  product.type_in = dy.dtype(), product.tf32 = tf32_;
  product.beta = accumulate ? 1.0f : 0.0f;
  gemm_.run(product);
  runtime_.started("linear_backward_input");
}

void CudaBackend::linear_activation_backward(Tensor dpre, const Tensor& dy, const Tensor& w,
                                             const Tensor& pre, Activation activation) {
  if (activation == Activation::gelu_tanh) {
    gpu::Product product = product_of(dy.rows(), w.columns(), dy.columns(), dy.raw(), operand(w), dpre);
    product.type_in = dy.dtype(), product.tf32 = tf32_;
    product.pre = const_cast<void*>(pre.raw()), product.backward = true;
    if (gemm_.run(product)) return runtime_.started("linear_activation_backward");
  }
  Backend::linear_activation_backward(dpre, dy, w, pre, activation);
}

void CudaBackend::linear_backward_weight(Tensor dw, Tensor dbias, const Tensor& dy, const Tensor& x) {
  const int64_t N = dy.rows(), O = dy.columns();
  gpu::Product product = product_of(O, x.columns(), N, dy.raw(), x.raw(), dw);
  product.transpose_a = true;
  product.type_in = dy.dtype(), product.tf32 = tf32_;
  product.beta = 1.0f;
  gemm_.run(product);
  if (dbias) {
    gpu::column_sums(stream(), dy.dtype(), dbias.as<float>(), scratch<float>(gpu::column_scratch(N, O, 1)),
                     dy.raw(), N, O);
  }
  runtime_.started("linear_backward_weight");
}

void CudaBackend::matmul(Tensor c, const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b,
                         float alpha, float beta) {
  gpu::Product product =
      product_of(c.rows(), c.columns(), transpose_a ? a.rows() : a.columns(), a.raw(), b.raw(), c);
  product.transpose_a = transpose_a, product.transpose_b = transpose_b;
  product.alpha = alpha, product.beta = beta;
  // Newton-Schulz iterations, for which this is, bear rounding: where activations are bf16 anyway, TF32 is
  // used.
  product.tf32 = tf32_ || activation_type_ == DType::bf16;
  gemm_.run(product);
  runtime_.started("matmul");
}

}  // namespace seedling
