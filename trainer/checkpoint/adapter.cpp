// What an adapter means to our parameters: its targets, and merging. Files are read and written in
// adapter_files.cpp.
#include "checkpoint/adapter.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "checkpoint/adapter_names.h"
#include "checkpoint/weights.h"

namespace seedling {

double Adapter::scale() const {
  const double r = static_cast<double>(rank);
  return rank_stabilized ? alpha / std::sqrt(r) : alpha / r;
}

std::string module_of(const TensorEntry& entry) { return entry.name.substr(0, entry.name.rfind('.')); }

bool is_token_table(const TensorEntry& entry) { return entry.parameter == "embedding.token.weight"; }

bool can_be_adapted(const TensorEntry& entry, const ModelConfig& config) {
  if (entry.vector || entry.head || entry.copy) return false;
  if (!is_token_table(entry)) return entry.parameter.rfind("blocks.", 0) == 0;
  // A table that is the language model's head as well would change in one of its two places alone.
  return !config.tie_embeddings || config.head == HeadKind::classifier || config.head == HeadKind::span;
}

std::vector<std::string> default_lora_targets(const ModelConfig& config) {
  if (config.model_type == "seedling")
    fail("a model of type seedling cannot have a LoRA adapter: PEFT does not know it. Fine-tune it in full.");
  std::vector<std::string> targets;
  for (const TensorEntry& entry : tensor_entries(config)) {
    if (!can_be_adapted(entry, config)) continue;
    const std::string module = module_of(entry);  // "model.layers.0.self_attn.q_proj"
    if (is_token_table(entry)) targets.push_back(module.substr(module.rfind('.') + 1));
    if (entry.parameter.rfind("blocks.0.", 0) == 0) targets.push_back(module.substr(module.find(".0.") + 3));
  }
  return targets;
}

bool is_target(const std::string& module, const std::vector<std::string>& targets) {
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    return module == target ||
           (module.size() > target.size() &&
            module.compare(module.size() - target.size() - 1, std::string::npos, "." + target) == 0);
  });
}

std::vector<LoraTarget> lora_targets(const ModelConfig& config, const std::vector<std::string>& targets) {
  std::vector<LoraTarget> result;
  const std::vector<TensorEntry> entries = tensor_entries(config);
  for (const std::string& target : targets) {
    const bool reaches = std::any_of(entries.begin(), entries.end(), [&](const TensorEntry& entry) {
      return can_be_adapted(entry, config) && is_target(module_of(entry), {target});
    });
    if (reaches) continue;
    std::string known;
    for (const std::string& each : default_lora_targets(config)) known += (known.empty() ? "" : ", ") + each;
    fail_usage("--lora-targets: '", target, "' is no part of a ", config.model_type, ". Its parts are ",
               known, ".");
  }
  for (const TensorEntry& entry : entries) {
    if (!can_be_adapted(entry, config) || !is_target(module_of(entry), targets)) continue;
    if (result.empty() || result.back().parameter != entry.parameter) result.push_back({entry.parameter, {}});
    result.back().rows.emplace_back(entry.row_begin, entry.row_begin + entry.rows);
  }
  return result;
}

void merge_adapter(Model& model, const Adapter& adapter) {
  for (const auto& [name, values] : adapter.whole) {
    const Parameter* parameter = model.parameters().find(name);
    require(parameter != nullptr, "an adapter's whole parameter that the model has");
    upload(model.backend(), parameter->value, values);
  }
  for (const LoraPair& pair : adapter.pairs) {
    const Parameter* parameter = model.parameters().find(pair.parameter);
    require(parameter != nullptr, "an adapter of parameters that the model has");
    std::vector<float> w = download(model.backend(), parameter->value);  // (out, in)
    const int64_t out = parameter->shape[0], in = parameter->size() / out, r = pair.rank;
    const double s = adapter.scale();
    std::vector<double> row(static_cast<size_t>(in));
    for (int64_t o = 0; o < out; ++o) {
      std::fill(row.begin(), row.end(), 0.0);
      for (int64_t k = 0; k < r; ++k) {
        const double factor = s * pair.b[o * r + k];
        if (factor == 0) continue;
        for (int64_t i = 0; i < in; ++i) row[i] += factor * pair.a[k * in + i];
      }
      for (int64_t i = 0; i < in; ++i) w[o * in + i] = static_cast<float>(w[o * in + i] + row[i]);
    }
    upload(model.backend(), parameter->value, w);
  }
  model.backend().parameters_changed();
}

}  // namespace seedling
