// Which Hugging Face tensor holds which rows of which of our parameters.
//
// Ours are named the same for every architecture (model/README.md), every linear weight is (out, in), and q,
// k, v (and a gate and its values) share one matrix. Hugging Face's names differ from model to model, GPT-2's
// linear weights are stored (in, out) ("Conv1D"), and BERT and Llama keep q, k, v apart. One list says all of
// it, and saving, loading, optimizer tensors, LoRA adapters and GGUF all read that list.
//
// Sources: modeling_gpt2.py, modeling_bert.py, modeling_llama.py, modeling_qwen3.py, modeling_distilbert.py
// of transformers. Called by: the other files of checkpoint/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"

namespace seedling {

/// One Hugging Face tensor and the rows of our parameter that it is.
struct TensorEntry {
  std::string name;       // "transformer.h.3.attn.c_attn.weight"
  std::string parameter;  // "blocks.3.attention.qkv.weight"
  int64_t row_begin = 0;  // first row of the parameter (an element, for vectors)
  int64_t rows = 0;       // how many
  int64_t columns = 1;    // 1 for vectors
  bool vector = false;
  bool transposed = false;  // stored (columns, rows)
  bool head = false;        // belongs to the task's head: may be new when fine-tuning begins
  bool copy = false;        // written for others' sake, not read: another entry says the same
  float constant = 0.0f;    // its value everywhere when our model has no such parameter (bias 0, gain 1)

  /// As it stands in the file.
  std::vector<int64_t> shape() const;
  int64_t size() const { return rows * columns; }
};

/// All tensors of a Hugging Face model of this config (not for model_type "seedling", which keeps our names).
/// They cover every parameter a Model of this config has.
std::vector<TensorEntry> tensor_entries(const ModelConfig& config);

/// Names under which a published file may hold what we call `name`: without the prefix of the base model,
/// with the prefix of another head's class, with LayerNorm.gamma and .beta (files of 2018). The name itself
/// comes first.
std::vector<std::string> name_variants(const std::string& name, const ModelConfig& config);

/// Tensors that may be in a file although this model does not use them: buffers, and heads of other tasks.
bool can_be_dropped(std::string_view name, const ModelConfig& config);

}  // namespace seedling
