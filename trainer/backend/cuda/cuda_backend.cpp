// The CUDA backend's memory: see cuda_backend.h. The ops are in cuda_linear.cpp, cuda_rows.cpp,
// cuda_attention.cpp and cuda_parameters.cpp.
#include "backend/cuda/cuda_backend.h"

#include <algorithm>

#include "base/error.h"

namespace seedling {

CudaBackend::CudaBackend(DType activation_type, bool tf32)
    : activation_type_(activation_type), tf32_(tf32), facts_(gpu::device_facts()), gemm_(runtime_) {
  norms_ = static_cast<double*>(take((1 + gpu::kNormPartials) * sizeof(double)));
}

CudaBackend::~CudaBackend() {
  for (const auto& [memory, slab] : slabs_) {
    if (slab.bf16 != nullptr) runtime_.release(slab.bf16);
  }
  for (const Rotation& rotation : rotations_) runtime_.release(rotation.table);
  if (scratch_ != nullptr) runtime_.release(scratch_);
  if (norms_ != nullptr) runtime_.release(norms_);
}

std::string CudaBackend::description() const {
  return concat(facts_.name, ", ", facts_.memory >> 30, " GiB, compute capability ", facts_.major, ".",
                facts_.minor, ", ",
                activation_type_ == DType::bf16 ? "bf16"
                : tf32_                         ? "tf32"
                                                : "fp32",
                ", ", gemm_.library());
}

void* CudaBackend::take(size_t bytes) {
  void* memory = runtime_.allocate(bytes);
  if (memory != nullptr) return memory;
  const gpu::MemoryFacts facts = runtime_.memory();
  const size_t missing = bytes > facts.free ? bytes - facts.free : 0;
  fail("Not enough memory on the GPU: ", bytes >> 20, " MiB more were asked for, ", facts.free >> 20, " of ",
       facts.total >> 20, " MiB are free",
       missing > 0 ? concat(" (", (missing >> 20) + 1, " MiB too few)") : " but not in one piece",
       ". Use a smaller --batch-size (with more --grad-accumulation the step stays the same), a smaller "
       "--context-length or a smaller model.");
}

void* CudaBackend::allocate(size_t bytes) {
  void* memory = take(bytes);
  runtime_.clear(memory, bytes);
  slabs_[static_cast<const std::byte*>(memory)] = {bytes, nullptr, false};
  return memory;
}

void CudaBackend::release(void* memory, size_t) {
  const auto found = slabs_.find(static_cast<const std::byte*>(memory));
  if (found == slabs_.end()) return;
  if (found->second.bf16 != nullptr) runtime_.release(found->second.bf16);
  slabs_.erase(found);
  runtime_.release(memory);
}

void CudaBackend::copy_to_device(void* device, const void* host, size_t bytes) {
  runtime_.upload(device, host, bytes);
}

void CudaBackend::copy_to_host(void* host, const void* device, size_t bytes) {
  runtime_.download(host, device, bytes);
}

void CudaBackend::parameters_changed() {
  for (auto& [memory, slab] : slabs_) slab.fresh = false;
}

namespace {

struct CudaRecording final : Recording {
  std::unique_ptr<gpu::Graph> graph;
  int64_t scratch_moves = 0;
};

}  // namespace

void CudaBackend::repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& work) {
  if (!runtime_.can_record()) return work();
  // Copies that are old are not a part of the work: whether one is depends on what came before.
  for (auto& [memory, slab] : slabs_) {
    if (slab.bf16 != nullptr) refresh(memory, slab);
  }
  auto* kept = static_cast<CudaRecording*>(recording.get());
  if (kept == nullptr || kept->scratch_moves != scratch_moves_) {
    auto made = std::make_unique<CudaRecording>();
    made->graph = runtime_.record(work);
    made->scratch_moves = scratch_moves_;
    kept = made.get();
    recording = std::move(made);
  }
  runtime_.start(*kept->graph);
  runtime_.started("a recorded step");
}

void* CudaBackend::scratch_bytes(size_t bytes) {
  if (bytes > scratch_size_) {
    if (scratch_ != nullptr) runtime_.release(scratch_);
    scratch_ = nullptr, scratch_size_ = 0;
    scratch_ = take(bytes);
    scratch_size_ = bytes;
    ++scratch_moves_;
  }
  return scratch_;
}

const void* CudaBackend::operand(const Tensor& parameter) {
  if (activation_type_ == DType::f32 || !parameter) return parameter.raw();
  const std::byte* at = static_cast<const std::byte*>(parameter.raw());
  auto found = slabs_.upper_bound(at);
  require(found != slabs_.begin(), "a weight lies in memory of its backend");
  --found;
  Slab& slab = found->second;
  const size_t offset = static_cast<size_t>(at - found->first);
  require(offset + parameter.bytes() <= slab.bytes, "a weight lies in memory of its backend");
  if (slab.bf16 == nullptr) slab.bf16 = take(slab.bytes / 2);
  refresh(found->first, slab);
  return static_cast<const std::byte*>(slab.bf16) + offset / 2;
}

void CudaBackend::refresh(const std::byte* memory, Slab& slab) {
  if (slab.fresh) return;
  gpu::convert(stream(), DType::bf16, slab.bf16, DType::f32, memory, static_cast<int64_t>(slab.bytes / 4));
  runtime_.started("converting the weights to bf16");
  slab.fresh = true;
}

}  // namespace seedling
