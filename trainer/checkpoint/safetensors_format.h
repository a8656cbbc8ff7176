// What the reader and the writer of safetensors have to agree on (internal to checkpoint/).
#pragma once

#include <cstdint>

namespace seedling {

/// Metadata key under which write_safetensors stores XXH64 of the whole file with these very digits as zeros.
inline constexpr char kChecksumKey[] = "seedling.xxh64";
/// The format's own limit against headers that would eat all memory.
inline constexpr uint64_t kLargestHeader = 100'000'000;

}  // namespace seedling
