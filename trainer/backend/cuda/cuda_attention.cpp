// Attention on the GPU: bf16 heads of up to 128 channels go to the tensor cores, everything else to the plain
// kernels.
#include <cstdlib>
#include <string>

#include "backend/cuda/cuda_backend.h"
#include "base/error.h"

namespace seedling {

namespace {

constexpr int64_t kRotationRows =
    8192;  // positions in the table of angles; those beyond are worked out on the way

gpu::AttentionCall call_of(const Tensor& qkv, const AttentionShape& shape) {
  require(shape.HS <= 256, "attention on the GPU serves heads of up to 256 channels");
  const int64_t width = (shape.NH + 2 * shape.NK) * shape.HS;
  const std::byte* rows = static_cast<const std::byte*>(qkv.raw());
  const size_t element = size_of(qkv.dtype());
  gpu::AttentionCall call = {};
  call.query = rows;
  call.key = rows + static_cast<size_t>(shape.NH * shape.HS) * element;
  call.value = rows + static_cast<size_t>((shape.NH + shape.NK) * shape.HS) * element;
  call.query_stride = call.key_stride = width;
  call.B = shape.B, call.T = shape.T, call.keys = shape.T;
  call.NH = shape.NH, call.NK = shape.NK, call.HS = shape.HS;
  call.causal = shape.causal, call.scale = shape.scale;
  call.dropout = shape.dropout, call.dropout_key = shape.dropout_key;
  call.lengths = shape.lengths ? shape.lengths.as<int32_t>() : nullptr;
  call.head_scale = shape.head_scale ? shape.head_scale.as<float>() : nullptr;
  return call;
}

}  // namespace

CudaBackend::AttentionUnit CudaBackend::attention_unit(const Tensor& qkv, const AttentionShape& shape) const {
  const char* said = std::getenv("SEEDLING_CUDA_ATTENTION");
  const std::string most = said != nullptr ? said : "wgmma";
  if (most != "wgmma" && most != "mma" && most != "plain")
    fail("SEEDLING_CUDA_ATTENTION is '", most, "'; there are wgmma, mma and plain");
  if (qkv.dtype() != DType::bf16 || shape.HS > gpu::kTileHeadSize || shape.HS % 8 != 0 || facts_.major < 8 ||
      most == "plain")
    return AttentionUnit::plain;
#if defined(SEEDLING_CUDA_WGMMA)
  // Panels of 64 channels: of no use to the smallest heads.
  if (facts_.major == 9 && shape.HS > 32 && most != "mma") return AttentionUnit::wgmma;
#endif
  return AttentionUnit::mma;
}

void CudaBackend::attention_forward(Tensor out, Tensor lse, const Tensor& qkv, const AttentionShape& shape) {
  gpu::AttentionCall call = call_of(qkv, shape);
  call.out = out.raw(), call.lse = lse.as<float>();
  switch (attention_unit(qkv, shape)) {
    case AttentionUnit::plain:
      gpu::attention_forward_plain(stream(), qkv.dtype(), call);
      break;
    case AttentionUnit::mma:
      gpu::attention_forward_mma(stream(), call);
      break;
    case AttentionUnit::wgmma:
#if defined(SEEDLING_CUDA_WGMMA)
      gpu::attention_forward_wgmma(stream(), call);
#endif
      break;
  }
  runtime_.started("attention_forward");
}

void CudaBackend::attention_backward(Tensor dqkv, const Tensor& dout, const Tensor& out, const Tensor& lse,
                                     const Tensor& qkv, const AttentionShape& shape) {
  gpu::AttentionCall call = call_of(qkv, shape);
  const size_t element = size_of(qkv.dtype());
  std::byte* rows = static_cast<std::byte*>(dqkv.raw());
  call.dquery = rows;
  call.dkey = rows + static_cast<size_t>(shape.NH * shape.HS) * element;
  call.dvalue = rows + static_cast<size_t>((shape.NH + shape.NK) * shape.HS) * element;
  call.out = out.raw(), call.lse = lse.as<float>(), call.dout = dout.raw();
  call.dots = scratch<float>(shape.B * shape.NH * shape.T);
  switch (attention_unit(qkv, shape)) {
    case AttentionUnit::plain:
      gpu::attention_backward_plain(stream(), qkv.dtype(), call);
      break;
    case AttentionUnit::mma:
      gpu::attention_backward_mma(stream(), call);
      break;
    case AttentionUnit::wgmma:
#if defined(SEEDLING_CUDA_WGMMA)
      gpu::attention_backward_wgmma(stream(), call);
#endif
      break;
  }
  runtime_.started("attention_backward");
}

void CudaBackend::attention_cached(Tensor out, Tensor key_cache, Tensor value_cache, const Tensor& qkv,
                                   int64_t past, const AttentionShape& shape) {
  gpu::AttentionCall call = call_of(qkv, shape);
  const int64_t width = shape.NK * shape.HS;
  gpu::store_keys(stream(), qkv.dtype(), key_cache.raw(), value_cache.raw(), call.key, call.value,
                  call.key_stride, past, shape.T, width);
  call.key = key_cache.raw(), call.value = value_cache.raw();
  call.key_stride = width, call.keys = past + shape.T, call.past = past;
  call.causal = true;
  call.out = out.raw();
  gpu::attention_forward_plain(stream(), qkv.dtype(), call);
  runtime_.started("attention_cached");
}

void CudaBackend::attention_probabilities(Tensor p, const Tensor& qkv, int64_t b,
                                          const AttentionShape& shape) {
  gpu::attention_probabilities(stream(), qkv.dtype(), p.as<float>(), b, call_of(qkv, shape));
  runtime_.started("attention_probabilities");
}

// --- rotation
// -----------------------------------------------------------------------------------------------------

const float* CudaBackend::rotation(int64_t HS, float theta) {
  for (const Rotation& rotation : rotations_) {
    if (rotation.HS == HS && rotation.theta == theta) return rotation.table;
  }
  float* table = static_cast<float*>(take(static_cast<size_t>(kRotationRows * HS) * sizeof(float)));
  gpu::rotation_table(stream(), table, kRotationRows, HS, theta);
  rotations_.push_back({HS, theta, table});
  return table;
}

gpu::RotateCall CudaBackend::rotate_call(const Tensor& qkv, const Tensor& positions, const Tensor& gain_q,
                                         const Tensor& gain_k, int64_t NH, int64_t NK, int64_t HS,
                                         float rope_theta) {
  gpu::RotateCall call = {};
  call.x = qkv.raw();
  call.gain_q = gain_q ? gain_q.as<float>() : nullptr;
  call.gain_k = gain_k ? gain_k.as<float>() : nullptr;
  call.N = qkv.rows(), call.NH = NH, call.NK = NK, call.HS = HS;
  if (rope_theta > 0.0f) {
    call.positions = positions.as<int32_t>();
    call.table = rotation(HS, rope_theta), call.table_rows = kRotationRows;
    call.theta = rope_theta;
  }
  return call;
}

void CudaBackend::rotate_heads_forward(Tensor y, Tensor stats, const Tensor& qkv, const Tensor& positions,
                                       const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                       int64_t HS, float epsilon, float rope_theta) {
  gpu::RotateCall call = rotate_call(qkv, positions, gain_q, gain_k, NH, NK, HS, rope_theta);
  call.y = y.raw(), call.stats = stats ? stats.as<float>() : nullptr, call.epsilon = epsilon;
  gpu::rotate_forward(stream(), qkv.dtype(), call);
  runtime_.started("rotate_heads_forward");
}

void CudaBackend::rotate_heads_backward(Tensor dqkv, Tensor dgain_q, Tensor dgain_k, const Tensor& dy,
                                        const Tensor& qkv, const Tensor& stats, const Tensor& positions,
                                        const Tensor& gain_q, const Tensor& gain_k, int64_t NH, int64_t NK,
                                        int64_t HS, float rope_theta) {
  gpu::RotateCall call = rotate_call(qkv, positions, gain_q, gain_k, NH, NK, HS, rope_theta);
  call.y = dqkv.raw(), call.dy = dy.raw(), call.stats = stats ? stats.as<float>() : nullptr;
  if (dgain_q || dgain_k) {
    gpu::rotate_backward_gains(stream(), qkv.dtype(), dgain_q ? dgain_q.as<float>() : nullptr,
                               dgain_k ? dgain_k.as<float>() : nullptr,
                               scratch<float>(gpu::rotate_scratch(call)), call);
  }
  gpu::rotate_backward(stream(), qkv.dtype(), call);
  runtime_.started("rotate_heads_backward");
}

}  // namespace seedling
