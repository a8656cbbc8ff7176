// Ops on rows and elements on the GPU: tables, norms, activations, dropout, loss. Each starts its kernel and
// returns.
#include "backend/cuda/cuda_backend.h"
#include "base/error.h"

namespace seedling {

namespace {

const float* floats_or_null(const Tensor& t) { return t ? t.as<float>() : nullptr; }

}  // namespace

// --- tables
// -------------------------------------------------------------------------------------------------------

void CudaBackend::gather_rows(Tensor y, const Tensor& table, const Tensor& index, bool accumulate) {
  gpu::gather_rows(stream(), y.dtype(), y.raw(), table.as<float>(), index.as<int32_t>(), y.rows(),
                   y.columns(), accumulate);
  runtime_.started("gather_rows");
}

void CudaBackend::scatter_add_rows(Tensor dtable, const Tensor& index, const Tensor& dy) {
  const int64_t N = dy.rows(), C = dy.columns();
  gpu::scatter_add_rows(stream(), dy.dtype(), dtable.as<float>(), scratch_bytes(gpu::scatter_scratch(N, C)),
                        index.as<int32_t>(), dy.raw(), N, C, dtable.rows());
  runtime_.started("scatter_add_rows");
}

void CudaBackend::pick_rows(Tensor y, const Tensor& x, const Tensor& index) {
  gpu::pick_rows(stream(), y.dtype(), y.raw(), x.raw(), index.as<int32_t>(), y.rows(), y.columns());
  runtime_.started("pick_rows");
}

void CudaBackend::unpick_rows(Tensor dx, const Tensor& dy, const Tensor& index) {
  gpu::unpick_rows(stream(), dy.dtype(), dx.raw(), dy.raw(), index.as<int32_t>(), dy.rows(), dy.columns());
  runtime_.started("unpick_rows");
}

// --- normalisation
// ------------------------------------------------------------------------------------------------

void CudaBackend::norm_forward(Tensor y, Tensor stats, const Tensor& x, const Tensor& gain,
                               const Tensor& bias, NormKind kind, float epsilon) {
  gpu::norm_forward(stream(), x.dtype(), y.raw(), stats.as<float>(), x.raw(), floats_or_null(gain),
                    floats_or_null(bias), x.rows(), x.columns(), kind, epsilon);
  runtime_.started("norm_forward");
}

void CudaBackend::norm_backward(Tensor dx, Tensor dgain, Tensor dbias, const Tensor& dy, const Tensor& x,
                                const Tensor& stats, const Tensor& gain, NormKind kind, bool accumulate) {
  gpu::NormBackward call = {};
  call.dx = dx.raw(), call.dy = dy.raw(), call.x = x.raw();
  call.dgain = dgain ? dgain.as<float>() : nullptr, call.dbias = dbias ? dbias.as<float>() : nullptr;
  call.stats = stats.as<float>(), call.gain = floats_or_null(gain);
  call.N = x.rows(), call.C = x.columns(), call.kind = kind, call.accumulate = accumulate;
  call.scratch = scratch<float>(gpu::norm_backward_scratch(call.N, call.C));
  call.shared_memory = facts_.shared_per_block;
  gpu::norm_backward(stream(), x.dtype(), call);
  runtime_.started("norm_backward");
}

// --- element by element
// -------------------------------------------------------------------------------------------

void CudaBackend::activation_forward(Tensor y, const Tensor& x, Activation activation) {
  gpu::activation_forward(stream(), x.dtype(), y.raw(), x.raw(), x.size(), activation);
  runtime_.started("activation_forward");
}

void CudaBackend::activation_backward(Tensor dx, const Tensor& dy, const Tensor& x, Activation activation) {
  gpu::activation_backward(stream(), x.dtype(), dx.raw(), dy.raw(), x.raw(), x.size(), activation);
  runtime_.started("activation_backward");
}

void CudaBackend::gated_forward(Tensor y, const Tensor& gate_up, Activation activation) {
  gpu::gated_forward(stream(), y.dtype(), y.raw(), gate_up.raw(), y.rows(), y.columns(), activation);
  runtime_.started("gated_forward");
}

void CudaBackend::gated_backward(Tensor dgate_up, const Tensor& dy, const Tensor& gate_up,
                                 Activation activation) {
  gpu::gated_backward(stream(), dy.dtype(), dgate_up.raw(), dy.raw(), gate_up.raw(), dy.rows(), dy.columns(),
                      activation);
  runtime_.started("gated_backward");
}

void CudaBackend::dropout(Tensor y, const Tensor& x, float p, uint64_t key) {
  require(p >= 0.0f && p < 1.0f, "dropout's p is in [0, 1)");
  gpu::dropout(stream(), x.dtype(), y.raw(), x.raw(), x.size(), p, key);
  runtime_.started("dropout");
}

void CudaBackend::add(Tensor y, const Tensor& a, const Tensor& b) {
  gpu::add(stream(), y.dtype(), y.raw(), a.raw(), b.raw(), y.size());
  runtime_.started("add");
}

void CudaBackend::copy(Tensor y, const Tensor& x) {
  if (x.dtype() == y.dtype()) {
    runtime_.copy(y.raw(), x.raw(), x.bytes());
  } else {
    gpu::convert(stream(), y.dtype(), y.raw(), x.dtype(), x.raw(), x.size());
  }
  runtime_.started("copy");
}

void CudaBackend::fill(Tensor y, float value) {
  if (value == 0.0f) {
    runtime_.clear(y.raw(), y.bytes());
  } else {
    gpu::fill(stream(), y.dtype(), y.raw(), y.size(), value);
  }
  runtime_.started("fill");
}

void CudaBackend::scale(Tensor y, float factor) {
  gpu::scale(stream(), y.dtype(), y.raw(), y.size(), factor);
  runtime_.started("scale");
}

void CudaBackend::shift_forward(Tensor y, const Tensor& x, const Tensor& s, int64_t T) {
  gpu::shift_forward(stream(), x.dtype(), y.raw(), x.raw(), s.as<float>(), x.rows(), x.columns(), T);
  runtime_.started("shift_forward");
}

void CudaBackend::shift_backward(Tensor dx, Tensor ds, const Tensor& dy, const Tensor& x, const Tensor& s,
                                 int64_t T, bool accumulate) {
  const int64_t N = x.rows(), C = x.columns();
  if (ds) {
    gpu::shift_backward_parameter(stream(), x.dtype(), ds.as<float>(),
                                  scratch<float>(gpu::column_scratch(N, C, 1)), dy.raw(), x.raw(), N, C, T);
  }
  gpu::shift_backward(stream(), x.dtype(), dx.raw(), dy.raw(), s.as<float>(), N, C, T, accumulate);
  runtime_.started("shift_backward");
}

// --- loss
// ---------------------------------------------------------------------------------------------------------

void CudaBackend::softmax_cross_entropy(Tensor losses, Tensor logits, const Tensor& targets,
                                        float gradient_scale) {
  gpu::softmax_cross_entropy(stream(), logits.dtype(), losses.as<float>(), logits.raw(),
                             targets.as<int32_t>(), logits.rows(), logits.columns(), gradient_scale,
                             facts_.shared_per_block);
  runtime_.started("softmax_cross_entropy");
}

void CudaBackend::softmax(Tensor logits) {
  gpu::softmax(stream(), logits.dtype(), logits.raw(), logits.rows(), logits.columns());
  runtime_.started("softmax");
}

void CudaBackend::argmax_rows(Tensor index, const Tensor& x) {
  gpu::argmax_rows(stream(), x.dtype(), index.as<int32_t>(), x.raw(), x.rows(), x.columns());
  runtime_.started("argmax_rows");
}

}  // namespace seedling
