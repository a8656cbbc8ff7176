// The CPU backend's making, memory and scratch. See cpu_backend.h; the ops are in cpu_linear.cpp,
// cpu_rows.cpp, cpu_attention.cpp and cpu_parameters.cpp.
#include "backend/cpu/cpu_backend.h"

#include <cstdlib>
#include <cstring>

#include "backend/cpu/blas.h"
#include "backend/cpu/machine.h"
#include "backend/devices.h"
#include "base/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace seedling {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

/// Zeroed memory; large blocks start at a huge page and ask for huge pages, which saves TLB misses on every
/// pass over the parameters.
void* zeroed_memory(size_t bytes) {
  const size_t alignment = bytes >= kHugePage ? kHugePage : 64;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) return nullptr;
#if defined(__linux__)
  if (alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  std::memset(memory, 0, bytes);
  return memory;
}

}  // namespace

CpuBackend::CpuBackend(int threads, DType activation_type)
    : activation_type_(activation_type),
      isa_(choose_kernels()),
      team_(threads),
      bf16_(isa_, team_),
      muon_(isa_, bf16_.unit(), team_),
      scratch_(static_cast<size_t>(threads)) {
  blas_info();  // loads the library, or says now what is missing
}

void* CpuBackend::allocate(size_t bytes) {
  void* memory = zeroed_memory(bytes);
  if (memory == nullptr) {
    fail("Not enough memory: ", bytes >> 20,
         " MiB more were refused. Use a smaller --batch-size, --context-length or model.");
  }
  return memory;
}

void CpuBackend::release(void* memory, size_t bytes) {
  bf16_.forget(memory, bytes);
  std::free(memory);
}

void CpuBackend::copy_to_device(void* device, const void* host, size_t bytes) {
  std::memcpy(device, host, bytes);
}

void CpuBackend::copy_to_host(void* host, const void* device, size_t bytes) {
  std::memcpy(host, device, bytes);
}

void CpuBackend::reserve_scratch(int64_t floats) {
  const size_t wanted = static_cast<size_t>(floats);
  if (scratch_[0].size() >= wanted) return;
  // Each worker touches its own first, so that the memory lies near its core.
  team_.run([&](int worker, int) { scratch_[static_cast<size_t>(worker)] = std::vector<float>(wanted); });
}

void CpuBackend::add_partial_sums(Tensor sum, int64_t offset) {
  float* to = sum.as<float>();
  const int64_t n = sum.size();
  for (int worker = 0; worker < team_.size(); ++worker) {
    const float* part = scratch(worker) + offset;
    for (int64_t i = 0; i < n; ++i) to[i] += part[i];
  }
}

std::unique_ptr<Backend> make_cpu_backend(const DeviceOptions& options) {
  const DType type = options.precision == "bf16" ? DType::bf16 : DType::f32;
  return std::make_unique<CpuBackend>(options.threads > 0 ? options.threads : cpu_info().cores, type);
}

}  // namespace seedling
