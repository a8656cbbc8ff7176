// Small matrix products in registers, for attention, and the transposition they need. Included by table.inc.h
// alone.
//
// A tile of M x (N kLanes) sums stays in registers while k runs; b's rows are read as vectors, a's elements
// are broadcast, so a may be transposed by its strides at no cost.

/// c (M, N kLanes) = or += a b over k.
template <int M, int N>
SEEDLING_HD void product_tile(float* c, int64_t ldc, const float* a, int64_t row_stride, int64_t k_stride,
                              const float* b, int64_t ldb, int64_t k, bool accumulate) {
  Vec sums[M][N];
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) sums[i][j] = Vec{};
  }
  for (int64_t p = 0; p < k; ++p) {
    Vec row[N];
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) row[j] = load_vec(b + p * ldb + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
      const float factor = a[i * row_stride + p * k_stride];
#pragma GCC unroll 4
      for (int j = 0; j < N; ++j) sums[i][j] += factor * row[j];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < N; ++j) {
      float* to = c + i * ldc + j * kLanes;
      store_vec(to, accumulate ? load_vec(to) + sums[i][j] : sums[i][j]);
    }
  }
}

template <int N>
SEEDLING_HD void product_columns(float* c, int64_t ldc, int64_t m, const float* a, int64_t row_stride,
                                 int64_t k_stride, const float* b, int64_t ldb, int64_t k, bool accumulate) {
  int64_t i = 0;
  for (; i + kTileRows <= m; i += kTileRows) {
    product_tile<kTileRows, N>(c + i * ldc, ldc, a + i * row_stride, row_stride, k_stride, b, ldb, k,
                               accumulate);
  }
  for (; i < m; ++i) {
    product_tile<1, N>(c + i * ldc, ldc, a + i * row_stride, row_stride, k_stride, b, ldb, k, accumulate);
  }
}

/// c (m, n) = or += a (m, k) b (k, n); n is a multiple of kLanes; a's element (i, p) is a[i row_stride + p
/// k_stride].
[[gnu::noinline]] void small_product(float* c, int64_t ldc, int64_t m, int64_t n, const float* a,
                                     int64_t row_stride, int64_t k_stride, const float* b, int64_t ldb,
                                     int64_t k, bool accumulate) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    product_columns<2>(c + j, ldc, m, a, row_stride, k_stride, b + j, ldb, k, accumulate);
  }
  if (j < n) product_columns<1>(c + j, ldc, m, a, row_stride, k_stride, b + j, ldb, k, accumulate);
}

/// R rows of y: dot products of rows of x and rows of w. Those of w are read one after the other, in the
/// order of memory: several at once are a fifth slower, since the processor fetches ahead less of each.
template <int R>
void dot_rows(float* y, int64_t ldy, const float* x, int64_t ldx, const float* w, int64_t ldw,
              int64_t columns, int64_t K, bool accumulate) {
  for (int64_t j = 0; j < columns; ++j, ++y, w += ldw) {
    Vec sums[R] = {};
    int64_t k = 0;
    for (; k + kLanes <= K; k += kLanes) {
      const Vec column = load_vec(w + k);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) sums[r] += load_vec(x + r * ldx + k) * column;
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      float sum = sum_lanes(sums[r]);
      for (int64_t rest = k; rest < K; ++rest) sum += x[r * ldx + rest] * w[rest];
      y[r * ldy] = accumulate ? y[r * ldy] + sum : sum;
    }
  }
}

/// y (rows, columns) = or += x w^T of a few rows, as in generation: bound by the reading of w, which a
/// library's product would first copy.
void few_rows_product(float* y, int64_t ldy, const float* x, int64_t ldx, const float* w, int64_t ldw,
                      int64_t rows, int64_t columns, int64_t K, bool accumulate) {
  for (; rows >= 4; rows -= 4, y += 4 * ldy, x += 4 * ldx)
    dot_rows<4>(y, ldy, x, ldx, w, ldw, columns, K, accumulate);
  if (rows == 3) dot_rows<3>(y, ldy, x, ldx, w, ldw, columns, K, accumulate);
  if (rows == 2) dot_rows<2>(y, ldy, x, ldx, w, ldw, columns, K, accumulate);
  if (rows == 1) dot_rows<1>(y, ldy, x, ldx, w, ldw, columns, K, accumulate);
}

/// Lane `lane` of the first (second when `upper`) result of exchanging blocks of `step` lanes between two
/// rows.
template <bool upper>
constexpr int exchange_lane(int lane, int step) {
  const bool odd = (lane & step) != 0;
  if (upper) return odd ? lane + static_cast<int>(kLanes) : lane + step;
  return odd ? lane - step + static_cast<int>(kLanes) : lane;
}

template <int step, int... lane>
SEEDLING_HD void exchange(Vec& a, Vec& b, std::integer_sequence<int, lane...>) {
  const Vec low = __builtin_shufflevector(a, b, exchange_lane<false>(lane, step)...);
  b = __builtin_shufflevector(a, b, exchange_lane<true>(lane, step)...);
  a = low;
}

template <int step>
SEEDLING_HD void exchange_rows(Vec (&rows)[kLanes]) {
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r) {
    if ((r & step) == 0) {
      exchange<step>(rows[r], rows[r + step], std::make_integer_sequence<int, static_cast<int>(kLanes)>{});
    }
  }
  if constexpr (2 * step < kLanes) exchange_rows<2 * step>(rows);
}

/// to (columns, rows) = transpose of from (rows, columns), in blocks of kLanes x kLanes; columns of `to` from
/// `rows` up to `padded` become zero.
template <typename T>
[[gnu::noinline]] void transpose(float* to, int64_t to_stride, const T* from, int64_t from_stride,
                                 int64_t rows, int64_t columns, int64_t padded) {
  int64_t r = 0;
  for (; r + kLanes <= rows; r += kLanes) {
    int64_t c = 0;
    for (; c + kLanes <= columns; c += kLanes) {
      Vec block[kLanes];
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) {
        float row[kLanes];
        for (int64_t i = 0; i < kLanes; ++i) row[i] = get(from + (r + l) * from_stride + c + i);
        block[l] = load_vec(row);
      }
      exchange_rows<1>(block);
#pragma GCC unroll 16
      for (int64_t l = 0; l < kLanes; ++l) store_vec(to + (c + l) * to_stride + r, block[l]);
    }
    for (; c < columns; ++c) {
      for (int64_t l = 0; l < kLanes; ++l) to[c * to_stride + r + l] = get(from + (r + l) * from_stride + c);
    }
  }
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t l = r; l < padded; ++l)
      to[c * to_stride + l] = l < rows ? get(from + l * from_stride + c) : 0.0f;
  }
}
