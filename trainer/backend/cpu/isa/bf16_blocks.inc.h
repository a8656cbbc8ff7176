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

/// tile = sums, rounded.
void round_block(Bf16* tile, const float* sums) {
  for (int64_t i = 0; i < kStepElements; i += kLanes) put_vec(tile + i, load_vec(sums + i));
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
