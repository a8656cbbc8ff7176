// Attention of generation (with a cache of keys and values) and for looking at. Included by table.inc.h
// alone.

template <typename T>
SEEDLING_HD float dot_of(const T* a, const T* b, int64_t n) {
  Vec sums = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) sums += get_vec(a + i) * get_vec(b + i);
  float sum = sum_lanes(sums);
  for (; i < n; ++i) sum += get(a + i) * get(b + i);
  return sum;
}

/// Brings n elements into the second cache: a core waits for more lines there than in the first.
template <typename T>
SEEDLING_HD void fetch_into_l2(const T* x, int64_t n) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < n; i += kLine) __builtin_prefetch(x + i, 0, 2);
}
constexpr int64_t kFetchAhead = 8;  // positions

/// sums += factor x
template <typename T>
SEEDLING_HD void add_scaled(float* sums, const T* x, float factor, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store_vec(sums + i, load_vec(sums + i) + factor * get_vec(x + i));
  for (; i < n; ++i) sums[i] += factor * get(x + i);
}

/// Key/value heads [first, last): appends the new keys and values to the caches, then each new row t attends
/// to past + t + 1 of them. The caches are read once and in the order of memory, all heads of a position
/// together, and fetched some positions ahead: with one new row that is what it waits for.
/// scratch: NH (past + T + HS) floats.
template <typename T>
void attention_cached(void* out_, void* key_cache, void* value_cache, const AttentionCall& call, int64_t past,
                      int64_t first, int64_t last, float* scratch) {
  const int64_t HS = call.HS, width = (call.NH + 2 * call.NK) * HS, cache_width = call.NK * HS;
  const int64_t group = call.NH / call.NK, heads = (last - first) * group, wide = (last - first) * HS;
  T* keys = static_cast<T*>(key_cache) + first * HS;
  T* values = static_cast<T*>(value_cache) + first * HS;
  const T* qkv = static_cast<const T*>(call.qkv);
  for (int64_t t = 0; t < call.T; ++t) {
    const T* key = qkv + t * width + (call.NH + first) * HS;
    std::memcpy(keys + (past + t) * cache_width, key, static_cast<size_t>(wide) * sizeof(T));
    std::memcpy(values + (past + t) * cache_width, key + call.NK * HS, static_cast<size_t>(wide) * sizeof(T));
  }
  const int64_t longest = past + call.T;
  float *scores = scratch, *sums = scratch + heads * longest;  // (heads, longest), (heads, HS)
  /// work(j, h, x): for each position, each query head and its row of the cache.
  const auto for_positions = [&](const T* cache, int64_t seen, auto work) __attribute__((always_inline)) {
    for (int64_t j = 0; j < seen; ++j, cache += cache_width) {
      fetch_into_l2(cache + kFetchAhead * cache_width, wide);
      const T* x = cache;
      for (int64_t h = 0; h < heads; x += HS) {
        for (const int64_t end = h + group; h < end; ++h) work(j, h, x);
      }
    }
  };
  for (int64_t t = 0; t < call.T; ++t) {
    const int64_t seen = past + t + 1;
    const T* query = qkv + t * width + first * group * HS;
    for_positions(
        keys, seen, [&](int64_t j, int64_t h, const T* key) __attribute__((always_inline)) {
          scores[h * longest + j] = dot_of(query + h * HS, key, HS) * call.scale;
        });
    for (int64_t h = 0; h < heads; ++h) {
      float* row = scores + h * longest;
      const float top = max_of(seen, [=](int64_t j) { return row[j]; });
#pragma omp simd
      for (int64_t j = 0; j < seen; ++j) row[j] = kernels::exponential(row[j] - top);
    }
    std::memset(sums, 0, static_cast<size_t>(heads * HS) * sizeof(float));
    for_positions(
        values, seen, [&](int64_t j, int64_t h, const T* value) __attribute__((always_inline)) {
          add_scaled(sums + h * HS, value, scores[h * longest + j], HS);
        });
    T* out = static_cast<T*>(out_) + (t * call.NH + first * group) * HS;
    for (int64_t h = 0; h < heads; ++h) {
      const float *row = scores + h * longest, *sum = sums + h * HS;
      const float factor = (call.head_scale == nullptr ? 1.0f : call.head_scale[first * group + h]) /
                           sum_of(seen, [=](int64_t j) { return row[j]; });
      put_all(out + h * HS, HS, [=](int64_t d) { return sum[d] * factor; });
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
