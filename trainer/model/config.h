// The shape of a Transformer: one description for GPT-2, BERT, Llama and Qwen3.
//
// checkpoint/ reads it from, and writes it to, Hugging Face's config.json; presets and flags fill it in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace seedling {

/// Where positions come from: a learned table added to the embedding, or rotations of queries and keys.
enum class PositionKind : uint8_t { learned, rotary };

/// What stands on top of the last hidden state.
enum class HeadKind : uint8_t { language_model, masked_language_model, classifier, span };

struct ModelConfig {
  std::string model_type = "gpt2";  // gpt2, bert, llama, qwen3, distilbert (import), seedling (recipe record)
  HeadKind head = HeadKind::language_model;

  int64_t vocab_size = 0;       // V
  int64_t channels = 128;       // C
  int64_t layers = 4;           // L
  int64_t heads = 4;            // NH
  int64_t kv_heads = 4;         // NK
  int64_t head_size = 32;       // HS
  int64_t mlp_channels = 512;   // F
  int64_t context_length = 64;  // rows of the position table, and the training context
  int64_t type_vocab_size = 0;  // segments (BERT: 2)

  bool causal = true;
  bool post_norm = false;  // BERT: norm after the residual sum
  NormKind norm = NormKind::layer;
  float norm_epsilon = 1e-5f;
  bool norm_gain = true;  // recipe "record": norms without parameters
  PositionKind positions = PositionKind::learned;
  float rope_theta = 10000.0f;
  Activation activation = Activation::gelu_tanh;
  bool gated_mlp = false;  // SwiGLU
  bool bias = true;        // biases of linear layers (and of layer norms)
  bool qk_norm = false;    // Qwen3
  bool tie_embeddings = true;
  bool token_shift = false;     // recipe "record"
  int64_t ngram_table = 0;      // recipe "record": rows of the hashed trigram table, 0 = none
  bool embedding_norm = false;  // a norm on the embedding's output (BERT; recipe "record")
  bool zero_init = false;       // recipe "record": residual projections and an untied head start at zero

  float embedding_dropout = 0.0f, residual_dropout = 0.0f, attention_dropout = 0.0f;

  std::vector<std::string> labels;  // classifier

  /// Throws UsageError that names the two numbers that do not fit (heads and channels, ...).
  void check() const;
  /// Sets the sizes and what follows from them: head_size = channels / heads, mlp_channels by the
  /// architecture's rule (4 C; gated 8/3 C rounded up to a multiple of 32). kv_heads 0 means as many as
  /// heads. Throws UsageError.
  void set_sizes(int64_t layers, int64_t heads, int64_t channels, int64_t kv_heads = 0);
  /// Parameters without embedding tables (token, position, type); the language model's head counts.
  int64_t matrix_parameters() const;
  /// All scalar parameters; a tied head counts once.
  int64_t parameter_count() const;
  /// 6 x matrix_parameters + 12 L C T: forward and backward, per token (design of the benchmark figures).
  double flops_per_token(int64_t T) const;
};

/// nano, baby, story, gpt2, bert-tiny, bert-mini, bert-base (vocab_size left 0) in the architecture gpt2,
/// bert, llama, qwen3 or seedling (recipe "record"); "" is the preset's own: bert for bert-*, else gpt2.
/// `story` is a starting point that the autopilot resizes. Throws UsageError with the nearest name.
ModelConfig preset_config(const std::string& preset, const std::string& arch);

/// An architecture's options with the default sizes. Throws UsageError with the nearest name.
ModelConfig arch_config(const std::string& arch);

}  // namespace seedling
