// What follows the product of two blocks, while its 32 x 32 sums are in L1. Included by table.inc.h alone.

/// The epilogue of a linear layer on a block of sums, while they are in L1.
void finish_block(const BlockFinish& finish, const float* sums, int64_t rows, int64_t columns) {
  const auto each = [&](auto activate) __attribute__((always_inline)) {
    for (int64_t r = 0; r < rows; ++r) {
      const float *sum = sums + r * kBlock, *bias = finish.bias;
      Bf16* y = finish.y + r * finish.stride;
      Bf16* pre = finish.pre == nullptr ? nullptr : finish.pre + r * finish.stride;
      const Bf16* residual = finish.residual == nullptr ? nullptr : finish.residual + r * finish.stride;
      float values[kBlock];
      if (columns == kBlock) {
        for (int64_t c = 0; c < kBlock; c += kLanes) {
          Vec value = load_vec(sum + c);
          if (bias != nullptr) value += load_vec(bias + c);
          if (residual != nullptr) value += get_vec(residual + c);
          if (pre != nullptr) put_vec(pre + c, value);
          store_vec(values + c, value);
        }
        activate(values);
        for (int64_t c = 0; c < kBlock; c += kLanes) put_vec(y + c, load_vec(values + c));
        continue;
      }
      for (int64_t c = 0; c < columns; ++c) {
        values[c] =
            sum[c] + (bias == nullptr ? 0.0f : bias[c]) + (residual == nullptr ? 0.0f : get(residual + c));
        if (pre != nullptr) put(pre + c, values[c]);
      }
      for (int64_t c = columns; c < kBlock; ++c) values[c] = 0.0f;
      activate(values);
      for (int64_t c = 0; c < columns; ++c) put(y + c, values[c]);
    }
  };
  const auto nothing = [](float*) __attribute__((always_inline)){};
  if (finish.activation == kNoActivation) return each(nothing);
  with_activation(static_cast<Activation>(finish.activation), [&](auto kind) {
    constexpr Activation kActivation = decltype(kind)::value;
    each([](float* values) __attribute__((always_inline)) {
#pragma omp simd
      for (int64_t c = 0; c < kBlock; ++c) values[c] = kernels::activate<kActivation>(values[c]);
    });
  });
}

/// c += alpha sums, on floats (gradients of weights).
void add_block(float* c, int64_t stride, const float* sums, int64_t rows, int64_t columns, float alpha) {
  for (int64_t r = 0; r < rows; ++r) {
    float* to = c + r * stride;
    const float* sum = sums + r * kBlock;
    if (columns == kBlock) {
      for (int64_t i = 0; i < kBlock; ++i) to[i] += alpha * sum[i];
    } else {
      for (int64_t i = 0; i < columns; ++i) to[i] += alpha * sum[i];
    }
  }
}

/// out = alpha sums + beta tile, all 32 x 32; out may be sums (Muon).
void blend_block(float* out, const float* sums, float alpha, const Bf16* tile, float beta) {
  for (int64_t i = 0; i < kStepElements; i += kLanes)
    store_vec(out + i, alpha * load_vec(sums + i) + beta * get_vec(tile + i));
}

/// Rounds kLanes columns of two rows: lane l holds row a's element below row b's.
SEEDLING_HD Pairs round_pairs(Vec a, Vec b) {
#if defined(__AVX512BF16__)
  typedef uint16_t Halves __attribute__((vector_size(kLanes * sizeof(uint16_t))));
  const Halves low = (Halves)_mm512_cvtneps_pbh((__m512)a), high = (Halves)_mm512_cvtneps_pbh((__m512)b);
  return __builtin_convertvector(low, Pairs) | __builtin_convertvector(high, Pairs) << 16;
#else
  Pairs pairs;
  for (int64_t l = 0; l < kLanes; ++l)
    pairs[l] = static_cast<uint32_t>(bf16_of_float(a[l])) | static_cast<uint32_t>(bf16_of_float(b[l])) << 16;
  return pairs;
#endif
}

/// alpha sums + beta tile (null: without), rounded, in each form that is wanted. The tile may be to.left.
void shape_block(const BlockForms& to, const float* sums, float alpha, const Bf16* tile, float beta) {
  alignas(64) uint32_t own[kStepElements / 2];
  uint32_t* pairs = to.right == nullptr ? own : reinterpret_cast<uint32_t*>(to.right);
  for (int64_t row = 0; row < kBlock; row += 2) {
    for (int64_t c = 0; c < kBlock; c += kLanes) {
      const int64_t at = row * kBlock + c;
      Vec a = alpha * load_vec(sums + at), b = alpha * load_vec(sums + at + kBlock);
      if (tile != nullptr) a += beta * get_vec(tile + at), b += beta * get_vec(tile + at + kBlock);
      put_vec(to.left + at, a);
      put_vec(to.left + at + kBlock, b);
      *reinterpret_cast<Pairs*>(pairs + c / 16 * 256 + row / 2 * 16 + c % 16) = round_pairs(a, b);
    }
  }
  const auto transpose_halves = [](Bf16* form, const uint32_t* from, int64_t stride, int64_t half)
                                    __attribute__((always_inline)) {
    uint32_t* at = reinterpret_cast<uint32_t*>(form);
    transpose_pairs(at, 16, from, stride);
    transpose_pairs(at + 256, 16, from + half, stride);
  };
  if (to.right_transposed != nullptr)
    transpose_halves(to.right_transposed, reinterpret_cast<const uint32_t*>(to.left), 16, 256);
  if (to.left_transposed != nullptr) transpose_halves(to.left_transposed, pairs, 16, 256);
}

/// to = transpose of from, both 32 x 32.
void transpose_block(float* to, const float* from) {
  for (int64_t r = 0; r < kBlock; r += kLanes) {
    for (int64_t c = 0; c < kBlock; c += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) square[l] = load_vec(from + (r + l) * kBlock + c);
      exchange_rows<1>(square);
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) store_vec(to + (c + l) * kBlock + r, square[l]);
    }
  }
}
