// The embedded default data as text files: see datasets/storyworld/. Called by source.cpp.
#pragma once

#include "data/prepare.h"

namespace seedling {

/// Bytes of training text where the options give none.
constexpr int64_t kStoryworldBytes = 16'000'000;

/// Generates (or finds in the cache) options.size bytes of training documents, and a sixteenth of that, 64 kB
/// to 1 MB, of validation documents that come from another stretch of the same endless row; the floor is the
/// validation text's.
Source storyworld_source(const DataOptions& options, const std::filesystem::path& cache);

}  // namespace seedling
