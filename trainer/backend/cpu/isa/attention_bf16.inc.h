// Attention of bf16 activations: the same algorithm as attention.inc.h, on blocks of 32 queries by 32 keys
// whose products run on the bf16 unit (bf16_layout.h). Scores, softmax and sums are fp32; probabilities and
// their gradients are rounded to bf16 before they are multiplied. Included by table.inc.h alone.
//
// Queries and gradients of the output are left operands as they lie, where heads are a multiple of 32 wide. A
// strip of scores is kept block by block, [key block][32 queries][32 keys], which after rounding is already
// the left operand of P V and dS K. dV and dK are summed transposed, dV^T += dO^T P and dK^T += Q^T dS: so
// the small operands are transposed, once a query block, and P and dS only paired. Those of a group of kGroup
// query blocks are kept, so memory is O(T) and each sum over queries is kGroup steps long.

constexpr int64_t kGroup = 4;

/// 2^x to about 3e-6, for x <= 0; x below -126 gives 2^-126.
SEEDLING_HD Vec power_of_two(Vec x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  const Vec lowest = Vec{} - 126.0f;
  x = x < lowest ? lowest : x;
  Vec shifted = x + kRound;
  const Vec f = x - (shifted - kRound);
  Vec p = 1.3333558146e-3f * f + 9.6181291076e-3f;
  p = p * f + 5.5504108664e-2f;
  p = p * f + 2.4022650696e-1f;
  p = p * f + 6.9314718056e-1f;
  p = p * f + 1.0f;
  Pairs bits = reinterpret_cast<Pairs&>(p) + (reinterpret_cast<Pairs&>(shifted) << 23);
  return reinterpret_cast<Vec&>(bits);
}

/// x where lane + first < seen, else `other`.
SEEDLING_HD Vec keep_seen(Vec x, int64_t first, int64_t seen, float other) {
  typedef int32_t Index __attribute__((vector_size(kLanes * sizeof(int32_t))));
  Index lane;
  for (int32_t l = 0; l < static_cast<int32_t>(kLanes); ++l) lane[l] = l;
  const Index before = lane < Index{} + static_cast<int32_t>(seen - first);
  return before ? x : Vec{} + other;
}

/// Multiplies by the dropout factors of elements index, index + 1, ...
SEEDLING_HD Vec drop(Vec x, const AttentionCall& call, uint32_t index) {
  float values[kLanes];
  store_vec(values, x);
  const uint32_t threshold = kernels::dropout_threshold(call.dropout);
  const float keep_scale = 1.0f / (1.0f - call.dropout);
  const uint64_t key = call.dropout_key;
#pragma omp simd
  for (uint32_t l = 0; l < static_cast<uint32_t>(kLanes); ++l) {
    values[l] *= kernels::dropout_factor(key, index + l, threshold, keep_scale);
  }
  return load_vec(values);
}

/// Where everything of one task is. All packed operands start at a cache line.
struct Bf16AttentionTask {
  Bf16AttentionTask(const AttentionCall& call, int64_t b, int64_t k, float* scratch)
      : T_(call.T),
        HS(call.HS),
        KB(block_count(call.T)),
        HB(block_count(call.HS)),
        width((call.NH + 2 * call.NK) * call.HS),
        group(call.NH / call.NK),
        length(call.lengths == nullptr ? call.T : std::min<int64_t>(std::max(call.lengths[b], 0), call.T)) {
    const Bf16* rows = static_cast<const Bf16*>(call.qkv) + b * T_ * width;
    query = rows + k * group * HS;
    key = rows + (call.NH + k) * HS;
    value = rows + (call.NH + call.NK + k) * HS;
    scratch = reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(scratch) + 63) / 64 * 64);
    const auto floats = [&scratch](int64_t blocks) {
      float* taken = scratch;
      scratch += blocks * kStepElements;
      return taken;
    };
    const auto packed = [&](int64_t blocks) { return reinterpret_cast<Bf16*>(floats((blocks + 1) / 2)); };
    scores = floats(KB), dkeys = floats(KB * HB), dvalues = floats(KB * HB), sums = floats(1),
    dscores = floats(1);
    keys_transposed = packed(KB * HB), values_transposed = packed(KB * HB);
    keys = packed(KB * HB), values = packed(KB * HB), strip = packed(KB), rounded = packed(1);
    left = packed(HB), left_dout = packed(HB);
    queries_transposed = packed(kGroup * HB), douts_transposed = packed(kGroup * HB);
    paired = packed(KB * kGroup), paired_d = packed(KB * kGroup);
  }

  int64_t seen(const AttentionCall& call, int64_t i) const {
    return call.causal ? std::min(i + 1, length) : length;
  }

  int64_t T_, HS, KB, HB, width, group, length;
  const Bf16 *query, *key, *value;
  float *scores, *dkeys, *dvalues, *sums, *dscores;
  Bf16 *keys_transposed, *values_transposed, *keys, *values, *strip, *rounded, *left, *left_dout,
      *queries_transposed, *douts_transposed, *paired, *paired_d;
};

/// 32 rows of heads as a left operand: where they lie, or packed into `memory`.
LeftBlock left_rows(Bf16* memory, const Bf16* rows, int64_t stride, int64_t count, int64_t HS) {
  if (HS % kBlock == 0 && count == kBlock) return {rows, stride, kBlock};
  pack_left<Bf16>(memory, rows, stride, count, HS);
  return memory;
}

int64_t bf16_attention_scratch(int64_t T, int64_t HS) {
  const int64_t KB = block_count(T), HB = block_count(HS);
  const int64_t blocks_f32 = KB + 2 * KB * HB + 2,
                packed = 4 * KB * HB + KB + 1 + 2 * HB + 2 * kGroup * (HB + KB);
  return (blocks_f32 + packed / 2 + 16) * kStepElements + 64;
}

/// Rows [0, m) of a strip become exp(scale (s - top)) in bf16, the left operand of P V; factors = 1 / their
/// sums.
void softmax_strip(const AttentionCall& call, const Bf16AttentionTask& task, int64_t b, int64_t h, int64_t i0,
                   int64_t m, int64_t blocks, float* factors, float* lse) {
  const float to_two = call.scale * 1.44269504089f;
  float tops[kBlock] = {}, totals[kBlock];
  for (float& total : totals) total = 1.0f;
  for (int64_t r = 0; r < m; ++r) {
    const int64_t seen = task.seen(call, i0 + r), whole = seen / kBlock * kBlock;
    const float* row = task.scores + r * kBlock;
    Vec top = Vec{} - INFINITY;
    for (int64_t j = 0; j < blocks; ++j) {
      for (int64_t c = 0; c < kBlock; c += kLanes) {
        Vec s = load_vec(row + j * kStepElements + c);
        if (j * kBlock >= whole) s = keep_seen(s, j * kBlock + c, seen, -INFINITY);
        top = s > top ? s : top;
      }
    }
    const float highest = max_lanes(top), offset = highest * to_two;
    Vec sum = Vec{};
    for (int64_t j = 0; j < blocks; ++j) {
      BlockRow p;
      for (int64_t i = 0, c = j * kBlock; i < kBlock / kLanes; ++i, c += kLanes) {
        Vec& part = p.part[i];
        part = power_of_two(load_vec(row + j * kStepElements + i * kLanes) * to_two - offset);
        if (j * kBlock >= whole) part = keep_seen(part, c, seen, 0.0f);
        sum += part;
        if (call.dropout > 0.0f) {
          part = drop(part, call, kernels::attention_dropout_index(b, h, i0 + r, c, call.NH, task.T_));
        }
      }
      put_row(task.strip + j * kStepElements + r * kBlock, p);
    }
    tops[r] = highest, totals[r] = sum_lanes(sum);
  }
  // The logarithms of all rows together: one after the other, each would wait for itself.
  float lses[kBlock];
#pragma omp simd
  for (int64_t r = 0; r < kBlock; ++r) {
    factors[r] = 1.0f / totals[r];
    lses[r] = tops[r] * call.scale + kernels::logarithm(totals[r]);
  }
  std::memcpy(lse, lses, static_cast<size_t>(m) * sizeof(float));
}

/// y = sums * factor, up to 32 columns.
SEEDLING_HD void put_scaled(Bf16* y, const float* sums, float factor, int64_t columns) {
  if (columns < kBlock) {
    for (int64_t c = 0; c < columns; ++c) put(y + c, sums[c] * factor);
    return;
  }
  BlockRow row = load_row(sums);
  for (Vec& part : row.part) part *= factor;
  put_row(y, row);
}

void attention_forward_bf16(const AttentionCall& call, int64_t b, int64_t k, float* scratch) {
  const Bf16AttentionTask task(call, b, k, scratch);
  const int64_t T_ = task.T_, HS = task.HS, KB = block_count(task.length);
  pack_right_transposed<Bf16>(task.keys_transposed, task.key, task.width, HS, task.length, 0, KB);
  pack_right<Bf16>(task.values, task.value, task.width, task.length, HS, 0, KB);
  for (int64_t g = 0; g < task.group; ++g) {
    const int64_t h = k * task.group + g;
    const float head_scale = call.head_scale == nullptr ? 1.0f : call.head_scale[h];
    for (int64_t i0 = 0; i0 < T_; i0 += kBlock) {
      const int64_t m = std::min(kBlock, T_ - i0), blocks = block_count(task.seen(call, i0 + m - 1));
      float* lse = call.lse + (b * call.NH + h) * T_ + i0;
      float factors[kBlock] = {};
      if (blocks == 0) {
        for (int64_t r = 0; r < m; ++r) lse[r] = 0.0f;
      } else {
        const LeftBlock left = left_rows(task.left, task.query + i0 * task.width + g * HS, task.width, m, HS);
        for (int64_t j = 0; j < blocks; ++j) {
          call.product(task.scores + j * kStepElements, left,
                       task.keys_transposed + j * task.HB * kStepElements, task.HB);
        }
        softmax_strip(call, task, b, h, i0, m, blocks, factors, lse);
      }
      for (int64_t d = 0; d < task.HB; ++d) {
        call.product(task.sums, task.strip, task.values + d * KB * kStepElements, blocks);
        const int64_t columns = std::min(kBlock, HS - d * kBlock);
        for (int64_t r = 0; r < m; ++r) {
          Bf16* out = static_cast<Bf16*>(call.out) + ((b * T_ + i0 + r) * call.NH + h) * HS + d * kBlock;
          put_scaled(out, task.sums + r * kBlock, factors[r] * head_scale, columns);
        }
      }
    }
  }
}

/// One block of scores (in sums) and of dP (in dscores): P goes to `paired`, dS to the strip and `paired_d`.
void attention_backward_block(const AttentionCall& call, const Bf16AttentionTask& task, int64_t b, int64_t h,
                              int64_t i0, int64_t m, int64_t j, int64_t at, float head_scale,
                              const float* dots) {
  const float to_two = call.scale * 1.44269504089f;
  const float* lse = call.lse + (b * call.NH + h) * task.T_ + i0;
  Bf16* strip = task.strip + j * kStepElements;
  for (int64_t r = 0; r < kBlock; ++r) {
    const int64_t seen = r < m ? task.seen(call, i0 + r) - j * kBlock : 0;
    const float offset = r < m ? lse[r] * 1.44269504089f : 0.0f, dot = dots[r];
    BlockRow kept, ds;
    for (int64_t i = 0, c = 0; i < kBlock / kLanes; ++i, c += kLanes) {
      Vec p = power_of_two(load_vec(task.sums + r * kBlock + c) * to_two - offset);
      Vec dp = load_vec(task.dscores + r * kBlock + c) * head_scale;
      if (seen < kBlock) p = keep_seen(p, c, seen, 0.0f);
      kept.part[i] = p;
      if (call.dropout > 0.0f) {
        const uint32_t index =
            kernels::attention_dropout_index(b, h, i0 + r, j * kBlock + c, call.NH, task.T_);
        kept.part[i] = drop(p, call, index);
        dp = drop(dp, call, index);
      }
      ds.part[i] = p * (dp - dot) * call.scale;
    }
    put_row(task.rounded + r * kBlock, kept);
    put_row(strip + r * kBlock, ds);
  }
  pair_rows(task.paired + at * kStepElements, task.rounded, kBlock, kBlock, kBlock);
  pair_rows(task.paired_d + at * kStepElements, strip, kBlock, kBlock, kBlock);
}

void attention_backward_bf16(const AttentionCall& call, int64_t b, int64_t k, float* scratch) {
  const Bf16AttentionTask task(call, b, k, scratch);
  const int64_t T_ = task.T_, HS = task.HS, HB = task.HB, KB = block_count(task.length),
                out_width = call.NH * HS;
  pack_right_transposed<Bf16>(task.keys_transposed, task.key, task.width, HS, task.length, 0, KB);
  pack_right_transposed<Bf16>(task.values_transposed, task.value, task.width, HS, task.length, 0, KB);
  pack_right<Bf16>(task.keys, task.key, task.width, task.length, HS, 0, KB);
  std::memset(task.dkeys, 0, static_cast<size_t>(task.KB * HB * kStepElements) * sizeof(float));
  std::memset(task.dvalues, 0, static_cast<size_t>(task.KB * HB * kStepElements) * sizeof(float));
  Bf16* drows = static_cast<Bf16*>(call.dqkv) + b * T_ * task.width;
  for (int64_t h = k * task.group; h < (k + 1) * task.group; ++h) {
    const float head_scale = call.head_scale == nullptr ? 1.0f : call.head_scale[h];
    const Bf16* queries = task.query + (h - k * task.group) * HS;
    for (int64_t group = 0; group < T_; group += kGroup * kBlock) {
      const int64_t rows = std::min(kGroup * kBlock, T_ - group), group_blocks = block_count(rows);
      const Bf16* douts = static_cast<const Bf16*>(call.dout) + (b * T_ + group) * out_width + h * HS;
      const Bf16* outs = static_cast<const Bf16*>(call.out) + (b * T_ + group) * out_width + h * HS;
      pack_left_transposed<Bf16>(task.queries_transposed, queries + group * task.width, task.width, rows, HS,
                                 0, group_blocks);
      pack_left_transposed<Bf16>(task.douts_transposed, douts, out_width, rows, HS, 0, group_blocks);
      for (int64_t i = 0; i < group_blocks; ++i) {
        const int64_t i0 = group + i * kBlock, m = std::min(kBlock, T_ - i0);
        const int64_t blocks = block_count(task.seen(call, i0 + m - 1));
        const LeftBlock left = left_rows(task.left, queries + i0 * task.width, task.width, m, HS);
        const LeftBlock left_dout =
            left_rows(task.left_dout, douts + i * kBlock * out_width, out_width, m, HS);
        float dots[kBlock] = {};
        for (int64_t r = 0; r < m; ++r) {
          const Bf16 *dout = douts + (i * kBlock + r) * out_width, *out = outs + (i * kBlock + r) * out_width;
          dots[r] = sum_of(
              HS, [=](int64_t d) __attribute__((always_inline)) { return get(dout + d) * get(out + d); });
        }
        for (int64_t j = 0; j < blocks; ++j) {
          call.product(task.sums, left, task.keys_transposed + j * HB * kStepElements, HB);
          call.product(task.dscores, left_dout, task.values_transposed + j * HB * kStepElements, HB);
          attention_backward_block(call, task, b, h, i0, m, j, j * kGroup + i, head_scale, dots);
        }
        for (int64_t d = 0; d < HB; ++d) {
          call.product(task.sums, task.strip, task.keys + d * KB * kStepElements, blocks);
          for (int64_t r = 0; r < m; ++r) {
            put_scaled(drows + (i0 + r) * task.width + h * HS + d * kBlock, task.sums + r * kBlock, 1.0f,
                       std::min(kBlock, HS - d * kBlock));
          }
        }
      }
      // Keys of block j are seen by this group's query blocks from `first` on.
      const int64_t group_seen = block_count(task.seen(call, group + rows - 1));
      for (int64_t j = 0; j < group_seen; ++j) {
        const int64_t first = call.causal ? std::max<int64_t>(0, j - group / kBlock) : 0;
        const int64_t from = (j * kGroup + first) * kStepElements;
        for (int64_t d = 0; d < HB; ++d) {
          const int64_t left = (d * group_blocks + first) * kStepElements, to = (j * HB + d) * kStepElements;
          call.product(task.sums, task.douts_transposed + left, task.paired + from, group_blocks - first);
          add_block(task.dvalues + to, kBlock, task.sums, kBlock, kBlock, head_scale);
          call.product(task.sums, task.queries_transposed + left, task.paired_d + from, group_blocks - first);
          add_block(task.dkeys + to, kBlock, task.sums, kBlock, kBlock, 1.0f);
        }
      }
    }
  }
  // Blocks of dK^T and dV^T, [32 channels][32 keys].
  for (int64_t j = 0; j < task.KB; ++j) {
    Bf16* dkey = drows + j * kBlock * task.width + (call.NH + k) * HS;
    for (int64_t d = 0; d < HB; ++d) {
      const int64_t columns = std::min(kBlock, HS - d * kBlock), rows = std::min(kBlock, T_ - j * kBlock);
      for (const bool of_values : {false, true}) {
        transpose_block(task.sums, (of_values ? task.dvalues : task.dkeys) + (j * HB + d) * kStepElements);
        Bf16* to = dkey + d * kBlock + (of_values ? call.NK * HS : 0);
        for (int64_t r = 0; r < rows; ++r)
          put_scaled(to + r * task.width, task.sums + r * kBlock, 1.0f, columns);
      }
    }
  }
}
