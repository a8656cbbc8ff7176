// Whether a GPU answers, and the backend on it. In place of backend/no_cuda.cpp where the program is built
// with CUDA.
#include <cstdlib>
#include <cstring>

#include "backend/cuda/cuda_backend.h"
#include "backend/devices.h"
#include "base/error.h"

namespace seedling {

bool cuda_answers() { return gpu::why_no_device().empty(); }

std::unique_ptr<Backend> make_cuda_backend(const DeviceOptions& options) {
  const gpu::DeviceFacts facts = gpu::device_facts();
  const bool tensor_cores = facts.major >= 8;
  if (options.precision == "bf16" && !tensor_cores) {
    fail("--precision bf16 needs a GPU of compute capability 8.0 or newer; ", facts.name, " has ",
         facts.major, ".", facts.minor, ". Use --precision fp32.");
  }
  const bool bf16 = options.precision == "bf16" || (options.precision == "auto" && tensor_cores);
  const char* tf32 = std::getenv("SEEDLING_TF32");
  return std::make_unique<CudaBackend>(bf16 ? DType::bf16 : DType::f32,
                                       tf32 != nullptr && std::strcmp(tf32, "1") == 0);
}

}  // namespace seedling
