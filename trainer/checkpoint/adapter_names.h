// Which Hugging Face modules an adapter may reach (internal to checkpoint/).
#pragma once

#include <string>
#include <vector>

#include "checkpoint/names.h"

namespace seedling {

/// "transformer.h.0.attn.c_attn.weight" -> "transformer.h.0.attn.c_attn".
std::string module_of(const TensorEntry& entry);
/// The table of tokens, whose pair PEFT keeps the other way round: A (r, V), B (C, r).
bool is_token_table(const TensorEntry& entry);
/// Linear layers of the blocks, and the table of tokens where it is not the head as well.
bool can_be_adapted(const TensorEntry& entry, const ModelConfig& config);
/// PEFT's rule for a list: the module's name, or the end of it after a dot.
bool is_target(const std::string& module, const std::vector<std::string>& targets);

}  // namespace seedling
