// What `seedling data` tells: the list of named sets, and what one of them, a file or a folder holds.
// Called by commands/data.cpp.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/text.h"

namespace seedling {

/// {"data_sets": [{"name", "title", "task", "licence"}...]}, storyworld first.
nlohmann::json list_data();
/// The list for people, one set a line.
std::string list_text(const nlohmann::json& list);

/// Gets a named set into the cache: {"name", "text" | "train", "validation", "test": paths}. Throws Error
/// with the remedy; for an unknown name with the nearest one.
nlohmann::json prepare_named(const std::string& name, int64_t size, uint64_t seed,
                             const std::filesystem::path& cache, const Say& say);

/// Origin, version, licence, files and check sums of a named set; of a file or folder: documents, bytes,
/// characters, SHA-256, and how it would be split.
nlohmann::json describe_data(const std::string& name, const std::filesystem::path& cache, const Say& say);

}  // namespace seedling
