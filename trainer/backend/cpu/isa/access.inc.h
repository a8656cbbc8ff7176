// Element access and the vector type of the instruction set this is compiled for. Included by table.inc.h
// alone.

using kernels::bf16_of_float;
using kernels::float_of_bf16;
using Bf16 = uint16_t;

SEEDLING_HD float get(const float* p) { return *p; }
SEEDLING_HD float get(const Bf16* p) { return float_of_bf16(*p); }
SEEDLING_HD void put(float* p, float x) { *p = x; }
SEEDLING_HD void put(Bf16* p, float x) { *p = bf16_of_float(x); }

#if defined(__AVX512F__)
constexpr int64_t kLanes = 16;
constexpr int kTileRows = 8;
#elif defined(__AVX2__)
constexpr int64_t kLanes = 8;
constexpr int kTileRows = 6;
#else
constexpr int64_t kLanes = 4;
constexpr int kTileRows = 4;
#endif

/// kLanes floats in one register, loadable from any float address (GCC and clang vector extension).
typedef float Vec __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

SEEDLING_HD Vec load_vec(const float* p) { return *reinterpret_cast<const Vec*>(p); }
SEEDLING_HD void store_vec(float* p, Vec x) { *reinterpret_cast<Vec*>(p) = x; }

/// kLanes 32-bit words; also pairs of bf16.
typedef uint32_t Pairs __attribute__((vector_size(kLanes * sizeof(uint32_t)), aligned(4), may_alias));

SEEDLING_HD Vec get_vec(const float* p) { return load_vec(p); }
/// kLanes bf16, and twice as many: a whole register of them.
typedef uint16_t Halves __attribute__((vector_size(kLanes * sizeof(uint16_t)), aligned(2), may_alias));
typedef uint16_t Words __attribute__((vector_size(kLanes * sizeof(uint32_t)), aligned(2), may_alias));

#if defined(__AVX512F__)
/// Two instructions, of which GCC 12 makes six by itself.
SEEDLING_HD Vec get_vec(const Bf16* p) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const Pairs bits = (Pairs)_mm512_maskz_cvtepu16_epi32(0xFFFF, halves) << 16;
  return reinterpret_cast<const Vec&>(bits);
}
#else
SEEDLING_HD Vec get_vec(const Bf16* p) {
  Pairs bits = __builtin_convertvector(*reinterpret_cast<const Halves*>(p), Pairs) << 16;
  return reinterpret_cast<Vec&>(bits);
}
#endif
SEEDLING_HD void put_vec(float* p, Vec x) { store_vec(p, x); }

#if defined(__AVX512BF16__)
/// kLanes floats rounded to bf16 in one instruction.
SEEDLING_HD void put_vec(Bf16* p, Vec x) {
  const __m256bh rounded = _mm512_cvtneps_pbh((__m512)x);
  std::memcpy(p, &rounded, sizeof rounded);
}
#else
SEEDLING_HD void put_vec(Bf16* p, Vec x) {
  float values[kLanes];
  store_vec(values, x);
#pragma omp simd
  for (int64_t l = 0; l < kLanes; ++l) put(p + l, values[l]);
}
#endif

/// 2 kLanes bf16 from two vectors, and back.
#if defined(__AVX512BF16__)
SEEDLING_HD void put_vecs(Bf16* p, Vec low, Vec high) {
  _mm512_storeu_si512(p, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}
#else
SEEDLING_HD void put_vecs(Bf16* p, Vec low, Vec high) {
  put_vec(p, low);
  put_vec(p + kLanes, high);
}
#endif
SEEDLING_HD void put_vecs(float* p, Vec low, Vec high) {
  store_vec(p, low);
  store_vec(p + kLanes, high);
}

/// y[i] = term(i). bf16 is rounded a chunk at a time, so that the unit's own rounding can be used; a term may
/// read y.
template <typename T, typename Term>
SEEDLING_HD void put_all(T* y, int64_t n, Term term) {
  int64_t i = 0;
  if constexpr (std::is_same_v<T, Bf16>) {
    constexpr int64_t kChunk = 64;
    for (; i + kChunk <= n; i += kChunk) {
      float values[kChunk];
#pragma omp simd
      for (int64_t l = 0; l < kChunk; ++l) values[l] = term(i + l);
#pragma GCC unroll 4
      for (int64_t l = 0; l < kChunk; l += kLanes) put_vec(y + i + l, load_vec(values + l));
    }
    for (; i + kLanes <= n; i += kLanes) {
      float values[kLanes];
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) values[l] = term(i + l);
      put_vec(y + i, load_vec(values));
    }
  }
#pragma omp simd
  for (int64_t j = i; j < n; ++j) put(y + j, term(j));
}

SEEDLING_HD int64_t round_up(int64_t n, int64_t grain) { return (n + grain - 1) / grain * grain; }

/// The lanes of a vector rotated by `step`.
template <int step, int... lane>
SEEDLING_HD Vec rotated(Vec x, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(x, x, ((lane + step) % static_cast<int>(kLanes))...);
}

template <int step = kLanes / 2>
SEEDLING_HD float sum_lanes(Vec x) {
  x = x + rotated<step>(x, std::make_integer_sequence<int, static_cast<int>(kLanes)>{});
  if constexpr (step > 1) {
    return sum_lanes<step / 2>(x);
  } else {
    return x[0];
  }
}

template <int step = kLanes / 2>
SEEDLING_HD float max_lanes(Vec x) {
  const Vec other = rotated<step>(x, std::make_integer_sequence<int, static_cast<int>(kLanes)>{});
  x = x > other ? x : other;
  if constexpr (step > 1) {
    return max_lanes<step / 2>(x);
  } else {
    return x[0];
  }
}

/// Sums and maxima of a row in 2 kLanes independent lanes, so that they vectorise without a licence to
/// reorder: the order of additions is fixed by this code, not by a compiler flag.
constexpr int64_t kStripe = 2 * kLanes;

template <typename Term>
SEEDLING_HD float sum_of(int64_t n, Term term) {
  float lanes[kStripe] = {};
  int64_t i = 0;
  for (; i + kStripe <= n; i += kStripe) {
    for (int64_t l = 0; l < kStripe; ++l) lanes[l] += term(i + l);
  }
  for (int64_t l = 0; i + l < n; ++l) lanes[l] += term(i + l);
  return sum_lanes(load_vec(lanes) + load_vec(lanes + kLanes));
}

template <typename Term>
SEEDLING_HD float max_of(int64_t n, Term term) {
  float lanes[kStripe];
  for (int64_t l = 0; l < kStripe; ++l) lanes[l] = -INFINITY;
  int64_t i = 0;
  for (; i + kStripe <= n; i += kStripe) {
    for (int64_t l = 0; l < kStripe; ++l) {
      const float x = term(i + l);
      lanes[l] = x > lanes[l] ? x : lanes[l];
    }
  }
  for (int64_t l = 0; i + l < n; ++l) {
    const float x = term(i + l);
    lanes[l] = x > lanes[l] ? x : lanes[l];
  }
  const Vec low = load_vec(lanes), high = load_vec(lanes + kLanes);
  return max_lanes(low > high ? low : high);
}

/// How a term of sum_row and put_row_of reads: one element, or a vector of them.
struct ReadElement {
  template <typename T>
  SEEDLING_HD float operator()(const T* p) const {
    return get(p);
  }
};
struct ReadVector {
  template <typename T>
  SEEDLING_HD Vec operator()(const T* p) const {
    return get_vec(p);
  }
};

/// Sum of term(i, read) over a row, in an order that this code fixes and no compiler flag.
template <typename Term>
SEEDLING_HD float sum_row(int64_t n, Term term) {
  Vec sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) sums[v] += term(i + v * kLanes, ReadVector());
  }
  for (; i + kLanes <= n; i += kLanes) sums[0] += term(i, ReadVector());
  float sum = sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) sum += term(i, ReadElement());
  return sum;
}

/// y[i] = term(i, read); a term may read y[i].
template <typename T, typename Term>
SEEDLING_HD void put_row_of(T* y, int64_t n, Term term) {
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const Vec low = term(i, ReadVector()), high = term(i + kLanes, ReadVector());
    put_vecs(y + i, low, high);
  }
  for (; i < n; ++i) put(y + i, term(i, ReadElement()));
}
