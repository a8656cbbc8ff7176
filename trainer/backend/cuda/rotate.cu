// Heads on their way into attention: RMS norm of queries and keys, then rotary positions (RoFormer, Su et al.
// 2021).
//
//   r = x gain / sqrt(mean(x^2) + eps);  y[i] = r[i] cos a_i - r[i + HS/2] sin a_i,
//   y[i + HS/2] = r[i + HS/2] cos a_i + r[i] sin a_i,  a_i = position theta^(-2i / HS)
//
// A warp a head. Angles are worked out in double precision, once, into a table; a position beyond it is
// worked out where it is needed.
#include "backend/cuda/kernels.h"
#include "backend/cuda/pack.h"
#include "backend/cuda/sum_columns.h"

namespace seedling::gpu {
namespace {

constexpr int kHeadsInBlock = 4;

struct Turn {
  float cosine, sine;
};

__device__ Turn turn_of(int64_t position, int64_t i, int64_t HS, float theta) {
  const double angle =
      static_cast<double>(position) *
      pow(static_cast<double>(theta), -2.0 * static_cast<double>(i) / static_cast<double>(HS));
  return {static_cast<float>(cos(angle)), static_cast<float>(sin(angle))};
}

__global__ void fill_table(float* table, int64_t positions, int64_t HS, float theta) {
  const int64_t half = HS / 2, at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= positions * half) return;
  const Turn turn = turn_of(at / half, at % half, HS, theta);
  table[2 * at] = turn.cosine;
  table[2 * at + 1] = turn.sine;
}

/// The angle of channel i (below HS / 2) of row n; no turn where the call has no positions.
__device__ __forceinline__ Turn turn_at(const RotateCall& call, int64_t n, int64_t i) {
  if (call.positions == nullptr) return {1.0f, 0.0f};
  const int64_t position = call.positions[n];
  if (position >= call.table_rows || position < 0) return turn_of(position, i, call.HS, call.theta);
  const int64_t at = 2 * (position * (call.HS / 2) + i);
  return {call.table[at], call.table[at + 1]};
}

/// Element i of a head's gradient with the rotation undone.
template <typename T>
__device__ float turned_back(const RotateCall& call, const T* dy, int64_t n, int64_t i) {
  if (call.positions == nullptr) return to_float(dy[i]);
  const int64_t half = call.HS / 2, low = i < half ? i : i - half;
  const Turn turn = turn_at(call, n, low);
  const float a = to_float(dy[low]), b = to_float(dy[low + half]);
  return i < half ? a * turn.cosine + b * turn.sine : b * turn.cosine - a * turn.sine;
}

/// Which row and head this warp has, and where the head begins.
struct Head {
  int64_t n, h, at;
  bool valid;
};

__device__ Head head_of_warp(const RotateCall& call) {
  const int64_t all = call.NH + 2 * call.NK;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kHeadsInBlock + threadIdx.x / kWarp;
  return {item / all, item % all, item * call.HS, item < call.N * all};
}

template <typename T>
__global__ void rotate_forward_heads(RotateCall call) {
  const Head head = head_of_warp(call);
  if (!head.valid) return;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t HS = call.HS, half = HS / 2;
  const T* x = static_cast<const T*>(call.x) + head.at;
  T* y = static_cast<T*>(call.y) + head.at;
  if (head.h >= call.NH + call.NK) {  // a value
    for (int64_t i = lane; i < HS; i += kWarp) y[i] = x[i];
    return;
  }
  const float* gain = head.h < call.NH ? call.gain_q : call.gain_k;
  float rstd = 1.0f;
  if (gain != nullptr) {
    float squares = 0.0f;
    for (int64_t i = lane; i < HS; i += kWarp) squares += to_float(x[i]) * to_float(x[i]);
    rstd = 1.0f / sqrtf(warp_sum(squares) / static_cast<float>(HS) + call.epsilon);
    if (lane == 0) call.stats[head.n * (call.NH + call.NK) + head.h] = rstd;
  }
  const auto normed = [&](int64_t i) { return to_float(x[i]) * rstd * (gain != nullptr ? gain[i] : 1.0f); };
  if (call.positions == nullptr) {
    for (int64_t i = lane; i < HS; i += kWarp) y[i] = from_float<T>(normed(i));
    return;
  }
  for (int64_t i = lane; i < half; i += kWarp) {
    const Turn turn = turn_at(call, head.n, i);
    const float a = normed(i), b = normed(i + half);
    y[i] = from_float<T>(a * turn.cosine - b * turn.sine);
    y[i + half] = from_float<T>(b * turn.cosine + a * turn.sine);
  }
}

// With d the gradient turned back, g = d gain, h = x rstd:  dx = rstd (g - h mean(g h)).
// y may be dy: a lane reads both halves of a pair before it writes them.
template <typename T>
__global__ void rotate_backward_heads(RotateCall call) {
  const Head head = head_of_warp(call);
  if (!head.valid) return;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t HS = call.HS, half = (HS + 1) / 2;
  const T *x = static_cast<const T*>(call.x) + head.at, *dy = static_cast<const T*>(call.dy) + head.at;
  T* dx = static_cast<T*>(call.y) + head.at;
  if (head.h >= call.NH + call.NK) {
    for (int64_t i = lane; i < HS; i += kWarp) dx[i] = dy[i];
    return;
  }
  const float* gain = head.h < call.NH ? call.gain_q : call.gain_k;
  const float rstd = gain != nullptr ? call.stats[head.n * (call.NH + call.NK) + head.h] : 1.0f;
  float mean_gh = 0.0f;
  if (gain != nullptr) {
    for (int64_t i = lane; i < HS; i += kWarp)
      mean_gh += turned_back(call, dy, head.n, i) * gain[i] * to_float(x[i]) * rstd;
    mean_gh = warp_sum(mean_gh) / static_cast<float>(HS);
  }
  const auto gradient = [&](int64_t i) {
    const float d = turned_back(call, dy, head.n, i);
    return gain != nullptr ? rstd * (d * gain[i] - to_float(x[i]) * rstd * mean_gh) : d;
  };
  __syncwarp();  // every lane has read what another is about to write
  for (int64_t i = lane; i < half; i += kWarp) {
    const float low = gradient(i), high = i + half < HS ? gradient(i + half) : 0.0f;
    dx[i] = from_float<T>(low);
    if (i + half < HS) dx[i + half] = from_float<T>(high);
  }
}

/// What a gain's gradient sums: element i of a head's gradient, turned back, times the normalised input. Row
/// counts (row, head) pairs of the heads [first, first + heads).
template <typename T>
struct HeadGain {
  RotateCall call;
  int64_t heads, first;
  template <int V>
  __device__ void add(float (&total)[1][V], int64_t row, int64_t i) const {
    const int64_t n = row / heads, h = first + row % heads;
    const int64_t at = (n * (call.NH + 2 * call.NK) + h) * call.HS;
    const T *dy = static_cast<const T*>(call.dy) + at, *x = static_cast<const T*>(call.x) + at;
    const float rstd = call.stats[n * (call.NH + call.NK) + h];
    for (int v = 0; v < V; ++v) total[0][v] += turned_back(call, dy, n, i + v) * to_float(x[i + v]) * rstd;
  }
};

int64_t blocks_of(const RotateCall& call) {
  return (call.N * (call.NH + 2 * call.NK) + kHeadsInBlock - 1) / kHeadsInBlock;
}

}  // namespace

void rotation_table(Stream stream, float* table, int64_t positions, int64_t HS, float theta) {
  launch(stream, fill_table, (positions * (HS / 2) + 127) / 128, 128, 0, table, positions, HS, theta);
}

void rotate_forward(Stream stream, DType type, const RotateCall& call) {
  with_type(type, [&](auto zero) {
    launch(stream, rotate_forward_heads<decltype(zero)>, blocks_of(call), kHeadsInBlock * kWarp, 0, call);
  });
}

void rotate_backward(Stream stream, DType type, const RotateCall& call) {
  with_type(type, [&](auto zero) {
    launch(stream, rotate_backward_heads<decltype(zero)>, blocks_of(call), kHeadsInBlock * kWarp, 0, call);
  });
}

int64_t rotate_scratch(const RotateCall& call) { return slices_of(call.N * call.NH) * call.HS; }

void rotate_backward_gains(Stream stream, DType type, float* dgain_q, float* dgain_k, float* scratch,
                           const RotateCall& call) {
  with_type(type, [&](auto zero) {
    using T = decltype(zero);
    const auto sum = [&](float* dgain, int64_t heads, int64_t first) {
      if (dgain != nullptr)
        sum_columns<1>(stream, {{dgain, nullptr}}, scratch, call.N * heads, call.HS, call.HS % kVector == 0,
                       HeadGain<T>{call, heads, first});
    };
    sum(dgain_q, call.NH, 0);
    sum(dgain_k, call.NK, call.NH);
  });
}

}  // namespace seedling::gpu
