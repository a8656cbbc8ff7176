// The makers of each device's backend. Called by: make_backend.cpp.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace seedling {

std::unique_ptr<Backend> make_cpu_backend(const DeviceOptions& options);

/// Whether `auto` should choose CUDA: built in, and a device answers.
bool cuda_answers();
/// Throws Error when the program was built without CUDA (no_cuda.cpp) or no device answers.
std::unique_ptr<Backend> make_cuda_backend(const DeviceOptions& options);

}  // namespace seedling
