// Checkpoints: directories that Hugging Face's transformers opens as they are, and from which a run resumes
// bit for bit.
//
//   config.json  model.safetensors  tokenizer.json  tokenizer_config.json  generation_config.json
//   trainer_state.json  optimizer.safetensors          (the last two only where training can go on)
//
// A save is atomic: everything is written into a folder aside, flushed, then the folder is renamed.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "model/model.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// Hugging Face's config.json <-> ModelConfig. Throws Error naming the key that cannot be honoured.
ModelConfig config_from_json(const nlohmann::json& json, const std::string& file_name);
nlohmann::json config_to_json(const ModelConfig& config, const SpecialTokens& special);

/// A directory of a checkpoint, of any supported Hugging Face model, or of a run (then: its best, else its
/// latest). Throws Error saying what is missing and what would be accepted.
std::filesystem::path resolve_model_dir(const std::filesystem::path& path);

/// Reads the config alone.
ModelConfig load_config(const std::filesystem::path& model_dir);
/// Fills the parameters from model.safetensors (or shards). Throws Error naming tensor and file on any
/// mismatch; with `allow_new_head`, a missing task head keeps its initial values, and its name is returned.
std::vector<std::string> load_parameters(Model& model, const std::filesystem::path& model_dir,
                                         bool allow_new_head = false);

/// A model with its tokenizer, ready to be asked. The backend must outlive it.
struct LoadedModel {
  std::filesystem::path folder;  // the model directory itself (of a run: its best or latest checkpoint)
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Model> model;
};
/// resolve_model_dir, load_config, load_tokenizer and load_parameters in one.
LoadedModel load_model(const std::filesystem::path& path, Backend& backend, bool training = false);

/// Named tensors besides the model's (optimizer moments), saved in optimizer.safetensors by these names.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Writes a checkpoint directory `folder` atomically; a folder that holds anything but a checkpoint is not
/// replaced. `trainer_state` must be an object without the keys "files" and "checksum", which are added.
/// `trainer_state` null and no optimizer tensors: a model alone.
void save_checkpoint(const std::filesystem::path& folder, Model& model, const Tokenizer& tokenizer,
                     const nlohmann::json& trainer_state, const std::vector<NamedTensor>& optimizer);
/// Reads optimizer tensors back into place (all must be there, with the same shapes) and returns
/// trainer_state.json.
nlohmann::json load_training_state(const std::filesystem::path& folder, Model& model,
                                   const std::vector<NamedTensor>& optimizer);
/// Removes what killed saves left behind; called once when a run starts or resumes (folder.h).
void clean_checkpoints(const std::filesystem::path& checkpoints);
/// Points RUN/checkpoints/NAME ("latest", "best") at a checkpoint folder, atomically.
void link_checkpoint(const std::filesystem::path& checkpoints, const std::string& name,
                     const std::string& target);

}  // namespace seedling
