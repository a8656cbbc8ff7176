// Softmax and cross-entropy of rows of logits, in place. Included by table.inc.h alone.

/// Exponentials of rows up to this long are kept until their sum is known; those of longer ones are computed
/// again.
constexpr int64_t kKeptRow = 8192;

template <typename T>
SEEDLING_HD float max_of_row(const T* x, int64_t n) {
  return max_of(
      n, [=](int64_t i) __attribute__((always_inline)) { return get(x + i); });
}

// loss = log sum exp(x) - x[target]; gradient = (softmax(x) - onehot(target)) * scale.
template <typename T>
void softmax_cross_entropy(float* losses, void* logits, const int32_t* targets, int64_t rows, int64_t V,
                           float gradient_scale) {
  for (int64_t n = 0; n < rows; ++n) {
    T* x = static_cast<T*>(logits) + n * V;
    const int32_t target = targets[n];
    if (target < 0) {
      losses[n] = 0.0f;
      if (gradient_scale != 0.0f) std::memset(x, 0, static_cast<size_t>(V) * sizeof(T));
      continue;
    }
    const float top = max_of_row(x, V), wanted = get(x + target);
    const bool keep = V <= kKeptRow && gradient_scale != 0.0f;
    alignas(64) float kept[kKeptRow];
    float sum;
    if (keep) {
#pragma omp simd
      for (int64_t i = 0; i < V; ++i) kept[i] = kernels::exponential(get(x + i) - top);
      sum = sum_of(
          V, [&](int64_t i) __attribute__((always_inline)) { return kept[i]; });
    } else {
      sum = sum_of(V, [=](int64_t i) { return kernels::exponential(get(x + i) - top); });
    }
    losses[n] = logf(sum) + top - wanted;
    if (gradient_scale == 0.0f) continue;
    const float factor = gradient_scale / sum, *e = kept;
    if (keep) {
      put_all(
          x, V, [=](int64_t i) __attribute__((always_inline)) { return e[i] * factor; });
    } else {
      put_all(
          x, V, [=](int64_t i) __attribute__((always_inline)) {
            return kernels::exponential(get(x + i) - top) * factor;
          });
    }
    put(x + target, kernels::exponential(wanted - top) * factor - gradient_scale);
  }
}

template <typename T>
void softmax(void* logits, int64_t rows, int64_t V) {
  for (int64_t n = 0; n < rows; ++n) {
    T* x = static_cast<T*>(logits) + n * V;
    const float top = max_of_row(x, V);
    const float sum = sum_of(V, [=](int64_t i) { return kernels::exponential(get(x + i) - top); });
    const float factor = 1.0f / sum;
    put_all(
        x, V, [=](int64_t i) __attribute__((always_inline)) {
          return kernels::exponential(get(x + i) - top) * factor;
        });
  }
}
