// The embedded default data as text files: see datasets/storyworld/. Called by source.cpp.
#pragma once

#include "data/prepare.h"

namespace seedling {

/// Bytes of training text where the options give none.
constexpr int64_t kStoryworldBytes = 16'000'000;

/// Generates (or finds in the cache) options.size bytes of training documents, and a 64th of that, 64 to 256
/// kB, of validation documents, which do not depend on the seed; the floor is the validation text's.
Source storyworld_source(const DataOptions& options, const std::filesystem::path& cache);

}  // namespace seedling
