// The ids that the count models look at. Shared by ngram.cpp and ngram_masked.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace seedling {

/// All ids of a file, or `limit` of them in blocks spread evenly (saying so; `what`: "training",
/// "validation").
std::vector<int32_t> ids_for_counting(const TokenFile& tokens, int64_t limit, const char* what,
                                      const std::function<void(const std::string&)>& say);

}  // namespace seedling
