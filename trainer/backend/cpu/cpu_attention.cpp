// Attention: one task for each sequence and key/value head, spread over the workers. The tasks of one
// sequence go to neighbours in the order of the rows, so a worker attends over the rows it has just
// projected.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/cpu/cpu_backend.h"
#include "base/error.h"

namespace seedling {
namespace {

AttentionCall call_of(const Tensor& qkv, const AttentionShape& shape) {
  AttentionCall call = {};
  call.qkv = qkv.raw();
  call.B = shape.B, call.T = shape.T, call.NH = shape.NH, call.NK = shape.NK, call.HS = shape.HS;
  call.causal = shape.causal, call.scale = shape.scale;
  call.dropout = shape.dropout, call.dropout_key = shape.dropout_key;
  call.lengths = shape.lengths ? shape.lengths.as<int32_t>() : nullptr;
  call.head_scale = floats_of(shape.head_scale);
  return call;
}

}  // namespace

void CpuBackend::reserve_angles(int64_t last, int64_t HS, float theta) {
  if (last < angle_rows_ && HS == angle_HS_ && theta == angle_theta_) return;
  const int64_t half = HS / 2, rows = std::max<int64_t>(256, last + 1);
  cosines_.resize(static_cast<size_t>(rows * half));
  sines_.resize(static_cast<size_t>(rows * half));
  for (int64_t i = 0; i < half; ++i) {
    const double frequency =
        std::pow(static_cast<double>(theta), -2.0 * static_cast<double>(i) / static_cast<double>(HS));
    for (int64_t position = 0; position < rows; ++position) {
      const double angle = static_cast<double>(position) * frequency;
      cosines_[static_cast<size_t>(position * half + i)] = static_cast<float>(std::cos(angle));
      sines_[static_cast<size_t>(position * half + i)] = static_cast<float>(std::sin(angle));
    }
  }
  angle_rows_ = rows, angle_HS_ = HS, angle_theta_ = theta;
}

void CpuBackend::rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv, const Tensor& positions,
                                      const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                      int64_t HS, float epsilon, float rope_theta) {
  RotateCall call = {};
  call.y = y.raw(), call.x = qkv.raw(), call.stats = floats_of(stats);
  call.gain_q = floats_of(gain_q), call.gain_k = floats_of(gain_k);
  call.NH = NH, call.NK = NK, call.HS = HS, call.epsilon = epsilon;
  if (rope_theta > 0.0f) {
    call.positions = positions.as<int32_t>();
    reserve_angles(*std::max_element(call.positions, call.positions + qkv.rows()), HS, rope_theta);
    call.cosines = cosines_.data(), call.sines = sines_.data();
  }
  for_rows(qkv.rows(), [&](int, Range rows) { of(qkv).rotate_forward(call, rows.begin, rows.end); });
}

void CpuBackend::rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy,
                                       const Tensor& qkv, const Tensor& stats, const Tensor& positions,
                                       const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                       int64_t HS, float rope_theta) {
  require(HS <= 1024, "rotate_heads_backward serves heads of up to 1024 channels");
  RotateCall call = {};
  call.y = dqkv.raw(), call.x = qkv.raw(), call.dy = dy.raw(), call.stats = floats_of(stats);
  call.gain_q = floats_of(gain_q), call.gain_k = floats_of(gain_k);
  call.NH = NH, call.NK = NK, call.HS = HS;
  if (rope_theta > 0.0f) {
    call.positions = positions.as<int32_t>();
    reserve_angles(*std::max_element(call.positions, call.positions + qkv.rows()), HS, rope_theta);
    call.cosines = cosines_.data(), call.sines = sines_.data();
  }
  reserve_scratch(2 * HS);
  team_.run([&](int worker, int workers) {
    std::memset(scratch(worker), 0, static_cast<size_t>(2 * HS) * sizeof(float));
    RotateCall mine = call;
    mine.dgain_q = dgain_q ? scratch(worker) : nullptr;
    mine.dgain_k = dgain_k ? scratch(worker) + HS : nullptr;
    const Range rows = split_range(qkv.rows(), worker, workers);
    of(qkv).rotate_backward(mine, rows.begin, rows.end);
  });
  if (dgain_q) add_partial_sums(dgain_q, 0);
  if (dgain_k) add_partial_sums(dgain_k, HS);
}

void CpuBackend::attention_forward(Tensor out, Tensor lse, const Tensor& qkv, const AttentionShape& shape) {
  AttentionCall call = call_of(qkv, shape);
  call.out = out.raw(), call.lse = lse.as<float>();
  reserve_scratch(of(qkv).attention_scratch(shape.T, shape.HS));
  call.product = bf16_.unit().product;
  for_rows(shape.B * shape.NK, [&](int worker, Range tasks) {
    const Bf16Unit::Use use(bf16_.unit(), qkv.dtype() == DType::bf16);
    for (int64_t task = tasks.begin; task < tasks.end; ++task) {
      of(qkv).attention_forward(call, task / shape.NK, task % shape.NK, scratch(worker));
    }
  });
}

void CpuBackend::attention_backward(Tensor dqkv, const Tensor& dout, const Tensor& out, const Tensor& lse,
                                    const Tensor& qkv, const AttentionShape& shape) {
  AttentionCall call = call_of(qkv, shape);
  call.out = out.raw(), call.lse = lse.as<float>(), call.dout = dout.raw(), call.dqkv = dqkv.raw();
  reserve_scratch(of(qkv).attention_scratch(shape.T, shape.HS));
  call.product = bf16_.unit().product;
  for_rows(shape.B * shape.NK, [&](int worker, Range tasks) {
    const Bf16Unit::Use use(bf16_.unit(), qkv.dtype() == DType::bf16);
    for (int64_t task = tasks.begin; task < tasks.end; ++task) {
      of(qkv).attention_backward(call, task / shape.NK, task % shape.NK, scratch(worker));
    }
  });
}

void CpuBackend::attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                  int64_t past, const AttentionShape& shape) {
  if (past == 0 && shape.T > 1) return attention_of_prompt(out, key_cache, value_cache, qkv, shape);
  const AttentionCall call = call_of(qkv, shape);
  reserve_scratch(shape.NH * (past + shape.T + shape.HS));
  for_rows(shape.NK, [&](int worker, Range heads) {
    of(qkv).attention_cached(out.raw(), key_cache.raw(), value_cache.raw(), call, past, heads.begin,
                             heads.end, scratch(worker));
  });
}

void CpuBackend::attention_of_prompt(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                     AttentionShape shape) {
  const int64_t keys = shape.NH * shape.HS, width = shape.NK * shape.HS;
  const size_t bytes = static_cast<size_t>(width) * size_of(qkv.dtype());
  for_rows(shape.T, [&](int, Range rows) {
    for (int64_t t = rows.begin; t < rows.end; ++t) {
      const int64_t from = t * qkv.columns() + keys;
      std::memcpy(at(key_cache, t * width), at(qkv, from), bytes);
      std::memcpy(at(value_cache, t * width), at(qkv, from + width), bytes);
    }
  });
  prompt_lse_.resize(static_cast<size_t>(shape.NH * shape.T));
  shape.B = 1;
  attention_forward(out, Tensor(prompt_lse_.data(), DType::f32, {1, shape.NH, shape.T}), qkv, shape);
}

void CpuBackend::attention_probabilities(Tensor p, const Tensor& qkv, int64_t b,
                                         const AttentionShape& shape) {
  const AttentionCall call = call_of(qkv, shape);
  for_rows(shape.NH, [&](int, Range heads) {
    for (int64_t h = heads.begin; h < heads.end; ++h) {
      of(qkv).attention_probabilities(p.as<float>() + h * shape.T * shape.T, call, b, h);
    }
  });
}

}  // namespace seedling
