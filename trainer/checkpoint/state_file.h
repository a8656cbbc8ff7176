// trainer_state.json: what a run needs to go on, and the checksums of the files beside it (internal to
// checkpoint/).
//
//   { ...the trainer's own keys..., "files": {"config.json": XXH64, ...}, "checksum": XXH64 of all of this
//   without it }
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/safetensors.h"

namespace seedling {

/// Adds "files" (the small files of `folder`, and `model_checksum` of the model's or adapter's tensors) and
/// "checksum", and writes.
void write_trainer_state(const std::filesystem::path& folder, nlohmann::json state,
                         const std::string& model_checksum);

/// The trainer's own keys. Throws Error when the file is missing, damaged or of another program.
nlohmann::json read_trainer_state(const std::filesystem::path& folder);

/// Compares the files of a checkpoint with the checksums in its trainer_state.json, where there is one of
/// ours. Throws Error naming the file that is not what was saved.
void verify_files(const std::filesystem::path& folder, const Safetensors& model);

}  // namespace seedling
