// Which weights of a fine-tuning run learn: all, the upper blocks, or low-rank updates (see
// finetune_parts.h).
//
// LoRA: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#include <cmath>

#include "base/error.h"
#include "commands/finetune_parts.h"

namespace seedling {

namespace {

/// "q_proj,v_proj" -> {"q_proj", "v_proj"}; every linear layer of a block where nothing is given.
std::vector<std::string> target_names(const FinetuneFlags& flags, const ModelConfig& config) {
  if (!flags.lora_targets) return default_lora_targets(config);
  std::vector<std::string> names(1);
  for (const char letter : *flags.lora_targets) {
    if (letter == ',') {
      names.emplace_back();
    } else if (letter != ' ') {
      names.back() += letter;
    }
  }
  return names;
}

std::string layer_name(const std::string& parameter) {  // "blocks.0.attention.qkv.weight" without ".weight"
  return parameter.substr(0, parameter.rfind('.'));
}

bool is_lora(const Parameter& parameter) {
  return parameter.name.find(".lora_a") != std::string::npos ||
         parameter.name.find(".lora_b") != std::string::npos;
}

/// A new head of the task is trained whole; so is nothing else of a LoRA run.
bool is_task_head(const std::string& name) {
  return name.rfind("classifier.", 0) == 0 || name.rfind("pooler.", 0) == 0 || name.rfind("span.", 0) == 0;
}

/// The block of "blocks.3.mlp.up.weight"; -1 for the embedding, `layers` for what stands above the blocks.
int64_t depth_of(const std::string& name, int64_t layers) {
  if (name.rfind("embedding.", 0) == 0) return -1;
  return name.rfind("blocks.", 0) == 0 ? std::stoll(name.substr(7)) : layers;
}

}  // namespace

LoraPlan plan_lora(const FinetuneFlags& flags, const FinetuneStart& start) {
  LoraPlan plan;
  const int64_t rank = flags.lora.value_or(0);
  if (rank == 0) return plan;
  if (start.base.empty()) fail_usage("--lora needs a model to update: it cannot start from scratch");
  plan.adapter.base = start.base;
  plan.adapter.rank = rank;
  plan.adapter.alpha = flags.lora_alpha.value_or(2.0 * static_cast<double>(rank));
  plan.adapter.targets = target_names(flags, start.config);
  plan.adapter.head = start.config.head;
  plan.adapter.labels = start.config.labels;
  for (const LoraTarget& target : lora_targets(start.config, plan.adapter.targets))
    plan.updates[layer_name(target.parameter)] = {rank, plan.adapter.scale(), target.rows};
  return plan;
}

void choose_trainable(Model& model, const FinetuneFlags& flags, bool lora) {
  const int64_t layers = model.config().layers, frozen = *flags.freeze;
  if (frozen > layers) fail_usage("--freeze ", frozen, ": the model has only ", layers, " blocks");
  for (Parameter& parameter : model.parameters().all()) {
    const int64_t depth = depth_of(parameter.name, layers);
    parameter.trainable =
        lora ? is_lora(parameter) || is_task_head(parameter.name) : frozen == 0 || depth >= frozen;
    parameter.rate = std::pow(*flags.layer_decay, static_cast<double>(layers - depth));
  }
}

Adapter filled(Adapter adapter, Model& model) {
  for (const Parameter& parameter : model.parameters().all()) {
    if (is_task_head(parameter.name))
      adapter.whole[parameter.name] = read_floats(model.backend(), parameter.value);
    if (parameter.name.find(".lora_a") == std::string::npos) continue;
    const std::string layer = layer_name(parameter.name);
    const Parameter* b = model.parameters().find(layer + ".lora_b");
    adapter.pairs.push_back({layer + ".weight", adapter.rank, read_floats(model.backend(), parameter.value),
                             read_floats(model.backend(), b->value)});
  }
  return adapter;
}

void put_back(Model& model, const Adapter& adapter) {
  for (const LoraPair& pair : adapter.pairs) {
    const std::string layer = layer_name(pair.parameter);
    write_floats(model.backend(), model.parameters().find(layer + ".lora_a")->value, pair.a);
    write_floats(model.backend(), model.parameters().find(layer + ".lora_b")->value, pair.b);
  }
  for (const auto& [name, values] : adapter.whole)
    write_floats(model.backend(), model.parameters().find(name)->value, values);
  model.backend().parameters_changed();
}

}  // namespace seedling
