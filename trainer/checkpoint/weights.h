// Values on their way between the device, in our layout, and a file, in Hugging Face's (internal to
// checkpoint/).
#pragma once

#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/names.h"
#include "model/model.h"

namespace seedling {

/// All elements of a device tensor of parameter_type as floats, and back.
std::vector<float> download(Backend& backend, const Tensor& tensor);
void upload(Backend& backend, const Tensor& tensor, const std::vector<float>& values);

/// The entry's rows of `ours` (a whole parameter), as the file has them.
void to_file_layout(float* stored, const std::vector<float>& ours, const TensorEntry& entry);
/// The opposite: puts what the file has into the entry's rows of `ours`.
void from_file_layout(std::vector<float>& ours, const float* stored, const TensorEntry& entry);

/// Parameters that fine-tuning adds for LoRA ("blocks.0.attention.qkv.lora_a"): no part of a whole model's
/// files.
bool is_adapter_parameter(const std::string& name);

/// The tensors a checkpoint of this model consists of: Hugging Face's, or our own for model_type "seedling".
std::vector<TensorEntry> checkpoint_entries(Model& model);

/// A piece of an optimizer's tensor, stored like the rows of the parameter it belongs to: the moments of
/// blocks.0.attention.qkv.weight stand under the Hugging Face name of that weight and the suffix ".adamw.m".
struct StateEntry {
  TensorEntry entry;
  Tensor tensor;
};
std::vector<StateEntry> state_entries(Model& model, const std::vector<NamedTensor>& tensors);

/// optimizer.safetensors of a folder; nothing when there are no tensors.
void write_optimizer(const std::filesystem::path& folder, Model& model,
                     const std::vector<NamedTensor>& optimizer);

}  // namespace seedling
