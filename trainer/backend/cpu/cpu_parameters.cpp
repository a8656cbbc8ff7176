// The optimizers' passes over the parameter slab, and its norm.
#include <cmath>

#include "backend/cpu/cpu_backend.h"

namespace seedling {

double CpuBackend::squared_norm(const Tensor& x) {
  // Sums of chunks of a fixed size, added in their order: the same at any number of threads.
  constexpr int64_t kChunk = 1 << 14;
  const int64_t size = x.size(), chunks = (size + kChunk - 1) / kChunk;
  if (chunk_sums_.size() < static_cast<size_t>(chunks)) chunk_sums_.resize(static_cast<size_t>(chunks));
  for_rows(chunks, [&](int, Range part) {
    for (int64_t c = part.begin; c < part.end; ++c) {
      const int64_t n = std::min(kChunk, size - c * kChunk);
      chunk_sums_[static_cast<size_t>(c)] = isa_.parameters.squared_norm(x.as<float>() + c * kChunk, n);
    }
  });
  double sum = 0.0;
  for (int64_t c = 0; c < chunks; ++c) sum += chunk_sums_[static_cast<size_t>(c)];
  return sum;
}

void CpuBackend::adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) {
  const kernels::AdamWConstants constants =
      kernels::adamw_constants(step.beta1, step.beta2, step.epsilon, step.gradient_scale, step.step);
  for (const AdamWSpan& span : spans) {
    const kernels::AdamWRate rate = kernels::adamw_rate(span.learning_rate, span.weight_decay, constants);
    for_elements(span.value, [&](int64_t i, int64_t n) {
      isa_.parameters.adamw(span.value.as<float>() + i, span.gradient.as<float>() + i, span.m.as<float>() + i,
                            span.v.as<float>() + i, n, constants, rate);
    });
  }
}

void CpuBackend::momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                          bool nesterov) {
  for_elements(g, [&](int64_t i, int64_t n) {
    isa_.parameters.momentum(update.as<float>() + i, momentum.as<float>() + i, g.as<float>() + i, n,
                             gradient_scale, beta, nesterov);
  });
}

void CpuBackend::apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) {
  for_elements(w, [&](int64_t i, int64_t n) {
    isa_.parameters.apply_update(w.as<float>() + i, update.as<float>() + i, n, learning_rate,
                                 1.0f - learning_rate * weight_decay);
  });
}

}  // namespace seedling
