// LayerNorm (Ba et al. 2016) and RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021).
// Included by table.inc.h alone.

// xhat = (x - mean) r with r = 1 / sqrt(var + eps), y = xhat gain + bias; for rms the mean counts as 0.
template <typename T>
void norm_forward(void* y_, float* stats, const void* x_, const float* gain, const float* bias, int64_t rows,
                  int64_t C, NormKind kind, float epsilon) {
  for (int64_t n = 0; n < rows; ++n) {
    T* y = static_cast<T*>(y_) + n * C;
    const T* x = static_cast<const T*>(x_) + n * C;
    const float inverse_C = 1.0f / static_cast<float>(C);
    float mean = 0.0f;
    if (kind == NormKind::layer) {
      mean = sum_row(
                 C, [=](int64_t i, auto read) __attribute__((always_inline)) { return read(x + i); }) *
             inverse_C;
    }
    const float variance = sum_row(
                               C,
                               [=](int64_t i, auto read) __attribute__((always_inline)) {
                                 const auto difference = read(x + i) - mean;
                                 return difference * difference;
                               }) *
                           inverse_C;
    const float r = 1.0f / sqrtf(variance + epsilon);
    const auto xhat = [=](int64_t i, auto read) __attribute__((always_inline)) {
      return (read(x + i) - mean) * r;
    };
    if (gain != nullptr && bias != nullptr) {
      put_row_of(
          y, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return xhat(i, read) * read(gain + i) + read(bias + i);
          });
    } else if (gain != nullptr) {
      put_row_of(
          y, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return xhat(i, read) * read(gain + i);
          });
    } else if (bias != nullptr) {
      put_row_of(
          y, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return xhat(i, read) + read(bias + i);
          });
    } else {
      put_row_of(y, C, xhat);
    }
    stats[2 * n] = mean;
    stats[2 * n + 1] = r;
  }
}

// With g = dy gain: dx = r (g - mean(g) - xhat mean(g xhat)), without mean(g) for rms. dgain += dy xhat;
// dbias += dy.
template <typename T, bool scaled>
void norm_backward_rows(T* dx, float* dgain, float* dbias, const T* dy, const T* x, const float* stats,
                        const float* gain, int64_t rows, int64_t C, NormKind kind, bool accumulate) {
  for (int64_t n = 0; n < rows; ++n, dx += C, dy += C, x += C) {
    const float mean = stats[2 * n], r = stats[2 * n + 1], inverse_C = 1.0f / static_cast<float>(C);
    const auto g = [=](int64_t i, auto read) __attribute__((always_inline)) {
      if constexpr (scaled) {
        return read(dy + i) * read(gain + i);
      } else {
        return read(dy + i);
      }
    };
    const auto xhat = [=](int64_t i, auto read) __attribute__((always_inline)) {
      return (read(x + i) - mean) * r;
    };
    float mean_g = 0.0f;
    if (kind == NormKind::layer) mean_g = sum_row(C, g) * inverse_C;
    const float mean_gx = sum_row(
                              C, [=](int64_t i, auto read)
                                     __attribute__((always_inline)) { return g(i, read) * xhat(i, read); }) *
                          inverse_C;
    if (dgain != nullptr) {
      put_row_of(
          dgain, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return read(dgain + i) + read(dy + i) * xhat(i, read);
          });
    }
    if (dbias != nullptr) {
      put_row_of(
          dbias, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return read(dbias + i) + read(dy + i);
          });
    }
    const auto gradient = [=](int64_t i, auto read) __attribute__((always_inline)) {
      return r * (g(i, read) - mean_g - xhat(i, read) * mean_gx);
    };
    if (accumulate) {
      put_row_of(
          dx, C, [=](int64_t i, auto read) __attribute__((always_inline)) {
            return read(dx + i) + gradient(i, read);
          });
    } else {
      put_row_of(dx, C, gradient);
    }
  }
}

template <typename T>
void norm_backward(void* dx, float* dgain, float* dbias, const void* dy, const void* x, const float* stats,
                   const float* gain, int64_t rows, int64_t C, NormKind kind, bool accumulate) {
  (gain == nullptr ? norm_backward_rows<T, false>
                   : norm_backward_rows<T, true>)(static_cast<T*>(dx), dgain, dbias,
                                                  static_cast<const T*>(dy), static_cast<const T*>(x), stats,
                                                  gain, rows, C, kind, accumulate);
}

/// One head: y = rotation of (x r gain); gain and the angles may be absent.
template <typename T>
SEEDLING_HD void rotate_one(T* y, const T* x, float r, const float* gain, const float* cosine,
                            const float* sine, int64_t HS) {
  const int64_t half = HS / 2;
  if (cosine == nullptr) {
    for (int64_t i = 0; i < HS; ++i) put(y + i, get(x + i) * r * (gain == nullptr ? 1.0f : gain[i]));
    return;
  }
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    Vec a = get_vec(x + i) * r, b = get_vec(x + i + half) * r;
    if (gain != nullptr) a *= load_vec(gain + i), b *= load_vec(gain + i + half);
    const Vec c = load_vec(cosine + i), s = load_vec(sine + i);
    put_vec(y + i, a * c - b * s);
    put_vec(y + i + half, b * c + a * s);
  }
  for (; i < half; ++i) {
    const float a = get(x + i) * r * (gain == nullptr ? 1.0f : gain[i]);
    const float b = get(x + i + half) * r * (gain == nullptr ? 1.0f : gain[i + half]);
    put(y + i, a * cosine[i] - b * sine[i]);
    put(y + i + half, b * cosine[i] + a * sine[i]);
  }
}

template <typename T>
void rotate_forward(const RotateCall& call, int64_t begin, int64_t end) {
  const int64_t HS = call.HS, half = HS / 2, width = (call.NH + 2 * call.NK) * HS, heads = call.NH + call.NK;
  for (int64_t n = begin; n < end; ++n) {
    T* y = static_cast<T*>(call.y) + n * width;
    const T* x = static_cast<const T*>(call.x) + n * width;
    const float* cosine = call.cosines == nullptr ? nullptr : call.cosines + call.positions[n] * half;
    const float* sine = call.sines == nullptr ? nullptr : call.sines + call.positions[n] * half;
    for (int64_t h = 0; h < heads; ++h) {
      const float* gain = h < call.NH ? call.gain_q : call.gain_k;
      const T* head = x + h * HS;
      float r = 1.0f;
      if (gain != nullptr) {
        const float squares = sum_of(HS, [=](int64_t i) { return get(head + i) * get(head + i); });
        r = 1.0f / sqrtf(squares / static_cast<float>(HS) + call.epsilon);
      }
      if (call.stats != nullptr) call.stats[n * heads + h] = r;
      rotate_one(y + h * HS, head, r, gain, cosine, sine, HS);
    }
    std::memcpy(y + heads * HS, x + heads * HS, static_cast<size_t>(call.NK * HS) * sizeof(T));
  }
}

// With d = dy rotated back and g = d gain: dx = r (g - xhat mean(g xhat)), xhat = x r; dgain += d xhat.
template <typename T>
void rotate_backward(const RotateCall& call, int64_t begin, int64_t end) {
  constexpr int64_t kMaxHead = 1024;  // the backend refuses wider heads
  float d[kMaxHead];
  const int64_t HS = call.HS, half = HS / 2, width = (call.NH + 2 * call.NK) * HS, heads = call.NH + call.NK;
  for (int64_t n = begin; n < end; ++n) {
    T* dx_row = static_cast<T*>(call.y) + n * width;
    const T *x_row = static_cast<const T*>(call.x) + n * width,
            *dy_row = static_cast<const T*>(call.dy) + n * width;
    for (int64_t h = 0; h < heads; ++h) {
      const T *x = x_row + h * HS, *dy = dy_row + h * HS;
      T* dx = dx_row + h * HS;
      if (call.cosines == nullptr) {
        for (int64_t i = 0; i < HS; ++i) d[i] = get(dy + i);
      } else {
        const float *cosine = call.cosines + call.positions[n] * half,
                    *sine = call.sines + call.positions[n] * half;
#pragma omp simd
        for (int64_t i = 0; i < half; ++i) {
          const float a = get(dy + i), b = get(dy + i + half);
          d[i] = a * cosine[i] + b * sine[i];
          d[i + half] = b * cosine[i] - a * sine[i];
        }
      }
      const float* gain = h < call.NH ? call.gain_q : call.gain_k;
      float* dgain = h < call.NH ? call.dgain_q : call.dgain_k;
      if (gain == nullptr) {
        for (int64_t i = 0; i < HS; ++i) put(dx + i, d[i]);
        continue;
      }
      const float r = call.stats[n * heads + h];
      const float* d_ = d;
      const float mean_gx =
          sum_of(HS, [=](int64_t i) { return d_[i] * gain[i] * get(x + i) * r; }) / static_cast<float>(HS);
      int64_t i = 0;
      for (; i + kLanes <= HS; i += kLanes) {
        const Vec xhat = get_vec(x + i) * r, turned = load_vec(d + i);
        if (dgain != nullptr) store_vec(dgain + i, load_vec(dgain + i) + turned * xhat);
        put_vec(dx + i, r * (turned * load_vec(gain + i) - xhat * mean_gx));
      }
      for (; i < HS; ++i) {
        const float xhat = get(x + i) * r;
        if (dgain != nullptr) dgain[i] += d[i] * xhat;
        put(dx + i, r * (d[i] * gain[i] - xhat * mean_gx));
      }
    }
    if (dx_row != dy_row) {
      std::memcpy(dx_row + heads * HS, dy_row + heads * HS, static_cast<size_t>(call.NK * HS) * sizeof(T));
    }
  }
}
