// GGUF version 3: the one-file format of llama.cpp, Ollama and their like. Export only.
//
// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and what llama.cpp's loader asks of each
// architecture (README.md of this folder). Called by: commands/export.cpp.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// How the matrices are stored; norms and biases are always F32, as the runtime demands.
enum class GgufType { f32, f16, q8_0 };
/// "f32", "f16", "q8_0". Throws UsageError otherwise.
GgufType gguf_type(const std::string& name);

/// Writes the model with its tokenizer, atomically. Returns warnings: what the runtime will do otherwise than
/// this program. Throws Error for what has no place in GGUF (recipe record, span heads, DistilBERT, ...),
/// saying why.
std::vector<std::string> export_gguf(const std::filesystem::path& path, Model& model,
                                     const Tokenizer& tokenizer, GgufType type, const std::string& name);

}  // namespace seedling
