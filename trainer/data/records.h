// Rows of JSON-lines, CSV and TSV files as JSON objects, one at a time. Called by examples.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace seedling {

/// The longest line that is read.
constexpr size_t kLongestLine = size_t{8} << 20;

/// Calls `take(line number, object)` for each row. `name` stands in the errors (Error, with the line).
using TakeRecord = std::function<void(int64_t, nlohmann::json&&)>;

/// One JSON object a line; empty lines are passed over.
void read_json_lines(const std::string& name, std::string_view bytes, const TakeRecord& take);

/// RFC 4180: fields between commas, in quotation marks where they hold commas, quotes (doubled) or line
/// breaks.
void read_csv(const std::string& name, std::string_view bytes, const TakeRecord& take);

/// Fields between tabs, nothing quoted.
void read_tsv(const std::string& name, std::string_view bytes, const TakeRecord& take);

}  // namespace seedling
