// The optimizers' passes over parameters on the GPU, and norms.
#include "backend/cuda/cuda_backend.h"

namespace seedling {

double CudaBackend::squared_norm(const Tensor& x) {
  gpu::squared_norm(stream(), norms_, norms_ + 1, x.as<float>(), x.size());
  runtime_.started("squared_norm");
  double sum = 0.0;
  runtime_.download(&sum, norms_, sizeof sum);
  return sum;
}

void CudaBackend::normalize(Tensor y, double epsilon) {
  gpu::squared_norm(stream(), norms_, norms_ + 1, y.as<float>(), y.size());
  gpu::normalize(stream(), y.as<float>(), y.size(), norms_, static_cast<float>(epsilon));
  runtime_.started("normalize");
}

void CudaBackend::adamw(const std::vector<AdamWSpan>& spans, const AdamWStep& step) {
  const kernels::AdamWConstants constants =
      kernels::adamw_constants(step.beta1, step.beta2, step.epsilon, step.gradient_scale, step.step);
  std::vector<gpu::AdamWEntry> entries;
  int64_t blocks = 0;
  bool by_eight = true;
  for (const AdamWSpan& span : spans) {
    entries.push_back({span.value.as<float>(), span.gradient.as<float>(), span.m.as<float>(),
                       span.v.as<float>(), span.value.size(), blocks,
                       kernels::adamw_rate(span.learning_rate, span.weight_decay, constants)});
    blocks += (span.value.size() + gpu::kAdamWBlock - 1) / gpu::kAdamWBlock;
    for (const Tensor* tensor : {&span.value, &span.gradient, &span.m, &span.v})
      by_eight = by_eight && reinterpret_cast<uintptr_t>(tensor->raw()) % 16 == 0;
  }
  auto* table = scratch<gpu::AdamWEntry>(static_cast<int64_t>(entries.size()));
  runtime_.upload(table, entries.data(), entries.size() * sizeof(gpu::AdamWEntry));
  gpu::adamw(stream(), table, static_cast<int64_t>(entries.size()), blocks, by_eight, constants);
  runtime_.started("adamw");
}

void CudaBackend::momentum(Tensor update, Tensor momentum, const Tensor& g, float gradient_scale, float beta,
                           bool nesterov) {
  gpu::momentum(stream(), update.as<float>(), momentum.as<float>(), g.as<float>(), g.size(), gradient_scale,
                beta, nesterov);
  runtime_.started("momentum");
}

void CudaBackend::apply_update(Tensor w, const Tensor& update, float learning_rate, float weight_decay) {
  gpu::apply_update(stream(), w.as<float>(), update.as<float>(), w.size(), learning_rate,
                    1.0f - learning_rate * weight_decay);
  runtime_.started("apply_update");
}

}  // namespace seedling
