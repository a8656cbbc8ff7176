// Writing a checkpoint directory.
#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/folder.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/state_file.h"
#include "checkpoint/weights.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// generation_config.json. Sampling settings are left out: transformers refuses to save them without
/// do_sample.
json generation_config(const ModelConfig& config, const SpecialTokens& special) {
  json result = json::object();
  if (special.bos >= 0) result["bos_token_id"] = special.bos;
  if (special.eos >= 0) result["eos_token_id"] = special.eos;
  if (special.pad >= 0) result["pad_token_id"] = special.pad;
  // A learned position table ends at the context: a default beyond it would raise an IndexError there.
  if (config.causal) result["max_new_tokens"] = std::clamp<int64_t>(config.context_length / 2, 1, 200);
  return result;
}

TensorSource constant_source(const TensorEntry& entry) {
  return {entry.name, entry.shape(),
          [entry](float* values) { std::fill_n(values, entry.size(), entry.constant); }};
}

TensorSource tensor_source(const TensorEntry& entry, Backend& backend, const Tensor& tensor) {
  return {entry.name, entry.shape(), [entry, &backend, tensor](float* values) {
            to_file_layout(values, download(backend, tensor), entry);
          }};
}

std::string write_model(const fs::path& path, Model& model) {
  std::vector<TensorSource> sources;
  for (const TensorEntry& entry : checkpoint_entries(model)) {
    const Parameter* parameter = model.parameters().find(entry.parameter);
    sources.push_back(parameter ? tensor_source(entry, model.backend(), parameter->value)
                                : constant_source(entry));
  }
  return write_safetensors(path, std::move(sources));
}

}  // namespace

std::vector<StateEntry> state_entries(Model& model, const std::vector<NamedTensor>& tensors) {
  const std::vector<TensorEntry> entries = checkpoint_entries(model);
  std::vector<StateEntry> result;
  for (const NamedTensor& named : tensors) {
    const Parameter* owner =
        nullptr;  // of "blocks.0.mlp.up.weight.adamw.m": the parameter its name begins with
    for (const Parameter& parameter : model.parameters().all())
      if (named.name.rfind(parameter.name + ".", 0) == 0 && named.tensor.size() == parameter.size())
        owner = &parameter;
    if (owner == nullptr) {
      TensorEntry whole{named.name, named.name, 0, named.tensor.size()};
      whole.vector = true;
      result.push_back({whole, named.tensor});
      continue;
    }
    const size_t before = result.size();
    for (TensorEntry entry : entries) {
      if (entry.parameter != owner->name || entry.copy) continue;
      entry.name += named.name.substr(owner->name.size());
      result.push_back({entry, named.tensor});
    }
    if (result.size() > before) continue;
    TensorEntry own{named.name, named.name, 0, named.tensor.size()};  // of a low-rank update: no checkpoint's
    own.vector = true;
    result.push_back({own, named.tensor});
  }
  return result;
}

void write_optimizer(const fs::path& folder, Model& model, const std::vector<NamedTensor>& optimizer) {
  if (optimizer.empty()) return;
  std::vector<TensorSource> sources;
  for (const StateEntry& state : state_entries(model, optimizer))
    sources.push_back(tensor_source(state.entry, model.backend(), state.tensor));
  write_safetensors(folder / "optimizer.safetensors", std::move(sources));
}

void save_checkpoint(const fs::path& folder, Model& model, const Tokenizer& tokenizer,
                     const json& trainer_state, const std::vector<NamedTensor>& optimizer) {
  FolderWriter writer(folder);
  write_json_atomic(writer.path() / "config.json", config_to_json(model.config(), tokenizer.special()));
  write_json_atomic(writer.path() / "generation_config.json",
                    generation_config(model.config(), tokenizer.special()));
  save_tokenizer(tokenizer, writer.path());
  const std::string model_checksum = write_model(writer.path() / "model.safetensors", model);
  write_optimizer(writer.path(), model, optimizer);
  if (!trainer_state.is_null()) write_trainer_state(writer.path(), trainer_state, model_checksum);
  writer.commit();
}

}  // namespace seedling
