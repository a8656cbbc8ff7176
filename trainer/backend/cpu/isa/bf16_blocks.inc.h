// What follows the product of two blocks, while its 32 x 32 sums are in L1. Included by table.inc.h alone.

/// A row of a block, in registers.
struct BlockRow {
  Vec part[kBlock / kLanes];
};

SEEDLING_HD BlockRow load_row(const float* p) {
  BlockRow row;
  for (int64_t i = 0; i < kBlock / kLanes; ++i) row.part[i] = load_vec(p + i * kLanes);
  return row;
}
SEEDLING_HD void add_row(BlockRow& row, const float* p) {
  for (int64_t i = 0; i < kBlock / kLanes; ++i) row.part[i] += load_vec(p + i * kLanes);
}
SEEDLING_HD void add_row(BlockRow& row, const Bf16* p) {
  for (int64_t i = 0; i < kBlock / kLanes; ++i) row.part[i] += get_vec(p + i * kLanes);
}
SEEDLING_HD void put_row(Bf16* p, const BlockRow& row) {
  for (int64_t i = 0; i < kBlock / kLanes; i += 2) put_vecs(p + i * kLanes, row.part[i], row.part[i + 1]);
}

/// The same past the caches, p being the beginning of a cache line.
SEEDLING_HD void put_row_aside(Bf16* p, const BlockRow& row) {
#if defined(__AVX512BF16__)
  static_assert(kBlock == 2 * kLanes);
  const auto rounded = _mm512_cvtne2ps_pbh((__m512)row.part[1], (__m512)row.part[0]);
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)rounded);
#else
  put_row(p, row);
#endif
}

/// The epilogue of a linear layer on the last columns of a row, fewer than a block has.
template <typename Activate>
void finish_part_row(const BlockFinish& finish, int64_t at, const float* sum, int64_t columns,
                     Activate activate) {
  float values[kBlock] = {};
  for (int64_t c = 0; c < columns; ++c) {
    values[c] = sum[c] + (finish.bias == nullptr ? 0.0f : finish.bias[c]) +
                (finish.residual == nullptr ? 0.0f : get(finish.residual + at + c));
    if (finish.pre != nullptr) put(finish.pre + at + c, values[c]);
  }
  if constexpr (!std::is_same_v<Activate, std::nullptr_t>) {
    for (int64_t i = 0; i < kBlock; i += kLanes) store_vec(values + i, activate(load_vec(values + i)));
  }
  for (int64_t c = 0; c < columns; ++c) put(finish.y + at + c, values[c]);
}

template <typename Activate>
SEEDLING_HD void finish_rows(const BlockFinish& finish, const float* sums, int64_t rows, int64_t columns,
                             Activate activate) {
  const BlockFinish to = finish;
  for (int64_t r = 0, at = 0; r < rows; ++r, at += to.stride, sums += kBlock) {
    if (columns < kBlock) {
      finish_part_row(to, at, sums, columns, activate);
      continue;
    }
    BlockRow row = load_row(sums);
    if (to.bias != nullptr) add_row(row, to.bias);
    if (to.residual != nullptr) add_row(row, to.residual + at);
    if (to.pre_aside) {
      put_row_aside(to.pre + at, row);
    } else if (to.pre != nullptr) {
      put_row(to.pre + at, row);
    }
    if constexpr (!std::is_same_v<Activate, std::nullptr_t>)
      for (Vec& part : row.part) part = activate(part);
    put_row(to.y + at, row);
  }
}

/// The same backward: sums times the slope of the activation.
template <Activation kActivation>
void finish_slopes(const BlockFinish& finish, const float* sums, int64_t rows, int64_t columns) {
  for (int64_t r = 0, at = 0; r < rows; ++r, at += finish.stride, sums += kBlock) {
    const Bf16* pre = finish.slope_at + at;
    Bf16 part[kBlock] = {};
    if (columns < kBlock) std::memcpy(part, pre, static_cast<size_t>(columns) * sizeof(Bf16));
    const Bf16* from = columns < kBlock ? part : pre;
    BlockRow row = load_row(sums);
    for (int64_t i = 0; i < kBlock / kLanes; ++i)
      row.part[i] *= activated<Bf16, kActivation>(get_vec(from + i * kLanes)).slope;
    if (columns < kBlock) {
      put_row(part, row);
      std::memcpy(finish.y + at, part, static_cast<size_t>(columns) * sizeof(Bf16));
    } else {
      put_row(finish.y + at, row);
    }
  }
}

/// The epilogue of a linear layer on a block of sums, while they are in L1.
void finish_block(const BlockFinish& finish, const float* sums, int64_t rows, int64_t columns) {
  if (finish.activation == kNoActivation) {
    finish_rows(finish, sums, rows, columns, nullptr);
    return;
  }
  with_activation(static_cast<Activation>(finish.activation), [&](auto kind) {
    constexpr Activation kActivation = decltype(kind)::value;
    if (finish.slope_at != nullptr) return finish_slopes<kActivation>(finish, sums, rows, columns);
    finish_rows(
        finish, sums, rows, columns,
        [](Vec x) __attribute__((always_inline)) { return activated<Bf16, kActivation>(x).value; });
  });
}

/// c += alpha sums, on floats (gradients of weights).
void add_block(float* c, int64_t stride, const float* sums, int64_t rows, int64_t columns, float alpha) {
  for (int64_t r = 0; r < rows; ++r, c += stride, sums += kBlock) {
    if (columns == kBlock) {
      for (int64_t i = 0; i < kBlock; i += kLanes)
        store_vec(c + i, load_vec(c + i) + alpha * load_vec(sums + i));
    } else {
      for (int64_t i = 0; i < columns; ++i) c[i] += alpha * sums[i];
    }
  }
}

/// out = alpha sums + beta tile, all 32 x 32; out may be sums (Muon).
void blend_block(float* out, const float* sums, float alpha, const Bf16* tile, float beta) {
  for (int64_t i = 0; i < kStepElements; i += kLanes)
    store_vec(out + i, alpha * load_vec(sums + i) + beta * get_vec(tile + i));
}

/// alpha sums + beta tile (null: without), rounded, in each form that is wanted. The tile may be to.left.
void shape_block(const BlockForms& to, const float* sums, float alpha, const Bf16* tile, float beta) {
  for (int64_t at = 0; at < kStepElements; at += kBlock) {
    BlockRow row = load_row(sums + at);
    for (int64_t i = 0; i < kBlock / kLanes; ++i) {
      row.part[i] *= alpha;
      if (tile != nullptr) row.part[i] += beta * get_vec(tile + at + i * kLanes);
    }
    put_row(to.left + at, row);
  }
  alignas(64) Bf16 own[kStepElements];
  Bf16* pairs = to.right == nullptr ? own : to.right;
  if (to.right != nullptr || to.left_transposed != nullptr) pair_rows(pairs, to.left, kBlock, kBlock, kBlock);
  const auto transpose_halves = [](Bf16* form, const Bf16* from) {
    uint32_t* at = reinterpret_cast<uint32_t*>(form);
    transpose_pairs(at, 16, reinterpret_cast<const uint32_t*>(from), 16);
    transpose_pairs(at + 256, 16, reinterpret_cast<const uint32_t*>(from) + 256, 16);
  };
  if (to.right_transposed != nullptr) transpose_halves(to.right_transposed, to.left);
  if (to.left_transposed != nullptr) transpose_halves(to.left_transposed, pairs);
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
