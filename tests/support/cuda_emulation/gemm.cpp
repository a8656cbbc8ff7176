// Matrix products of the emulated GPU: the formula of trainer/backend/cuda/gemm.h, element by element.
#include "backend/cuda/gemm.h"

#include <cmath>

#include "kernels/activation.h"
#include "kernels/bf16.h"
#include "support/cuda_emulation/block.h"

namespace seedling::gpu {
namespace {

float read(const void* from, DType type, int64_t i) {
  return type == DType::bf16 ? kernels::float_of_bf16(static_cast<const uint16_t*>(from)[i])
                             : static_cast<const float*>(from)[i];
}

void write(void* to, DType type, int64_t i, float value) {
  if (type == DType::bf16) {
    static_cast<uint16_t*>(to)[i] = kernels::bf16_of_float(value);
  } else {
    static_cast<float*>(to)[i] = value;
  }
}

/// One product of the batch, whose matrices begin at these elements.
void multiply(const Product& p, int64_t a, int64_t b, int64_t c) {
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0.0;
      for (int64_t l = 0; l < p.k; ++l) {
        sum += static_cast<double>(read(p.a, p.type_in, a + (p.transpose_a ? l * p.m + i : i * p.k + l))) *
               read(p.b, p.type_in, b + (p.transpose_b ? j * p.k + l : l * p.n + j));
      }
      const int64_t at = c + i * p.n + j;
      float value = p.alpha * static_cast<float>(sum);
      if (p.beta != 0.0f) value += p.beta * read(p.c != nullptr ? p.c : p.d, p.type_out, at);
      if (p.bias != nullptr) value += read(p.bias, p.type_out, j);
      if (p.backward) {
        value *= kernels::activation_slope<Activation::gelu_tanh>(read(p.pre, p.type_out, at));
      } else if (p.pre != nullptr) {
        write(p.pre, p.type_out, at, value);
        value = kernels::activate<Activation::gelu_tanh>(value);
      }
      write(p.d, p.type_out, at, value);
    }
  }
}

}  // namespace

struct Gemm::State {};

Gemm::Gemm(Runtime&) {}
Gemm::~Gemm() = default;

bool Gemm::run(const Product& p) {
  // As the library: bias and GELU only where rows are whole vectors.
  const bool extras = p.bias != nullptr || p.pre != nullptr;
  if (extras && p.type_out == DType::bf16 && p.n % 8 != 0) return false;
  emulated::start([p] {
    for (int64_t l = 0; l < p.batch; ++l) multiply(p, l * p.a_stride, l * p.b_stride, l * p.c_stride);
  });
  return true;
}

std::string Gemm::library() const { return "emulated products"; }

}  // namespace seedling::gpu
