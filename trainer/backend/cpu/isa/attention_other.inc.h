// Attention of generation (with a cache of keys and values) and for looking at. Included by table.inc.h
// alone.

template <typename T>
SEEDLING_HD float dot_of(const T* a, const T* b, int64_t n) {
  return sum_of(
      n, [=](int64_t i) __attribute__((always_inline)) { return get(a + i) * get(b + i); });
}

/// Key/value head k: appends the new keys and values to the caches, then each new row t attends to past + t +
/// 1 of them. Memory-bound by design: the caches are read once for each query head.
template <typename T>
void attention_cached(void* out_, void* key_cache, void* value_cache, const AttentionCall& call, int64_t past,
                      int64_t k, float* scratch) {
  const int64_t HS = call.HS, width = (call.NH + 2 * call.NK) * HS, cache_width = call.NK * HS;
  const int64_t group = call.NH / call.NK;
  T* keys = static_cast<T*>(key_cache) + k * HS;
  T* values = static_cast<T*>(value_cache) + k * HS;
  const T* qkv = static_cast<const T*>(call.qkv);
  const size_t head_bytes = static_cast<size_t>(HS) * sizeof(T);
  for (int64_t t = 0; t < call.T; ++t) {
    std::memcpy(keys + (past + t) * cache_width, qkv + t * width + (call.NH + k) * HS, head_bytes);
    std::memcpy(values + (past + t) * cache_width, qkv + t * width + (call.NH + call.NK + k) * HS,
                head_bytes);
  }
  for (int64_t t = 0; t < call.T; ++t) {
    const int64_t seen = past + t + 1;
    for (int64_t h = k * group; h < (k + 1) * group; ++h) {
      const T* query = qkv + t * width + h * HS;
      float top = -INFINITY, sum = 0.0f;
      for (int64_t j = 0; j < seen; ++j) {
        scratch[j] = dot_of(query, keys + j * cache_width, HS) * call.scale;
        top = scratch[j] > top ? scratch[j] : top;
      }
      for (int64_t j = 0; j < seen; ++j) scratch[j] = kernels::exponential(scratch[j] - top);
      sum = sum_of(seen, [=](int64_t j) { return scratch[j]; });
      const float factor = (call.head_scale == nullptr ? 1.0f : call.head_scale[h]) / sum;
      T* out = static_cast<T*>(out_) + (t * call.NH + h) * HS;
      for (int64_t d0 = 0; d0 < HS; d0 += kStripe) {
        const int64_t n = std::min(kStripe, HS - d0);
        float sums[kStripe] = {};
        for (int64_t j = 0; j < seen; ++j) {
          const T* value = values + j * cache_width + d0;
          if (n == kStripe) {
            for (int64_t d = 0; d < kStripe; ++d) sums[d] += scratch[j] * get(value + d);
          } else {
            for (int64_t d = 0; d < n; ++d) sums[d] += scratch[j] * get(value + d);
          }
        }
        for (int64_t d = 0; d < n; ++d) put(out + d0 + d, sums[d] * factor);
      }
    }
  }
}

/// p (T, T) of query head h of sequence b; what is masked is 0.
template <typename T>
void attention_probabilities(float* p, const AttentionCall& call, int64_t b, int64_t h) {
  const int64_t HS = call.HS, width = (call.NH + 2 * call.NK) * HS;
  const int64_t length =
      call.lengths == nullptr ? call.T : std::min<int64_t>(std::max(call.lengths[b], 0), call.T);
  const T* rows = static_cast<const T*>(call.qkv) + b * call.T * width;
  const T* keys = rows + (call.NH + h / (call.NH / call.NK)) * HS;
  for (int64_t i = 0; i < call.T; ++i) {
    float* row = p + i * call.T;
    const int64_t seen = call.causal ? std::min(i + 1, length) : length;
    for (int64_t j = 0; j < seen; ++j)
      row[j] = dot_of(rows + i * width + h * HS, keys + j * width, HS) * call.scale;
    for (int64_t j = seen; j < call.T; ++j) row[j] = 0.0f;
    if (seen > 0) softmax<float>(row, 1, seen);
  }
}
