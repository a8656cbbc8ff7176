// Ops on elements: each thread reads eight neighbours, applies a formula of kernels/, and writes them.
//
// An op is a small object with a member template at<V>(i) that does elements i .. i + V - 1; run_elements
// starts it with V = 8 where the pointers allow 16-byte accesses and with V = 1 for the rest.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/run_elements.h"
#include "kernels/activation.h"
#include "kernels/dropout.h"

namespace seedling::gpu {
namespace {

/// The kind is the same for all threads of a launch, so the branches cost little next to memory.
__device__ __forceinline__ float activate(float x, Activation kind) {
  switch (kind) {
    case Activation::gelu_tanh:
      return kernels::activate<Activation::gelu_tanh>(x);
    case Activation::gelu_erf:
      return kernels::activate<Activation::gelu_erf>(x);
    case Activation::silu:
      return kernels::activate<Activation::silu>(x);
    case Activation::relu:
      return kernels::activate<Activation::relu>(x);
    case Activation::relu_squared:
      return kernels::activate<Activation::relu_squared>(x);
    default:
      return kernels::activate<Activation::tanh>(x);
  }
}

__device__ __forceinline__ float slope(float x, Activation kind) {
  switch (kind) {
    case Activation::gelu_tanh:
      return kernels::activation_slope<Activation::gelu_tanh>(x);
    case Activation::gelu_erf:
      return kernels::activation_slope<Activation::gelu_erf>(x);
    case Activation::silu:
      return kernels::activation_slope<Activation::silu>(x);
    case Activation::relu:
      return kernels::activation_slope<Activation::relu>(x);
    case Activation::relu_squared:
      return kernels::activation_slope<Activation::relu_squared>(x);
    default:
      return kernels::activation_slope<Activation::tanh>(x);
  }
}

template <typename T>
struct ActivationForward {
  T* y;
  const T* x;
  Activation kind;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V];
    load(a, x + i);
    for (int v = 0; v < V; ++v) a[v] = activate(a[v], kind);
    store(y + i, a);
  }
};

template <typename T>
struct ActivationBackward {
  T* dx;
  const T *dy, *x;
  Activation kind;
  template <int V>
  __device__ void at(int64_t i) const {
    float d[V], a[V];
    load(d, dy + i);
    load(a, x + i);
    for (int v = 0; v < V; ++v) d[v] *= slope(a[v], kind);
    store(dx + i, d);
  }
};

/// Element i of y (N, F) is at i + n F of gate_up (N, 2F), its partner F further.
template <typename T>
struct GatedForward {
  T* y;
  const T* gate_up;
  int64_t F;
  Activation kind;
  template <int V>
  __device__ void at(int64_t i) const {
    const T* gate = gate_up + i + i / F * F;
    float g[V], up[V];
    load(g, gate);
    load(up, gate + F);
    for (int v = 0; v < V; ++v) g[v] = activate(g[v], kind) * up[v];
    store(y + i, g);
  }
};

template <typename T>
struct GatedBackward {
  T* dgate_up;
  const T *dy, *gate_up;
  int64_t F;
  Activation kind;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t gate = i + i / F * F;
    float d[V], g[V], up[V];
    load(d, dy + i);
    load(g, gate_up + gate);
    load(up, gate_up + gate + F);
    for (int v = 0; v < V; ++v) {
      const float dgate = d[v] * up[v] * slope(g[v], kind);
      up[v] = d[v] * activate(g[v], kind);
      g[v] = dgate;
    }
    store(dgate_up + gate, g);
    store(dgate_up + gate + F, up);
  }
};

template <typename T>
struct Dropout {
  T* y;
  const T* x;
  uint64_t key;
  uint32_t threshold;
  float keep_scale;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V];
    load(a, x + i);
    for (int v = 0; v < V; ++v)
      a[v] *= kernels::dropout_factor(key, static_cast<uint32_t>(i + v), threshold, keep_scale);
    store(y + i, a);
  }
};

template <typename T>
struct Add {
  T* y;
  const T *a, *b;
  template <int V>
  __device__ void at(int64_t i) const {
    float p[V], q[V];
    load(p, a + i);
    load(q, b + i);
    for (int v = 0; v < V; ++v) p[v] += q[v];
    store(y + i, p);
  }
};

template <typename T>
struct Scale {
  T* y;
  float factor;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V];
    load(a, y + i);
    for (int v = 0; v < V; ++v) a[v] *= factor;
    store(y + i, a);
  }
};

template <typename T>
struct Fill {
  T* y;
  float value;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V];
    for (int v = 0; v < V; ++v) a[v] = value;
    store(y + i, a);
  }
};

template <typename To, typename From>
struct Convert {
  To* y;
  const From* x;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V];
    load(a, x + i);
    store(y + i, a);
  }
};

template <typename T>
struct AddToRows {
  T* y;
  const float* bias;
  int64_t C;
  template <int V>
  __device__ void at(int64_t i) const {
    float a[V], b[V];
    load(a, y + i);
    load(b, bias + i % C);
    for (int v = 0; v < V; ++v) a[v] += b[v];
    store(y + i, a);
  }
};

template <typename T>
struct ShiftForward {
  T* y;
  const T* x;
  const float* s;
  int64_t C, T_;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t n = i / C;
    float a[V];
    load(a, x + i);
    if (n % T_ > 0) {
      float before[V], rate[V];
      load(before, x + i - C);
      load(rate, s + (i - n * C));
      for (int v = 0; v < V; ++v) a[v] += rate[v] * before[v];
    }
    store(y + i, a);
  }
};

/// dx[t] = dy[t] + s dy[t + 1]
template <typename T>
struct ShiftBackward {
  T* dx;
  const T* dy;
  const float* s;
  int64_t C, T_;
  bool accumulate;
  template <int V>
  __device__ void at(int64_t i) const {
    const int64_t n = i / C;
    float d[V];
    load(d, dy + i);
    if (n % T_ < T_ - 1) {
      float after[V], rate[V];
      load(after, dy + i + C);
      load(rate, s + (i - n * C));
      for (int v = 0; v < V; ++v) d[v] += rate[v] * after[v];
    }
    if (accumulate) {
      float before[V];
      load(before, dx + i);
      for (int v = 0; v < V; ++v) d[v] += before[v];
    }
    store(dx + i, d);
  }
};

}  // namespace

void activation_forward(Stream stream, DType type, void* y, const void* x, int64_t n, Activation kind) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(y, x),
                 ActivationForward<T>{static_cast<T*>(y), static_cast<const T*>(x), kind});
  });
}

void activation_backward(Stream stream, DType type, void* dx, const void* dy, const void* x, int64_t n,
                         Activation kind) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(dx, dy, x),
                 ActivationBackward<T>{static_cast<T*>(dx), static_cast<const T*>(dy),
                                       static_cast<const T*>(x), kind});
  });
}

void gated_forward(Stream stream, DType type, void* y, const void* gate_up, int64_t N, int64_t F,
                   Activation kind) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * F, aligned(y, gate_up) && F % kVector == 0,
                 GatedForward<T>{static_cast<T*>(y), static_cast<const T*>(gate_up), F, kind});
  });
}

void gated_backward(Stream stream, DType type, void* dgate_up, const void* dy, const void* gate_up, int64_t N,
                    int64_t F, Activation kind) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * F, aligned(dgate_up, dy, gate_up) && F % kVector == 0,
                 GatedBackward<T>{static_cast<T*>(dgate_up), static_cast<const T*>(dy),
                                  static_cast<const T*>(gate_up), F, kind});
  });
}

void dropout(Stream stream, DType type, void* y, const void* x, int64_t n, float p, uint64_t key) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(y, x),
                 Dropout<T>{static_cast<T*>(y), static_cast<const T*>(x), key, kernels::dropout_threshold(p),
                            1.0f / (1.0f - p)});
  });
}

void add(Stream stream, DType type, void* y, const void* a, const void* b, int64_t n) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(y, a, b),
                 Add<T>{static_cast<T*>(y), static_cast<const T*>(a), static_cast<const T*>(b)});
  });
}

void scale(Stream stream, DType type, void* y, int64_t n, float factor) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(y), Scale<T>{static_cast<T*>(y), factor});
  });
}

void fill(Stream stream, DType type, void* y, int64_t n, float value) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, n, aligned(y), Fill<T>{static_cast<T*>(y), value});
  });
}

void add_to_rows(Stream stream, DType type, void* y, const float* bias, int64_t N, int64_t C) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * C, aligned(y, bias) && C % kVector == 0,
                 AddToRows<T>{static_cast<T*>(y), bias, C});
  });
}

void convert(Stream stream, DType type_y, void* y, DType type_x, const void* x, int64_t n) {
  with_type(type_y, [&](auto zero_y) {
    with_type(type_x, [&](auto zero_x) {
      using To = decltype(zero_y);
      using From = decltype(zero_x);
      run_elements(stream, n, aligned(y, x),
                   Convert<To, From>{static_cast<To*>(y), static_cast<const From*>(x)});
    });
  });
}

void shift_forward(Stream stream, DType type, void* y, const void* x, const float* s, int64_t N, int64_t C,
                   int64_t T_) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * C, aligned(y, x, s) && C % kVector == 0,
                 ShiftForward<T>{static_cast<T*>(y), static_cast<const T*>(x), s, C, T_});
  });
}

void shift_backward(Stream stream, DType type, void* dx, const void* dy, const float* s, int64_t N, int64_t C,
                    int64_t T_, bool accumulate) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    run_elements(stream, N * C, aligned(dx, dy, s) && C % kVector == 0,
                 ShiftBackward<T>{static_cast<T*>(dx), static_cast<const T*>(dy), s, C, T_, accumulate});
  });
}

}  // namespace seedling::gpu
