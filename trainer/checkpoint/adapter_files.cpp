// adapter_config.json and adapter_model.safetensors, as PEFT 0.21 reads and writes them.
//
// Every tensor's name is "base_model.model." and the module's path: ....lora_A.weight [r, in],
// ....lora_B.weight [out, r] (the same for Conv1D), and plain names for modules saved whole. A table of
// tokens has ....lora_embedding_A [r, V] and ....lora_embedding_B [C, r], the other way round: A is our b
// transposed and B our a. PEFT writes the base's own table beside them (....base_layer.weight).
#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/adapter.h"
#include "checkpoint/adapter_names.h"
#include "checkpoint/config_keys.h"
#include "checkpoint/folder.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/state_file.h"
#include "checkpoint/weights.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr char kPrefix[] = "base_model.model.";
constexpr char kConfigFile[] = "adapter_config.json", kTensorFile[] = "adapter_model.safetensors";
constexpr char kLabelsKey[] = "seedling.labels";  // PEFT's files have no place for the names of classes

/// "CAUSAL_LM" and so on; "" for a masked model, which PEFT leaves out.
std::string task_type(HeadKind head) {
  if (head == HeadKind::classifier) return "SEQ_CLS";
  if (head == HeadKind::span) return "QUESTION_ANS";
  return head == HeadKind::language_model ? "CAUSAL_LM" : "";
}

TensorSource source(const std::string& name, std::vector<int64_t> shape, std::vector<float> values) {
  return {name, std::move(shape),
          [values = std::move(values)](float* out) { std::copy(values.begin(), values.end(), out); }};
}

/// The modules whose tensors are saved whole: "classifier", "pooler" (PEFT asks for a module's own name).
std::vector<std::string> whole_modules(const std::vector<TensorEntry>& entries, const Adapter& adapter) {
  std::set<std::string> modules;
  for (const TensorEntry& entry : entries)
    if (adapter.whole.count(entry.parameter) > 0) {
      const std::string module = module_of(entry);
      modules.insert(module == "bert.pooler.dense" ? "pooler" : module.substr(module.rfind('.') + 1));
    }
  return {modules.begin(), modules.end()};
}

json config_of(const Adapter& adapter, const ModelConfig& config, const std::vector<TensorEntry>& entries) {
  json result = {{"peft_type", "LORA"},
                 {"base_model_name_or_path", fs::absolute(adapter.base).lexically_normal().string()},
                 {"r", adapter.rank},
                 {"lora_alpha", adapter.alpha},
                 {"lora_dropout", adapter.dropout},
                 {"target_modules", adapter.targets},
                 {"fan_in_fan_out", config.model_type == "gpt2"},
                 {"bias", "none"},
                 {"inference_mode", true},
                 {"modules_to_save", nullptr}};
  const std::vector<std::string> whole = whole_modules(entries, adapter);
  if (!whole.empty()) result["modules_to_save"] = whole;
  if (!task_type(adapter.head).empty()) result["task_type"] = task_type(adapter.head);
  return result;
}

std::vector<float> transpose(const std::vector<float>& matrix, int64_t rows, int64_t columns) {
  std::vector<float> result(matrix.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) result[j * rows + i] = matrix[i * columns + j];
  return result;
}

/// The columns of B's rows [begin, begin + rows) are contiguous: a copy of the block.
std::vector<float> rows_of(const std::vector<float>& matrix, int64_t begin, int64_t rows, int64_t columns) {
  return {matrix.begin() + begin * columns, matrix.begin() + (begin + rows) * columns};
}

std::vector<TensorSource> tensors_of(const Adapter& adapter, const std::vector<TensorEntry>& entries) {
  std::vector<TensorSource> sources;
  for (const TensorEntry& entry : entries) {
    const auto pair =
        std::find_if(adapter.pairs.begin(), adapter.pairs.end(),
                     [&](const LoraPair& candidate) { return candidate.parameter == entry.parameter; });
    const std::string module = module_of(entry);
    if (pair != adapter.pairs.end()) {
      std::vector<float> b = rows_of(pair->b, entry.row_begin, entry.rows, pair->rank);
      if (is_token_table(entry)) {
        sources.push_back(source(kPrefix + module + ".lora_embedding_A", {pair->rank, entry.rows},
                                 transpose(b, entry.rows, pair->rank)));
        sources.push_back(source(kPrefix + module + ".lora_embedding_B", {entry.columns, pair->rank},
                                 transpose(pair->a, pair->rank, entry.columns)));
      } else if (is_target(module, adapter.targets)) {
        require(pair->rank == adapter.rank, "all pairs of an adapter have its rank");
        sources.push_back(source(kPrefix + module + ".lora_A.weight", {pair->rank, entry.columns}, pair->a));
        sources.push_back(
            source(kPrefix + module + ".lora_B.weight", {entry.rows, pair->rank}, std::move(b)));
      } else {
        require(std::all_of(b.begin(), b.end(), [](float value) { return value == 0; }),
                "rows that are no target stay zero");
      }
    }
    const auto whole = adapter.whole.find(entry.parameter);
    if (whole == adapter.whole.end() || entry.copy) continue;
    std::vector<float> values(static_cast<size_t>(entry.size()));
    to_file_layout(values.data(), whole->second, entry);
    sources.push_back(source(kPrefix + entry.name, entry.shape(), std::move(values)));
  }
  return sources;
}

/// Features of PEFT that change the computation and are not done here.
void refuse_features(const ConfigKeys& keys) {
  if (keys.text("peft_type", "") != "LORA") keys.refuse("peft_type", "only LORA adapters are supported.");
  keys.only("use_dora", false, "DoRA is not supported.");
  keys.only("lora_bias", false, "biases in the adapter are not supported.");
  keys.only("bias", "none", "an adapter that changes biases is not supported.");
  for (const char* key : {"rank_pattern", "alpha_pattern"})
    if (const json* pattern = keys.find(key); pattern != nullptr && !pattern->empty())
      keys.refuse(key, "ranks that differ from module to module are not supported.");
  for (const char* key : {"layer_replication", "target_parameters", "trainable_token_indices"})
    if (const json* value = keys.find(key); value != nullptr && !value->empty())
      keys.refuse(key, "this is not supported.");
}

/// Pairs of the modules of one parameter as one pair: a shared A, or else all A stacked and B in blocks.
LoraPair join(const std::string& parameter, int64_t out, int64_t in,
              const std::vector<std::pair<const TensorEntry*, LoraPair>>& parts) {
  LoraPair whole;
  whole.parameter = parameter;
  const bool shared = std::all_of(parts.begin(), parts.end(),
                                  [&](const auto& part) { return part.second.a == parts[0].second.a; });
  for (const auto& [entry, part] : parts) {
    if (whole.rank == 0 || !shared) {
      whole.rank += part.rank;
      whole.a.insert(whole.a.end(), part.a.begin(), part.a.end());
    }
  }
  require(static_cast<int64_t>(whole.a.size()) == whole.rank * in, "A is (rank, in)");
  whole.b.assign(static_cast<size_t>(out * whole.rank), 0.0f);
  int64_t column = 0;
  for (const auto& [entry, part] : parts) {
    for (int64_t row = 0; row < entry->rows; ++row)
      std::copy_n(part.b.data() + row * part.rank, part.rank,
                  whole.b.data() + (entry->row_begin + row) * whole.rank + column);
    if (!shared) column += part.rank;
  }
  return whole;
}

}  // namespace

bool is_adapter(const fs::path& folder) {
  return fs::exists(folder / kConfigFile) && !fs::exists(folder / "config.json");
}

fs::path adapter_base(const fs::path& folder) {
  const fs::path file = folder / kConfigFile;
  const json content = read_json(file);
  const ConfigKeys keys(content, file.string());
  const fs::path named = keys.text("base_model_name_or_path", "");
  for (const fs::path& candidate : {named, folder / named})
    if (!named.empty() && fs::exists(candidate / "config.json")) return candidate;
  keys.refuse("base_model_name_or_path",
              "there is no model in that folder. Put the base model there, or correct the path.");
}

ModelConfig adapter_config(const fs::path& folder) {
  ModelConfig config = load_config(adapter_base(folder));
  const fs::path file = folder / kConfigFile;
  const json content = read_json(file);
  const ConfigKeys keys(content, file.string());
  const std::string task = keys.text("task_type", "");
  const Safetensors tensors = Safetensors::open_file(folder / kTensorFile, false);
  verify_files(folder, tensors);
  if (task == "SEQ_CLS") config.head = HeadKind::classifier;
  if (task == "QUESTION_ANS") config.head = HeadKind::span;
  if (task == "CAUSAL_LM") config.head = HeadKind::language_model;
  if (config.head != HeadKind::classifier) return config;
  const auto labels = tensors.metadata().find(kLabelsKey);
  if (labels != tensors.metadata().end()) {
    const json names = json::parse(labels->second, nullptr, false);
    if (!names.is_array()) fail(tensors.path().string(), ": the labels in its metadata are damaged.");
    config.labels.clear();
    for (const json& name : names)
      config.labels.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    return config;
  }
  for (const char* name : {"classifier.weight", "score.weight"}) {
    const StoredTensor* stored = tensors.find(std::string(kPrefix) + name);
    if (stored == nullptr || stored->shape.empty() ||
        stored->shape[0] == static_cast<int64_t>(config.labels.size()))
      continue;
    config.labels.clear();
    for (int64_t i = 0; i < stored->shape[0]; ++i) config.labels.push_back(concat("LABEL_", i));
  }
  return config;
}

Adapter read_adapter(const fs::path& folder, const ModelConfig& config) {
  const fs::path path = folder / kConfigFile;
  const json content = read_json(path);
  const ConfigKeys keys(content, path.string());
  refuse_features(keys);
  Adapter adapter;
  adapter.base = adapter_base(folder);
  adapter.rank = keys.size("r", 8, 1 << 16);
  adapter.alpha = keys.number("lora_alpha", 8);
  adapter.dropout = keys.number("lora_dropout", 0);
  adapter.rank_stabilized = keys.flag("use_rslora", false);
  adapter.head = config.head;
  adapter.labels = config.labels;
  if (const json* targets = keys.find("target_modules"); targets != nullptr && targets->is_array())
    adapter.targets = keys.texts("target_modules");

  const Safetensors file = Safetensors::open_file(folder / kTensorFile);
  std::set<std::string> used;
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    const StoredTensor& stored = file.get(name);
    if (stored.shape != shape)
      fail(stored.file, ": tensor '", name, "' has the shape ", describe_shape(stored.shape), "; ",
           describe_shape(shape), " was expected by the base model and r.");
    used.insert(name);
    return stored.floats();
  };
  const std::vector<TensorEntry> entries = tensor_entries(config);
  std::map<std::string, int64_t> rows_of_parameter;
  for (const TensorEntry& entry : entries) rows_of_parameter[entry.parameter] += entry.copy ? 0 : entry.rows;
  std::map<std::string, std::vector<std::pair<const TensorEntry*, LoraPair>>> parts;
  for (const TensorEntry& entry : entries) {
    if (entry.copy) continue;
    const std::string module = kPrefix + module_of(entry);
    if (is_token_table(entry) && can_be_adapted(entry, config) &&
        file.find(module + ".lora_embedding_A") != nullptr) {
      LoraPair part{entry.parameter, adapter.rank,
                    transpose(take(module + ".lora_embedding_B", {entry.columns, adapter.rank}),
                              entry.columns, adapter.rank),
                    transpose(take(module + ".lora_embedding_A", {adapter.rank, entry.rows}), adapter.rank,
                              entry.rows)};
      parts[entry.parameter].emplace_back(&entry, std::move(part));
      if (const std::string table = module + ".base_layer.weight"; file.find(table) != nullptr)
        adapter.whole[entry.parameter] = take(table, entry.shape());
    } else if (can_be_adapted(entry, config) && file.find(module + ".lora_A.weight") != nullptr) {
      LoraPair part{entry.parameter, adapter.rank,
                    take(module + ".lora_A.weight", {adapter.rank, entry.columns}),
                    take(module + ".lora_B.weight", {entry.rows, adapter.rank})};
      parts[entry.parameter].emplace_back(&entry, std::move(part));
    }
    if (file.find(kPrefix + entry.name) == nullptr) continue;
    std::vector<float>& whole = adapter.whole[entry.parameter];
    whole.resize(static_cast<size_t>(rows_of_parameter[entry.parameter] * entry.columns));
    from_file_layout(whole, take(kPrefix + entry.name, entry.shape()).data(), entry);
  }
  for (const StoredTensor& stored : file.tensors())
    if (used.count(stored.name) == 0)
      fail(stored.file, ": tensor '", stored.name, "' has no place in a ", config.model_type,
           " with a LoRA adapter.");
  for (const auto& [parameter, list] : parts)
    adapter.pairs.push_back(join(parameter, rows_of_parameter[parameter], list[0].first->columns, list));
  return adapter;
}

void save_adapter(const fs::path& folder, const Adapter& adapter, Model& model, const Tokenizer& tokenizer,
                  const json& trainer_state, const std::vector<NamedTensor>& optimizer) {
  const std::vector<TensorEntry> entries = tensor_entries(model.config());
  FolderWriter writer(folder);
  write_json_atomic(writer.path() / kConfigFile, config_of(adapter, model.config(), entries));
  save_tokenizer(tokenizer, writer.path());
  std::map<std::string, std::string> metadata;
  if (adapter.head == HeadKind::classifier) metadata[kLabelsKey] = json(adapter.labels).dump();
  const std::string sum =
      write_safetensors(writer.path() / kTensorFile, tensors_of(adapter, entries), metadata);
  write_optimizer(writer.path(), model, optimizer);
  if (!trainer_state.is_null()) write_trainer_state(writer.path(), trainer_state, sum);
  writer.commit();
}

}  // namespace seedling
