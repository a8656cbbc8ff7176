// Attention of one sequence and one key/value head (with all the query heads that share it), forward and
// backward.
//
// Queries go in blocks of kQueryBlock. The scores of a block against all keys it may see are one strip of
// (kQueryBlock, T) in this worker's scratch: softmax needs no second pass over partial results, the masked
// half is never computed, and memory is O(T). Backward recomputes the strip from qkv and lse (Dao et al.
// 2022, FlashAttention, algorithm 4).
//
//   forward:  S = scale Q K^T, P = softmax(S), O = dropout(P) V, lse = log sum exp S
//   backward: P = exp(S - lse), dV += dropout(P)^T dO, dP = dO V^T, dS = P (dropout(dP) - sum(dO O)) scale,
//             dQ = dS K, dK += dS^T Q
//
// Included by table.inc.h alone.

constexpr int64_t kQueryBlock = 32;

/// Rows as floats: themselves where they are floats of a whole number of vectors, else a copy in `copy`.
struct FloatRows {
  const float* data;
  int64_t stride;
};

template <typename T>
SEEDLING_HD FloatRows float_rows(const T* rows, int64_t stride, int64_t count, int64_t HS, float* copy,
                                 float factor = 1.0f) {
  if constexpr (std::is_same_v<T, float>) {
    if (HS % kLanes == 0 && factor == 1.0f) return {rows, stride};
  }
  const int64_t padded = round_up(HS, kLanes);
  for (int64_t r = 0; r < count; ++r) {
#pragma omp simd
    for (int64_t i = 0; i < HS; ++i) copy[r * padded + i] = get(rows + r * stride + i) * factor;
    for (int64_t i = HS; i < padded; ++i) copy[r * padded + i] = 0.0f;
  }
  return {copy, padded};
}

/// Where everything is, for one task.
template <typename T>
struct AttentionTask {
  AttentionTask(const AttentionCall& call, int64_t b, int64_t k, float* scratch)
      : T_(call.T),
        HS(call.HS),
        HSp(round_up(call.HS, kLanes)),
        Tp(round_up(call.T, 2 * kLanes)),
        width((call.NH + 2 * call.NK) * call.HS),
        group(call.NH / call.NK),
        length(call.lengths == nullptr ? call.T : std::min<int64_t>(std::max(call.lengths[b], 0), call.T)) {
    const T* rows = static_cast<const T*>(call.qkv) + b * T_ * width;
    query = rows + k * group * HS;
    key = rows + (call.NH + k) * HS;
    value = rows + (call.NH + call.NK + k) * HS;
    const auto take = [&scratch](int64_t floats) {
      float* taken = scratch;
      scratch += floats;
      return taken;
    };
    keys_transposed = take(HS * Tp), values_transposed = take(HS * Tp);
    keys = take(T_ * HSp), values = take(T_ * HSp), dkeys = take(T_ * HSp), dvalues = take(T_ * HSp);
    scores = take(kQueryBlock * Tp), dscores = take(kQueryBlock * Tp);
    queries = take(kQueryBlock * HSp), douts = take(kQueryBlock * HSp), outs = take(kQueryBlock * HSp);
  }

  int64_t T_, HS, HSp, Tp, width, group, length;  // length: keys that can be seen
  const T *query, *key, *value;                   // the first row's
  float *keys_transposed, *values_transposed, *keys, *values, *dkeys, *dvalues, *scores, *dscores, *queries,
      *douts, *outs;
};

int64_t attention_scratch(int64_t T, int64_t HS) {
  const int64_t HSp = round_up(HS, kLanes), Tp = round_up(T, 2 * kLanes);
  return 2 * HS * Tp + 4 * T * HSp + 2 * kQueryBlock * Tp + 3 * kQueryBlock * HSp;
}

/// Scores of keys from `seen` to `padded` become minus infinity; both ends of the loop are whole vectors.
SEEDLING_HD void mask_row(float* s, int64_t seen, int64_t padded) {
  for (int64_t j = seen / kLanes * kLanes; j < padded; j += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) s[j + l] = j + l < seen ? s[j + l] : -INFINITY;
  }
}

/// One row of scores becomes exp(scale (s - top)), 0 from `seen` to `padded`; returns its sum, top being its
/// maximum.
SEEDLING_HD float softmax_strip_row(float* s, int64_t seen, int64_t padded, float scale, float& top_out) {
  mask_row(s, seen, padded);
  const int64_t n = padded / kStripe * kStripe;  // padded is a multiple already; now the compiler knows
  const float top = max_of(
      n, [=](int64_t j) __attribute__((always_inline)) { return s[j]; });
  float lanes[kStripe] = {};
  for (int64_t j = 0; j < n; j += kStripe) {
    for (int64_t l = 0; l < kStripe; ++l) {
      const float p = kernels::exponential((s[j + l] - top) * scale);
      s[j + l] = p;
      lanes[l] += p;
    }
  }
  top_out = top;
  return sum_lanes(load_vec(lanes) + load_vec(lanes + kLanes));
}

template <typename T>
void attention_forward(const AttentionCall& call, int64_t b, int64_t k, float* scratch) {
  const AttentionTask<T> task(call, b, k, scratch);
  const int64_t T_ = task.T_, HS = task.HS, HSp = task.HSp, Tp = task.Tp;
  transpose(task.keys_transposed, Tp, task.key, task.width, task.length, HS,
            round_up(task.length, 2 * kLanes));
  const FloatRows values = float_rows(task.value, task.width, task.length, HS, task.values);
  const uint32_t threshold = kernels::dropout_threshold(call.dropout);
  const float keep_scale = 1.0f / (1.0f - call.dropout);
  for (int64_t g = 0; g < task.group; ++g) {
    const int64_t h = k * task.group + g;
    for (int64_t i0 = 0; i0 < T_; i0 += kQueryBlock) {
      const int64_t m = std::min(kQueryBlock, T_ - i0);
      const int64_t seen = call.causal ? std::min(i0 + m, task.length) : task.length;
      const int64_t padded = round_up(seen, 2 * kLanes);
      const FloatRows queries =
          float_rows(task.query + i0 * task.width + g * HS, task.width, m, HS, task.queries);
      small_product(task.scores, Tp, m, padded, queries.data, queries.stride, 1, task.keys_transposed, Tp, HS,
                    false);
      float sums[kQueryBlock], tops[kQueryBlock] = {}, factors[kQueryBlock];
      for (int64_t i = 0; i < kQueryBlock; ++i) sums[i] = 1.0f;
      for (int64_t i = 0; i < m && seen > 0; ++i) {
        float* row = task.scores + i * Tp;
        const int64_t row_seen = call.causal ? std::min(i0 + i + 1, task.length) : task.length;
        sums[i] = softmax_strip_row(row, row_seen, padded, call.scale, tops[i]);
        if (call.dropout > 0.0f) {
          const uint32_t first = kernels::attention_dropout_index(b, h, i0 + i, 0, call.NH, T_);
#pragma omp simd
          for (int64_t j = 0; j < padded; ++j) {
            row[j] *= kernels::dropout_factor(call.dropout_key, first + static_cast<uint32_t>(j), threshold,
                                              keep_scale);
          }
        }
      }
      const float head_scale = call.head_scale == nullptr ? 1.0f : call.head_scale[h];
      float* lse = call.lse + (b * call.NH + h) * T_ + i0;
#pragma omp simd
      for (int64_t i = 0; i < kQueryBlock; ++i) {
        factors[i] = head_scale / sums[i];
        sums[i] = tops[i] * call.scale + kernels::logarithm(sums[i]);
      }
      std::memcpy(lse, sums, static_cast<size_t>(m) * sizeof(float));
      small_product(task.outs, HSp, m, HSp, task.scores, Tp, 1, values.data, values.stride, seen, false);
      for (int64_t i = 0; i < m; ++i) {
        T* out = static_cast<T*>(call.out) + ((b * T_ + i0 + i) * call.NH + h) * HS;
        put_all(
            out, HS, [=](int64_t d) __attribute__((always_inline)) {
              return task.outs[i * HSp + d] * factors[i];
            });
      }
    }
  }
}

/// One row of the strips: scores become dropout(P), dscores become dS.
SEEDLING_HD void attention_backward_row(float* scores, float* dscores, int64_t seen, int64_t padded,
                                        float scale, float lse, float dot, const AttentionCall& call,
                                        uint32_t first_index) {
  mask_row(scores, seen, padded);
  const int64_t n = padded / kStripe * kStripe;
  if (call.dropout > 0.0f) {
    const uint32_t threshold = kernels::dropout_threshold(call.dropout);
    const float keep_scale = 1.0f / (1.0f - call.dropout);
    const uint64_t key = call.dropout_key;
#pragma omp simd
    for (int64_t j = 0; j < n; ++j) {
      const float p = kernels::exponential(scores[j] * scale - lse);
      const float kept =
          kernels::dropout_factor(key, first_index + static_cast<uint32_t>(j), threshold, keep_scale);
      scores[j] = p * kept;
      dscores[j] = p * (dscores[j] * kept - dot) * scale;
    }
    return;
  }
#pragma omp simd
  for (int64_t j = 0; j < n; ++j) {
    const float p = kernels::exponential(scores[j] * scale - lse);
    scores[j] = p;
    dscores[j] = p * (dscores[j] - dot) * scale;
  }
}

template <typename T>
void attention_backward(const AttentionCall& call, int64_t b, int64_t k, float* scratch) {
  const AttentionTask<T> task(call, b, k, scratch);
  const int64_t T_ = task.T_, HS = task.HS, HSp = task.HSp, Tp = task.Tp, out_width = call.NH * HS;
  const int64_t keys_padded = round_up(task.length, 2 * kLanes);
  transpose(task.keys_transposed, Tp, task.key, task.width, task.length, HS, keys_padded);
  transpose(task.values_transposed, Tp, task.value, task.width, task.length, HS, keys_padded);
  const FloatRows keys = float_rows(task.key, task.width, task.length, HS, task.keys);
  std::memset(task.dkeys, 0, static_cast<size_t>(T_ * HSp) * sizeof(float));
  std::memset(task.dvalues, 0, static_cast<size_t>(T_ * HSp) * sizeof(float));
  T* drows = static_cast<T*>(call.dqkv) + b * T_ * task.width;
  for (int64_t g = 0; g < task.group; ++g) {
    const int64_t h = k * task.group + g;
    const float head_scale = call.head_scale == nullptr ? 1.0f : call.head_scale[h];
    for (int64_t i0 = 0; i0 < T_; i0 += kQueryBlock) {
      const int64_t m = std::min(kQueryBlock, T_ - i0);
      const int64_t seen = call.causal ? std::min(i0 + m, task.length) : task.length;
      const int64_t padded = round_up(seen, 2 * kLanes);
      const T* dout = static_cast<const T*>(call.dout) + (b * T_ + i0) * out_width + h * HS;
      const T* out = static_cast<const T*>(call.out) + (b * T_ + i0) * out_width + h * HS;
      const FloatRows queries =
          float_rows(task.query + i0 * task.width + g * HS, task.width, m, HS, task.queries);
      const FloatRows douts = float_rows(dout, out_width, m, HS, task.douts, head_scale);
      small_product(task.scores, Tp, m, padded, queries.data, queries.stride, 1, task.keys_transposed, Tp, HS,
                    false);
      small_product(task.dscores, Tp, m, padded, douts.data, douts.stride, 1, task.values_transposed, Tp, HS,
                    false);
      for (int64_t i = 0; i < m; ++i) {
        const T *dout_row = dout + i * out_width, *out_row = out + i * out_width;
        const float dot = sum_of(
            HS, [=](int64_t d)
                    __attribute__((always_inline)) { return get(dout_row + d) * get(out_row + d); });
        attention_backward_row(task.scores + i * Tp, task.dscores + i * Tp,
                               call.causal ? std::min(i0 + i + 1, task.length) : task.length, padded,
                               call.scale, call.lse[(b * call.NH + h) * T_ + i0 + i], dot, call,
                               kernels::attention_dropout_index(b, h, i0 + i, 0, call.NH, T_));
      }
      small_product(task.dvalues, HSp, seen, HSp, task.scores, 1, Tp, douts.data, douts.stride, m, true);
      small_product(task.dkeys, HSp, seen, HSp, task.dscores, 1, Tp, queries.data, queries.stride, m, true);
      small_product(task.outs, HSp, m, HSp, task.dscores, Tp, 1, keys.data, keys.stride, seen, false);
      for (int64_t i = 0; i < m; ++i) {
        T* dquery = drows + (i0 + i) * task.width + h * HS;
        put_all(
            dquery, HS, [=](int64_t d) __attribute__((always_inline)) { return task.outs[i * HSp + d]; });
      }
    }
  }
  for (int64_t j = 0; j < T_; ++j) {
    T* dkey = drows + j * task.width + (call.NH + k) * HS;
    T* dvalue = dkey + call.NK * HS;
#pragma omp simd
    for (int64_t d = 0; d < HS; ++d) {
      put(dkey + d, task.dkeys[j * HSp + d]);
      put(dvalue + d, task.dvalues[j * HSp + d]);
    }
  }
}
