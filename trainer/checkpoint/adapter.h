// LoRA adapters as PEFT writes them: adapter_config.json and adapter_model.safetensors beside a base model.
//
//   y = x W^T + s (x A^T) B^T    with A (r, in), B (out, r), s = alpha / r     (Hu et al. 2021, LoRA,
//   section 4.1)
//
// PEFT keeps one pair for each Hugging Face module. Ours may be one pair for a parameter that joins several
// of them (q, k, v): the pairs then share A, and each takes its own rows of B, which is the same product.
//
// An adapter folder is a model directory too: load_config and load_parameters (checkpoint.h) read its base
// and merge. Called by: load.cpp, and fine-tuning (save_adapter, read_adapter).
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace seedling {

/// The pair of one of our parameters ("blocks.0.attention.qkv.weight").
struct LoraPair {
  std::string parameter;
  int64_t rank = 0;
  std::vector<float> a;  // (rank, in)
  std::vector<float> b;  // (out, rank); rows of modules that are no target are zero
};

struct Adapter {
  std::filesystem::path base;        // the base model's folder, absolute
  int64_t rank = 8;                  // r of adapter_config.json
  double alpha = 8;                  // s = alpha / r
  bool rank_stabilized = false;      // s = alpha / sqrt(r) (use_rslora); read, never written
  double dropout = 0;                // of the input, in training
  std::vector<std::string> targets;  // ends of Hugging Face module names: "c_attn", "query", "q_proj"
  HeadKind head = HeadKind::language_model;
  std::vector<std::string> labels;  // of a classifier
  std::vector<LoraPair> pairs;
  /// Parameters trained in full and saved whole (the task's head), by our names.
  std::map<std::string, std::vector<float>> whole;

  double scale() const;
};

/// Every linear layer of a block, by the end of its Hugging Face name ("self_attn.q_proj"): with all of them,
/// low ranks come as far as training the weights themselves (Dettmers et al. 2023, QLoRA, section 4); with
/// queries and values alone, PEFT's own choice, they do not. And the token table: what a small model's words
/// mean to a task, their vectors do not hold yet (tests/bench/LOG.md). Not where it is the head as well.
/// Throws Error for a model that PEFT does not know.
std::vector<std::string> default_lora_targets(const ModelConfig& config);

/// Our parameters that any of these targets reaches, with for each the rows [begin, end) that may be adapted.
/// A target is the end of a Hugging Face module's name. Throws UsageError for a target that matches nothing.
struct LoraTarget {
  std::string parameter;
  std::vector<std::pair<int64_t, int64_t>> rows;
};
std::vector<LoraTarget> lora_targets(const ModelConfig& config, const std::vector<std::string>& targets);

/// Writes an adapter folder, atomically, with the tokenizer, and where training can go on its state and
/// optimizer tensors (load_training_state reads them back).
void save_adapter(const std::filesystem::path& folder, const Adapter& adapter, Model& model,
                  const Tokenizer& tokenizer, const nlohmann::json& trainer_state,
                  const std::vector<NamedTensor>& optimizer);

/// True where adapter_config.json stands and no whole model does.
bool is_adapter(const std::filesystem::path& folder);
/// The base a folder's adapter names. Throws Error when it is not there.
std::filesystem::path adapter_base(const std::filesystem::path& folder);
/// Reads an adapter for a model of this config (load_config of the same folder). Throws Error naming the
/// feature of PEFT, the tensor or the shape that does not fit.
Adapter read_adapter(const std::filesystem::path& folder, const ModelConfig& config);
/// The config of base and adapter together: the base's, with the adapter's head.
ModelConfig adapter_config(const std::filesystem::path& folder);

/// Adds scale * B A to the model's parameters, and puts the whole ones in place.
void merge_adapter(Model& model, const Adapter& adapter);

}  // namespace seedling
