// The CUDA backend of a program built without CUDA. Chosen by backend/sources.cmake.
#include "backend/devices.h"
#include "base/error.h"

namespace seedling {

bool cuda_answers() { return false; }

std::unique_ptr<Backend> make_cuda_backend(const DeviceOptions&) {
  fail(
      "--device cuda: this program was built without CUDA. Use --device cpu, or install the CUDA Toolkit and "
      "build again.");
}

}  // namespace seedling
