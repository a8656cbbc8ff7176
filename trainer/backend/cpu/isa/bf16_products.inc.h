// Packing bf16 operands and their products. Layout: bf16_layout.h; what follows a block of sums:
// bf16_blocks.inc.h. Included by table.inc.h alone.

/// sums (32, 32) = left right, in floats: each pair of bf16 is two multiplications.
#if defined(__AVX512BF16__)
/// One VDPBF16PS: sum += the products of both elements of each pair. Denormals count as zero.
SEEDLING_HD void add_pair_products(Vec& sum, uint32_t left, const Bf16* right) {
  const __m512i a = _mm512_set1_epi32(static_cast<int>(left));
  const __m512i b = _mm512_loadu_si512(right);
  sum = (Vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
#else
SEEDLING_HD void add_pair_products(Vec& sum, uint32_t left, const Bf16* right) {
  const Pairs pairs = *reinterpret_cast<const Pairs*>(right);
  Pairs low = pairs << 16, high = pairs & 0xFFFF0000u;
  sum += kernels::float_of_bits(left << 16) * reinterpret_cast<Vec&>(low);
  sum += kernels::float_of_bits(left & 0xFFFF0000u) * reinterpret_cast<Vec&>(high);
}
#endif

/// M rows by N vectors of the 32 x 32 sums. Both halves of 16 columns at once where they fit in registers:
/// each pair of the left that is broadcast then serves two products, and loads are no longer what it waits
/// for.
template <int M, int N, bool add>
SEEDLING_HD void block_tile(float* sums, const LeftBlock& left, const Bf16* right, int64_t steps) {
  constexpr int kInHalf = static_cast<int>(16 / kLanes);
  const int64_t row = left.row;
  Vec tile[M][N];
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) tile[i][j] = add ? load_vec(sums + i * kBlock + j * kLanes) : Vec{};
  }
  for (int64_t step = 0; step < steps; ++step) {
    const Bf16 *a = left.at + step * left.step, *b = right + step * kStepElements;
    for (int64_t pair = 0; pair < kBlock / 2; ++pair) {
#pragma GCC unroll 16
      for (int i = 0; i < M; ++i) {
        uint32_t factor;
        std::memcpy(&factor, a + i * row + 2 * pair, sizeof factor);
#pragma GCC unroll 4
        for (int j = 0; j < N; ++j) {
          const int64_t half = j / kInHalf, in_half = j % kInHalf;
          add_pair_products(tile[i][j], factor,
                            b + half * kStepElements / 2 + pair * kBlock + in_half * 2 * kLanes);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) store_vec(sums + i * kBlock + j * kLanes, tile[i][j]);
  }
}

/// One row of sums, reading the panel in the order of memory: with few rows that is what it waits for. The
/// compiler is kept from moving the loads about: out of order, the processor fetches ahead a third less.
/// Sums are added in block_tile's order, so that a row comes out the same alone and among others.
template <bool add>
SEEDLING_HD void row_tile(float* sums, const LeftBlock& left, const Bf16* right, int64_t steps) {
  constexpr int kVectors = static_cast<int>(kBlock / kLanes), kInHalf = kVectors / 2;
  Vec row[kVectors];
  for (int j = 0; j < kVectors; ++j) row[j] = add ? load_vec(sums + j * kLanes) : Vec{};
  for (int64_t step = 0; step < steps; ++step) {
    const Bf16 *a = left.at + step * left.step, *b = right + step * kStepElements;
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
#pragma GCC unroll 16
      for (int pair = 0; pair < kBlock / 2; ++pair, b += kBlock) {
        uint32_t factor;
        std::memcpy(&factor, a + 2 * pair, sizeof factor);
#pragma GCC unroll 4
        for (int j = 0; j < kInHalf; ++j)
          add_pair_products(row[half * kInHalf + j], factor, b + j * 2 * kLanes);
        asm volatile("" ::: "memory");
      }
    }
  }
  for (int j = 0; j < kVectors; ++j) store_vec(sums + j * kLanes, row[j]);
}

template <bool add>
void block_product(float* sums, const LeftBlock& left, const Bf16* right, int64_t steps) {
  // All 32 columns are two vectors of AVX-512; a half of them is two vectors of AVX2, four of the baseline.
  constexpr int64_t kColumns = kLanes == 16 ? 32 : 16;
  constexpr int kVectors = static_cast<int>(kColumns / kLanes);
  constexpr int kRows = kLanes == 16 ? 8 : kLanes == 8 ? 4 : 2;
  int64_t i = 0;
  for (; i < left.wanted && 2 * (left.wanted - i) > kRows; i += kRows) {
    const LeftBlock rows(left.at + i * left.row, left.row, left.step);
    for (int64_t column = 0; column < kBlock; column += kColumns) {
      block_tile<kRows, kVectors, add>(sums + i * kBlock + column, rows,
                                       right + column / 16 * kStepElements / 2, steps);
    }
  }
  for (; i < left.wanted; ++i)
    row_tile<add>(sums + i * kBlock, {left.at + i * left.row, left.row, left.step}, right, steps);
}

/// Transposes a 16 x 16 square of 32-bit elements; a row of `from` is `from_stride` elements from the next.
SEEDLING_HD void transpose_pairs(uint32_t* to, int64_t to_stride, const uint32_t* from, int64_t from_stride) {
  for (int64_t r = 0; r < 16; r += kLanes) {
    for (int64_t c = 0; c < 16; c += kLanes) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) {
        square[l] = load_vec(reinterpret_cast<const float*>(from + (r + l) * from_stride + c));
      }
      exchange_rows<1>(square);
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) {
        store_vec(reinterpret_cast<float*>(to + (c + l) * to_stride + r), square[l]);
      }
    }
  }
}

template <typename T>
SEEDLING_HD uint32_t bits_of(const T* p) {
  if constexpr (std::is_same_v<T, Bf16>) {
    return *p;
  } else {
    return bf16_of_float(*p);
  }
}

/// 32 elements as bf16; those from `count` on are zero.
template <typename T>
SEEDLING_HD void round_part(Bf16* to, const T* from, int64_t count) {
  for (int64_t i = 0; i < kBlock; ++i) to[i] = i < count ? static_cast<Bf16>(bits_of(from + i)) : 0;
}
SEEDLING_HD void round_whole(Bf16* to, const Bf16* from) { std::memcpy(to, from, kBlock * sizeof(Bf16)); }
SEEDLING_HD void round_whole(Bf16* to, const float* from) {
  for (int64_t i = 0; i < kBlock; i += 2 * kLanes)
    put_vecs(to + i, load_vec(from + i), load_vec(from + i + kLanes));
}

/// Columns of two rows, paired: [even 0, odd 0, even 1, odd 1 ...], the first or the second half of 2 kLanes.
template <bool second, int... lane>
SEEDLING_HD Words paired(Words even, Words odd, std::integer_sequence<int, lane...>) {
  constexpr int kCount = 2 * static_cast<int>(kLanes), kFirst = second ? static_cast<int>(kLanes) : 0;
  return __builtin_shufflevector(even, odd, (kFirst + lane / 2 + lane % 2 * kCount)...);
}

/// 32 rows by 32 columns of x, rows 2 p and 2 p + 1 paired, as one step of a right panel: [2 halves][16
/// pairs][16 columns]. What is past `rows` or `columns` is zero.
template <typename T>
SEEDLING_HD void pair_rows(Bf16* to, const T* x, int64_t stride, int64_t rows, int64_t columns) {
  constexpr int64_t kWords = 2 * kLanes;
  constexpr auto kAll = std::make_integer_sequence<int, static_cast<int>(kWords)>{};
  for (int64_t p = 0; p < kBlock / 2; ++p) {
    const T *even = x + 2 * p * stride, *odd = even + stride;
    Bf16* pairs = to + p * kBlock;
    alignas(64) Bf16 own[2 * kBlock];
    const Bf16 *low = own, *high = own + kBlock;
    if (2 * p + 1 < rows && columns == kBlock) {
      if constexpr (std::is_same_v<T, Bf16>) {
        low = even, high = odd;
      } else {
        round_whole(own, even);
        round_whole(own + kBlock, odd);
      }
    } else {
      round_part(own, even, 2 * p < rows ? columns : 0);
      round_part(own + kBlock, odd, 2 * p + 1 < rows ? columns : 0);
    }
    for (int64_t i = 0; i < kBlock; i += kWords) {
      const Words a = *reinterpret_cast<const Words*>(low + i), b = *reinterpret_cast<const Words*>(high + i);
      for (int64_t half = 0; half < 2; ++half) {
        const int64_t column = i + half * kLanes;
        const Words pair = half == 0 ? paired<false>(a, b, kAll) : paired<true>(a, b, kAll);
        *reinterpret_cast<Words*>(pairs + column / 16 * kStepElements / 2 + column % 16 * 2) = pair;
      }
    }
  }
}

/// Right panels of b (K, N) itself, K down the rows of x: steps [first, last) of every panel.
template <typename T>
void pack_right(Bf16* panels, const void* x_, int64_t stride, int64_t K, int64_t N, int64_t first,
                int64_t last) {
  const T* x = static_cast<const T*>(x_);
  const int64_t steps = block_count(K);
  for (int64_t step = first; step < last; ++step) {
    for (int64_t panel = 0; panel < block_count(N); ++panel) {
      const int64_t k = step * kBlock, n = panel * kBlock;
      pair_rows(panels + (panel * steps + step) * kStepElements, x + k * stride + n, stride,
                std::min(kBlock, K - k), std::min(kBlock, N - n));
    }
  }
}

/// Left blocks of the transpose of x (K, M): steps [first, last) of every block.
template <typename T>
void pack_left_transposed(Bf16* blocks, const void* x_, int64_t stride, int64_t K, int64_t M, int64_t first,
                          int64_t last) {
  const T* x = static_cast<const T*>(x_);
  const int64_t steps = block_count(K);
  for (int64_t step = first; step < last; ++step) {
    for (int64_t block = 0; block < block_count(M); ++block) {
      const int64_t k = step * kBlock, m = block * kBlock;
      alignas(64) Bf16 paired_rows[kStepElements];
      pair_rows(paired_rows, x + k * stride + m, stride, std::min(kBlock, K - k), std::min(kBlock, M - m));
      const uint32_t* pairs = reinterpret_cast<const uint32_t*>(paired_rows);
      uint32_t* to = reinterpret_cast<uint32_t*>(blocks + (block * steps + step) * kStepElements);
      transpose_pairs(to, 16, pairs, 16);
      transpose_pairs(to + 256, 16, pairs + 256, 16);
    }
  }
}

/// One left block: `rows` rows of x (M, K), K along the rows.
template <typename T>
void pack_left(Bf16* block, const void* x_, int64_t stride, int64_t rows, int64_t K) {
  const T* x = static_cast<const T*>(x_);
  for (int64_t step = 0; step < block_count(K); ++step) {
    const int64_t k = step * kBlock, n = std::min(kBlock, K - k);
    Bf16* to = block + step * kStepElements;
    for (int64_t r = 0; r < rows; ++r, to += kBlock) {
      if (n == kBlock) {
        round_whole(to, x + r * stride + k);
      } else {
        round_part(to, x + r * stride + k, n);
      }
    }
    std::memset(to, 0, static_cast<size_t>((kBlock - rows) * kBlock) * sizeof(Bf16));
  }
}

/// Right panels of the transpose of w (N, K): panels [first, last), for y = x w^T.
template <typename T>
void pack_right_transposed(Bf16* panels, const void* w_, int64_t stride, int64_t K, int64_t N, int64_t first,
                           int64_t last) {
  const T* w = static_cast<const T*>(w_);
  const int64_t steps = block_count(K);
  alignas(64) Bf16 rows[kStepElements];
  for (int64_t panel = first; panel < last; ++panel) {
    const int64_t n = panel * kBlock, count = std::min(kBlock, N - n);
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t k = step * kBlock;
      pack_left<T>(rows, w + n * stride + k, stride, count, std::min(kBlock, K - k));
      uint32_t* to = reinterpret_cast<uint32_t*>(panels + (panel * steps + step) * kStepElements);
      transpose_pairs(to, 16, reinterpret_cast<const uint32_t*>(rows), 16);
      transpose_pairs(to + 256, 16, reinterpret_cast<const uint32_t*>(rows) + 256, 16);
    }
  }
}
