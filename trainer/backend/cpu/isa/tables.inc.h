// Rows of tables, and the companions of matrix products. Included by table.inc.h alone.

/// y = bias + residual, either of them absent (null): what a product is then added to.
template <typename T>
void start_rows(float* y_, const float* bias, const void* residual_, int64_t rows, int64_t columns,
                int64_t stride) {
  for (int64_t n = 0; n < rows; ++n) {
    float* y = y_ + n * stride;
    const T* residual = residual_ == nullptr ? nullptr : static_cast<const T*>(residual_) + n * stride;
    if (residual != nullptr && bias != nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) y[i] = bias[i] + get(residual + i);
    } else if (residual != nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) y[i] = get(residual + i);
    } else {
      std::memcpy(y, bias, static_cast<size_t>(columns) * sizeof(float));
    }
  }
}

/// sums += the columns' sums over the rows, kSumColumns at a time so that the sums stay in registers.
template <typename T>
void column_sums(float* sums, const void* x_, int64_t rows, int64_t columns, int64_t stride) {
  constexpr int64_t kSumColumns = 4 * kLanes;
  int64_t c = 0;
  for (; c + kSumColumns <= columns; c += kSumColumns) {
    float lanes[kSumColumns] = {};
    for (int64_t n = 0; n < rows; ++n) {
      const T* x = static_cast<const T*>(x_) + n * stride + c;
#pragma omp simd
      for (int64_t l = 0; l < kSumColumns; ++l) lanes[l] += get(x + l);
    }
    for (int64_t l = 0; l < kSumColumns; ++l) sums[c + l] += lanes[l];
  }
  for (int64_t n = 0; n < rows; ++n) {
    const T* x = static_cast<const T*>(x_) + n * stride;
    for (int64_t i = c; i < columns; ++i) sums[i] += get(x + i);
  }
}

template <typename T>
void gather(void* y_, const float* table, const int32_t* index, int64_t rows, int64_t C, bool accumulate) {
  for (int64_t n = 0; n < rows; ++n) {
    T* y = static_cast<T*>(y_) + n * C;
    const float* row = table + index[n] * C;
    if (accumulate) {
      put_all(
          y, C, [=](int64_t i) __attribute__((always_inline)) { return get(y + i) + row[i]; });
    } else {
      put_all(
          y, C, [=](int64_t i) __attribute__((always_inline)) { return row[i]; });
    }
  }
}

/// Columns [first, last) of dtable[index[n]] += dy[n], in the order of n: workers split the columns.
template <typename T>
void scatter_add(float* dtable, const int32_t* index, const void* dy_, int64_t rows, int64_t C, int64_t first,
                 int64_t last) {
  for (int64_t n = 0; n < rows; ++n) {
    float* row = dtable + index[n] * C;
    const T* dy = static_cast<const T*>(dy_) + n * C;
#pragma omp simd
    for (int64_t i = first; i < last; ++i) row[i] += get(dy + i);
  }
}
