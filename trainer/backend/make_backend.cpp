// Picks the device that the flags of a command ask for. See DeviceOptions in backend.h.
#include "backend/devices.h"
#include "base/error.h"

namespace seedling {

std::unique_ptr<Backend> make_backend(const DeviceOptions& options) {
  if (options.precision != "auto" && options.precision != "fp32" && options.precision != "bf16") {
    fail_usage("--precision ", options.precision, " does not exist: use auto, fp32 or bf16.");
  }
  if (options.threads < 0)
    fail_usage("--threads ", options.threads, " is negative: use 0 (every core) or more.");
  if (options.device == "cpu") return make_cpu_backend(options);
  if (options.device == "cuda") return make_cuda_backend(options);
  if (options.device == "auto")
    return cuda_answers() ? make_cuda_backend(options) : make_cpu_backend(options);
  fail_usage("--device ", options.device, " does not exist: use auto, cpu or cuda.");
}

}  // namespace seedling
