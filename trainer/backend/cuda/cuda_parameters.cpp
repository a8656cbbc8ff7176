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

void CudaBackend::adamw(Tensor w, const Tensor& g, Tensor m, Tensor v, const AdamWStep& step) {
  gpu::adamw(stream(), w.as<float>(), g.as<float>(), m.as<float>(), v.as<float>(), w.size(),
             kernels::adamw_constants(step.learning_rate, step.beta1, step.beta2, step.epsilon,
                                      step.weight_decay, step.gradient_scale, step.step));
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
