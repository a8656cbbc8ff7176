// The optimizers' passes over parameters. Included by table.inc.h alone.

double squared_norm(const float* x, int64_t n) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l)
      lanes[l] += static_cast<double>(x[i + l]) * static_cast<double>(x[i + l]);
  }
  for (; i < n; ++i) lanes[i % kLanes] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  double sum = 0.0;
  for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

void adamw(float* w, const float* g, float* m, float* v, int64_t n, const kernels::AdamWConstants& constants,
           const kernels::AdamWRate& rate) {
  const kernels::AdamWConstants c = constants;
  const kernels::AdamWRate r = rate;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) kernels::adamw_element(w[i], g[i], m[i], v[i], c, r);
}

void momentum(float* update, float* momentum, const float* g, int64_t n, float gradient_scale, float beta,
              bool nesterov) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] * gradient_scale;
    const float moved = beta * momentum[i] + gradient;
    momentum[i] = moved;
    update[i] = nesterov ? gradient + beta * moved : moved;
  }
}

void apply_update(float* w, const float* update, int64_t n, float rate, float decay) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) w[i] = w[i] * decay - rate * update[i];
}
