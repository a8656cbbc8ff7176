// Attention of generation (with a cache of keys and values) and for looking at. Included by table.inc.h
// alone.

template <typename T>
SEEDLING_HD float dot_of(const T* a, const T* b, int64_t n) {
  return sum_of(
      n, [=](int64_t i) __attribute__((always_inline)) { return get(a + i) * get(b + i); });
}

/// Row `row` of a cache, HS elements, brought closer: rows lie too far apart for the processor to foresee.
template <typename T>
SEEDLING_HD void fetch_row(const T* row, int64_t HS) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < HS; i += kLine) __builtin_prefetch(row + i);
}

/// out (HS) = factor times the sum of `seen` rows of values, each with its weight.
template <typename T>
SEEDLING_HD void weighted_rows(T* out, const T* values, int64_t stride, const float* weights, int64_t seen,
                               float factor, int64_t HS) {
  constexpr int kVectors = 4;
  int64_t d = 0;
  for (; d + kVectors * kLanes <= HS; d += kVectors * kLanes) {
    Vec sums[kVectors] = {};
    for (int64_t j = 0; j < seen; ++j) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v)
        sums[v] += weights[j] * get_vec(values + j * stride + d + v * kLanes);
    }
    for (int v = 0; v < kVectors; ++v) put_vec(out + d + v * kLanes, sums[v] * factor);
  }
  for (; d < HS; ++d) {
    float sum = 0.0f;
    for (int64_t j = 0; j < seen; ++j) sum += weights[j] * get(values + j * stride + d);
    put(out + d, sum * factor);
  }
}

/// Key/value head k: appends the new keys and values to the caches, then each new row t attends to past + t +
/// 1 of them. Memory-bound by design: the caches are read once for each query head.
template <typename T>
void attention_cached(void* out_, void* key_cache, void* value_cache, const AttentionCall& call, int64_t past,
                      int64_t k, float* scratch) {
  constexpr int64_t kAhead = 8;  // rows
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
      for (int64_t j = 0; j < seen; ++j) {
        if (j + kAhead < seen) fetch_row(keys + (j + kAhead) * cache_width, HS);
        fetch_row(values + j * cache_width, HS);
        scratch[j] = dot_of(query, keys + j * cache_width, HS) * call.scale;
      }
      const float top = max_of(seen, [=](int64_t j) { return scratch[j]; });
#pragma omp simd
      for (int64_t j = 0; j < seen; ++j) scratch[j] = kernels::exponential(scratch[j] - top);
      const float sum = sum_of(seen, [=](int64_t j) { return scratch[j]; });
      const float factor = (call.head_scale == nullptr ? 1.0f : call.head_scale[h]) / sum;
      weighted_rows(static_cast<T*>(out_) + (t * call.NH + h) * HS, values, cache_width, scratch, seen,
                    factor, HS);
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
