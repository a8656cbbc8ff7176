// Reading a model directory: ours, or any Hugging Face one of a supported kind.
#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/adapter.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/state_file.h"
#include "checkpoint/weights.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// The stored tensor of an entry under any of its published names; null when there is none.
const StoredTensor* find_stored(const Safetensors& file, const TensorEntry& entry,
                                const ModelConfig& config) {
  if (config.model_type == "seedling") return file.find(entry.name);
  for (const std::string& name : name_variants(entry.name, config))
    if (const StoredTensor* found = file.find(name)) return found;
  return nullptr;
}

void check_shape(const StoredTensor& stored, const TensorEntry& entry) {
  if (stored.shape == entry.shape()) return;
  fail(stored.file, ": tensor '", stored.name, "' has the shape ", describe_shape(stored.shape),
       "; by config.json ", describe_shape(entry.shape()),
       " was expected. The two files do not belong together.");
}

[[noreturn]] void complain_missing(const Safetensors& file, const TensorEntry& entry) {
  fail(file.path().string(), ": there is no tensor '", entry.name, "' of the expected shape ",
       describe_shape(entry.shape()),
       entry.head ? ": this model lacks the head that is asked for; fine-tuning makes one."
                  : ". The file does not belong to config.json, or is incomplete.");
}

bool same_bytes(const StoredTensor& a, const StoredTensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && std::memcmp(a.data, b.data, a.bytes) == 0;
}

/// What the model does not use must be known to be harmless, and a tied matrix stored twice must be the same
/// twice.
void check_leftovers(const Safetensors& file, const std::set<std::string>& used, const ModelConfig& config,
                     const StoredTensor* embedding) {
  const bool language =
      config.head == HeadKind::language_model || config.head == HeadKind::masked_language_model;
  for (const StoredTensor& stored : file.tensors()) {
    if (used.count(stored.name) > 0) continue;
    const bool tied = stored.name == "lm_head.weight" || stored.name == "cls.predictions.decoder.weight" ||
                      stored.name == "vocab_projector.weight";
    if (tied && language && config.tie_embeddings && embedding != nullptr && !same_bytes(stored, *embedding))
      fail(stored.file, ": tensor '", stored.name, "' differs from '", embedding->name,
           "', although config.json says "
           "tie_word_embeddings. Set tie_word_embeddings to false there if the head is a matrix of its own.");
    if (stored.name == "cls.predictions.decoder.bias" && language && config.tie_embeddings) {
      const StoredTensor* bias = file.find("cls.predictions.bias");
      if (bias != nullptr && !same_bytes(stored, *bias))
        fail(stored.file, ": tensor '", stored.name,
             "' differs from 'cls.predictions.bias'; one of them is wrong.");
    }
    if (config.model_type == "seedling" || !can_be_dropped(stored.name, config))
      fail(stored.file, ": tensor '", stored.name, "' ", describe_shape(stored.shape),
           " has no place in a model of this "
           "config.json. The two files do not belong together, or the model is of a kind that is not "
           "supported.");
  }
}

/// A tensor for which this model has no parameter must hold the one value that means 'none'.
void check_constant(const StoredTensor& stored, const TensorEntry& entry) {
  const std::vector<float> values = stored.floats();
  if (std::any_of(values.begin(), values.end(), [&](float value) { return value != entry.constant; }))
    fail(stored.file, ": tensor '", stored.name, "' should hold only ", entry.constant,
         ", as the key 'seedling' of config.json "
         "says. If the model was trained elsewhere since, remove that key.");
}

/// The base's parameters with the adapter added to them.
std::vector<std::string> load_merged(Model& model, const fs::path& folder, bool allow_new_head) {
  const Adapter adapter = read_adapter(folder, model.config());
  std::vector<std::string> fresh = load_parameters(model, adapter.base, true);
  merge_adapter(model, adapter);
  const auto filled = [&](const std::string& name) { return adapter.whole.count(name) > 0; };
  fresh.erase(std::remove_if(fresh.begin(), fresh.end(), filled), fresh.end());
  if (!fresh.empty() && !allow_new_head)
    fail(folder.string(), ": neither this adapter nor its base holds '", fresh.front(),
         "', a part of the head that is asked for.");
  return fresh;
}

}  // namespace

ModelConfig load_config(const fs::path& model_dir) {
  if (is_adapter(model_dir)) return adapter_config(model_dir);
  const fs::path path = model_dir / "config.json";
  const Safetensors file = Safetensors::open_model(model_dir, false);
  verify_files(model_dir, file);
  const ModelConfig config = config_from_json(read_json(path), path.string());
  // The sizes are a stranger's until the file bears them out: nothing is allocated before.
  if (config.model_type != "seedling")
    for (const TensorEntry& entry : tensor_entries(config)) {
      if (entry.copy) continue;
      const StoredTensor* stored = find_stored(file, entry, config);
      if (stored != nullptr) check_shape(*stored, entry);
      if (stored == nullptr && !entry.head) complain_missing(file, entry);
    }
  return config;
}

std::vector<std::string> load_parameters(Model& model, const fs::path& model_dir, bool allow_new_head) {
  if (is_adapter(model_dir)) return load_merged(model, model_dir, allow_new_head);
  const Safetensors file = Safetensors::open_model(model_dir);
  const ModelConfig& config = model.config();
  std::set<std::string> used, fresh;
  const StoredTensor* embedding = nullptr;
  std::vector<float> values;  // of the parameter whose entries are being read
  std::vector<TensorEntry> entries = checkpoint_entries(model);
  entries.erase(
      std::remove_if(entries.begin(), entries.end(), [](const TensorEntry& entry) { return entry.copy; }),
      entries.end());
  for (size_t i = 0; i < entries.size(); ++i) {
    const TensorEntry& entry = entries[i];
    const Parameter* parameter = model.parameters().find(entry.parameter);
    const StoredTensor* stored = find_stored(file, entry, config);
    if (stored != nullptr) used.insert(stored->name);
    const bool fits = stored != nullptr && stored->shape == entry.shape();
    if (!fits && entry.head && allow_new_head) {
      fresh.insert(entry.parameter);
      continue;
    }
    if (stored == nullptr) complain_missing(file, entry);
    check_shape(*stored, entry);
    if (entry.parameter == "embedding.token.weight") embedding = stored;
    if (parameter == nullptr) {
      check_constant(*stored, entry);
      continue;
    }
    if (entry.row_begin == 0) values.assign(static_cast<size_t>(parameter->size()), 0.0f);
    from_file_layout(values, stored->floats().data(), entry);
    const bool last = i + 1 == entries.size() || entries[i + 1].parameter != entry.parameter;
    if (last) upload(model.backend(), parameter->value, values);
  }
  check_leftovers(file, used, config, embedding);
  model.backend().parameters_changed();
  return {fresh.begin(), fresh.end()};
}

json load_training_state(const fs::path& folder, Model& model, const std::vector<NamedTensor>& optimizer) {
  json state = read_trainer_state(folder);
  if (optimizer.empty()) return state;
  const Safetensors file = Safetensors::open_file(folder / "optimizer.safetensors");
  std::set<std::string> used;
  std::vector<float> values;
  const std::vector<StateEntry> entries = state_entries(model, optimizer);
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [entry, tensor] = entries[i];
    const StoredTensor* stored = file.find(entry.name);
    if (stored == nullptr)
      fail(file.path().string(), ": there is no tensor '", entry.name,
           "'. The run was trained with another optimizer or other options.");
    check_shape(*stored, entry);
    used.insert(stored->name);
    if (entry.row_begin == 0) values.assign(static_cast<size_t>(tensor.size()), 0.0f);
    from_file_layout(values, stored->floats().data(), entry);
    if (i + 1 == entries.size() || entries[i + 1].tensor.raw() != tensor.raw())
      upload(model.backend(), tensor, values);
  }
  for (const StoredTensor& stored : file.tensors())
    if (used.count(stored.name) == 0)
      fail(stored.file, ": tensor '", stored.name,
           "' belongs to an optimizer other than the one this run is resumed with.");
  return state;
}

LoadedModel load_model(const fs::path& path, Backend& backend, bool training) {
  LoadedModel loaded;
  loaded.folder = resolve_model_dir(path);
  const ModelConfig config = load_config(loaded.folder);
  const bool borrowed = is_adapter(loaded.folder) && !fs::exists(loaded.folder / "tokenizer.json");
  loaded.tokenizer = load_tokenizer(borrowed ? adapter_base(loaded.folder) : loaded.folder);
  if (loaded.tokenizer->vocab_size() > config.vocab_size)
    fail(loaded.folder.string(), ": the tokenizer has ", loaded.tokenizer->vocab_size(),
         " tokens, the model only ", config.vocab_size,
         ". tokenizer.json and config.json do not belong together.");
  loaded.model = std::make_unique<Model>(config, backend, training);
  load_parameters(*loaded.model, loaded.folder);
  return loaded;
}

}  // namespace seedling
