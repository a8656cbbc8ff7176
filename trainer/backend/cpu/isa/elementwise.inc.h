// Element by element: activations, gates, dropout, sums, conversions, token shift. Included by table.inc.h
// alone.

/// y[i] = vectors(i) for whole vectors, then element(i) for the rest.
template <typename T, typename Vectors, typename Element>
SEEDLING_HD void put_by_vectors(T* y, int64_t n, Vectors vectors, Element element) {
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) put_vecs(y + i, vectors(i), vectors(i + kLanes));
  for (; i < n; ++i) put(y + i, element(i));
}

template <typename T>
void activation_forward(void* y_, const void* x_, int64_t n, Activation activation) {
  T* y = static_cast<T*>(y_);
  const T* x = static_cast<const T*>(x_);
  with_activation(activation, [=](auto kind) {
    put_by_vectors(
        y, n,
        [=](int64_t i)
            __attribute__((always_inline)) { return activated<T, kind.value>(get_vec(x + i)).value; },
        [=](int64_t i) { return kernels::activate<kind.value>(get(x + i)); });
  });
}

template <typename T>
void activation_backward(void* dx_, const void* dy_, const void* x_, int64_t n, Activation activation) {
  T* dx = static_cast<T*>(dx_);
  const T *dy = static_cast<const T*>(dy_), *x = static_cast<const T*>(x_);
  with_activation(activation, [=](auto kind) {
    put_by_vectors(
        dx, n,
        [=](int64_t i) __attribute__((always_inline)) {
          return get_vec(dy + i) * activated<T, kind.value>(get_vec(x + i)).slope;
        },
        [=](int64_t i) { return get(dy + i) * kernels::activation_slope<kind.value>(get(x + i)); });
  });
}

// y = activation(gate) * up.
template <typename T>
void gated_forward(void* y_, const void* gate_up_, int64_t rows, int64_t F, Activation activation) {
  with_activation(activation, [=](auto kind) {
    for (int64_t n = 0; n < rows; ++n) {
      T* y = static_cast<T*>(y_) + n * F;
      const T* gate = static_cast<const T*>(gate_up_) + n * 2 * F;
      const T* up = gate + F;
      put_by_vectors(
          y, F,
          [=](int64_t i) __attribute__((always_inline)) {
            return activated<T, kind.value>(get_vec(gate + i)).value * get_vec(up + i);
          },
          [=](int64_t i) { return kernels::activate<kind.value>(get(gate + i)) * get(up + i); });
    }
  });
}

// dgate = dy * up * activation'(gate); dup = dy * activation(gate).
template <typename T>
void gated_backward(void* dgate_up_, const void* dy_, const void* gate_up_, int64_t rows, int64_t F,
                    Activation activation) {
  with_activation(activation, [=](auto kind) {
    for (int64_t n = 0; n < rows; ++n) {
      T* dgate = static_cast<T*>(dgate_up_) + n * 2 * F;
      T* dup = dgate + F;
      const T* dy = static_cast<const T*>(dy_) + n * F;
      const T* gate = static_cast<const T*>(gate_up_) + n * 2 * F;
      const T* up = gate + F;
      int64_t whole = 0;
      for (; whole + 2 * kLanes <= F; whole += 2 * kLanes) {
        Vec dgates[2], dups[2];
        for (int half = 0; half < 2; ++half) {
          const int64_t i = whole + half * kLanes;
          const Activated a = activated<T, kind.value>(get_vec(gate + i));
          const Vec d = get_vec(dy + i);
          dups[half] = d * a.value;
          dgates[half] = d * get_vec(up + i) * a.slope;
        }
        put_vecs(dgate + whole, dgates[0], dgates[1]);
        put_vecs(dup + whole, dups[0], dups[1]);
      }
#pragma omp simd
      for (int64_t i = whole; i < F; ++i) {
        const float g = get(gate + i), u = get(up + i), d = get(dy + i);
        put(dup + i, d * kernels::activate<kind.value>(g));
        put(dgate + i, d * u * kernels::activation_slope<kind.value>(g));
      }
    }
  });
}

template <typename T>
void dropout(void* y_, const void* x_, int64_t first, int64_t n, float p, uint64_t key) {
  T* y = static_cast<T*>(y_) + first;
  const T* x = static_cast<const T*>(x_) + first;
  const uint32_t threshold = kernels::dropout_threshold(p), start = static_cast<uint32_t>(first);
  const float keep_scale = 1.0f / (1.0f - p);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    put(y + i,
        get(x + i) * kernels::dropout_factor(key, start + static_cast<uint32_t>(i), threshold, keep_scale));
  }
}

template <typename T>
void add(void* y_, const void* a_, const void* b_, int64_t n) {
  T* y = static_cast<T*>(y_);
  const T *a = static_cast<const T*>(a_), *b = static_cast<const T*>(b_);
  put_all(
      y, n, [=](int64_t i) __attribute__((always_inline)) { return get(a + i) + get(b + i); });
}

template <typename T>
void fill(void* y_, float value, int64_t n) {
  T* y = static_cast<T*>(y_);
  for (int64_t i = 0; i < n; ++i) put(y + i, value);
}

template <typename T>
void scale(void* y_, float factor, int64_t n) {
  T* y = static_cast<T*>(y_);
  put_all(
      y, n, [=](int64_t i) __attribute__((always_inline)) { return get(y + i) * factor; });
}

template <typename T>
void to_float(float* y, const void* x_, int64_t n) {
  const T* x = static_cast<const T*>(x_);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = get(x + i);
}

template <typename T>
void from_float(void* y_, const float* x, int64_t n) {
  T* y = static_cast<T*>(y_);
  put_all(
      y, n, [=](int64_t i) __attribute__((always_inline)) { return x[i]; });
}

// y[t] = x[t] + s x[t - 1], the first row of each sequence having none before it.
template <typename T>
void shift_forward(void* y_, const void* x_, const float* s, int64_t begin, int64_t end, int64_t T_,
                   int64_t C) {
  for (int64_t n = begin; n < end; ++n) {
    T* y = static_cast<T*>(y_) + n * C;
    const T* x = static_cast<const T*>(x_) + n * C;
    const T* before = x - C;
    if (n % T_ == 0) {
      std::memcpy(y, x, static_cast<size_t>(C) * sizeof(T));
    } else {
      put_all(
          y,
          C, [=](int64_t i) __attribute__((always_inline)) { return get(x + i) + s[i] * get(before + i); });
    }
  }
}

// dx[t] = dy[t] + s dy[t + 1]; ds += sum over t of dy[t] x[t - 1].
template <typename T>
void shift_backward(void* dx_, float* ds, const void* dy_, const void* x_, const float* s, int64_t begin,
                    int64_t end, int64_t T_, int64_t C, bool accumulate) {
  for (int64_t n = begin; n < end; ++n) {
    T* dx = static_cast<T*>(dx_) + n * C;
    const T* dy = static_cast<const T*>(dy_) + n * C;
    const T *after = dy + C, *before = static_cast<const T*>(x_) + (n - 1) * C;
    const bool last = n % T_ == T_ - 1;
    if (n % T_ != 0) {
#pragma omp simd
      for (int64_t i = 0; i < C; ++i) ds[i] += get(dy + i) * get(before + i);
    }
#pragma omp simd
    for (int64_t i = 0; i < C; ++i) {
      const float d = get(dy + i) + (last ? 0.0f : s[i] * get(after + i));
      put(dx + i, accumulate ? get(dx + i) + d : d);
    }
  }
}
