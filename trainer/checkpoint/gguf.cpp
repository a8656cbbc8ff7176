// The four architectures as llama.cpp names them. All matrices are (out, in), so GPT-2's stand as they do in
// our own parameters; Llama's query and key rows are interleaved, which is how llama.cpp rotates them there
// (not in Qwen3).
#include "checkpoint/gguf.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "checkpoint/gguf_file.h"
#include "checkpoint/gguf_tokenizer.h"
#include "checkpoint/weights.h"

namespace seedling {
namespace {

/// Hugging Face's module within a layer, or outside of all, and llama.cpp's.
using Renaming = std::map<std::string, std::string>;

Renaming renaming(const std::string& model_type) {
  if (model_type == "gpt2")
    return {{"wte", "token_embd"},          {"wpe", "position_embd"}, {"ln_f", "output_norm"},
            {"lm_head", "output"},          {"ln_1", "attn_norm"},    {"attn.c_attn", "attn_qkv"},
            {"attn.c_proj", "attn_output"}, {"ln_2", "ffn_norm"},     {"mlp.c_fc", "ffn_up"},
            {"mlp.c_proj", "ffn_down"}};
  if (model_type == "bert")
    return {{"embeddings.word_embeddings", "token_embd"},
            {"embeddings.position_embeddings", "position_embd"},
            {"embeddings.token_type_embeddings", "token_types"},
            {"embeddings.LayerNorm", "token_embd_norm"},
            {"attention.self.query", "attn_q"},
            {"attention.self.key", "attn_k"},
            {"attention.self.value", "attn_v"},
            {"attention.output.dense", "attn_output"},
            {"attention.output.LayerNorm", "attn_output_norm"},
            {"intermediate.dense", "ffn_up"},
            {"output.dense", "ffn_down"},
            {"output.LayerNorm", "layer_output_norm"},
            {"pooler.dense", "cls"},
            {"classifier", "cls.output"}};
  return {{"embed_tokens", "token_embd"},
          {"norm", "output_norm"},
          {"lm_head", "output"},
          {"input_layernorm", "attn_norm"},
          {"self_attn.q_proj", "attn_q"},
          {"self_attn.k_proj", "attn_k"},
          {"self_attn.v_proj", "attn_v"},
          {"self_attn.q_norm", "attn_q_norm"},
          {"self_attn.k_norm", "attn_k_norm"},
          {"self_attn.o_proj", "attn_output"},
          {"post_attention_layernorm", "ffn_norm"},
          {"mlp.gate_proj", "ffn_gate"},
          {"mlp.up_proj", "ffn_up"},
          {"mlp.down_proj", "ffn_down"}};
}

/// "transformer.h.3.attn.c_attn.weight" -> "blk.3.attn_qkv.weight"; "" for a module without a counterpart.
std::string gguf_name(const std::string& name, const Renaming& modules) {
  std::string module = name.substr(0, name.rfind('.')), leaf = name.substr(name.rfind('.'));
  std::string layer;
  for (const char* base : {"transformer.", "model.", "bert."})
    if (module.rfind(base, 0) == 0) module = module.substr(std::string(base).size());
  for (const char* list : {"h.", "layers.", "encoder.layer."})
    if (module.rfind(list, 0) == 0) {
      const size_t begin = std::string(list).size(), end = module.find('.', begin);
      layer = "blk." + module.substr(begin, end - begin) + ".";
      module = module.substr(end + 1);
    }
  const auto found = modules.find(module);
  return found == modules.end() ? "" : layer + found->second + leaf;
}

/// Rows of each head of size S, from (first half, second half) to pairs: row 2 j was j, row 2 j + 1 was j + S
/// / 2.
std::vector<float> interleave(const std::vector<float>& rows, int64_t columns, int64_t S) {
  std::vector<float> result(rows.size());
  const int64_t count = static_cast<int64_t>(rows.size()) / columns;
  for (int64_t r = 0; r < count; ++r) {
    const int64_t head = r / S, place = r % S;
    const int64_t from = head * S + place / 2 + (place % 2) * (S / 2);
    std::copy_n(rows.data() + from * columns, columns, result.data() + r * columns);
  }
  return result;
}

void check_exportable(const ModelConfig& c) {
  const auto refuse = [](const std::string& why) {
    fail("this model cannot be exported to GGUF: ", why, ". Export with --format hf instead.");
  };
  if (c.model_type == "seedling")
    refuse("its parts (recipe record) are unknown to llama.cpp; it opens only in Seedling");
  if (c.model_type == "distilbert") refuse("llama.cpp has no DistilBERT");
  if (c.head == HeadKind::span) refuse("llama.cpp has no head for answers in a text");
  if (c.head == HeadKind::classifier && c.model_type != "bert")
    refuse("llama.cpp classifies with BERT alone");
  if (c.model_type == "llama" || c.model_type == "qwen3") {
    if (c.activation != Activation::silu)
      refuse("its activation is not SiLU, the only one of llama.cpp's graph for it");
  } else if (c.activation != Activation::gelu_tanh && c.activation != Activation::gelu_erf) {
    refuse("its activation is not GELU, the only one of llama.cpp's graph for it");
  }
}

void write_model_keys(GgufFile& file, const ModelConfig& c, GgufType type, const std::string& name) {
  const std::string prefix = c.model_type + ".";
  const auto u32 = [&](const char* key, int64_t value) {
    file.set_u32(prefix + key, static_cast<uint64_t>(value));
  };
  file.set_string("general.architecture", c.model_type);
  file.set_string("general.type", "model");
  file.set_string("general.name", name);
  file.set_u32("general.alignment", 32);
  file.set_u32("general.file_type", type == GgufType::f32 ? 0 : type == GgufType::f16 ? 1 : 7);
  file.set_u32("general.quantization_version", 2);
  u32("block_count", c.layers);
  u32("context_length", c.context_length);
  u32("embedding_length", c.channels);
  u32("feed_forward_length", c.mlp_channels);
  u32("attention.head_count", c.heads);
  u32("attention.head_count_kv", c.kv_heads);
  u32("vocab_size", c.vocab_size);
  if (c.positions == PositionKind::rotary) {
    file.set_f32(prefix + "attention.layer_norm_rms_epsilon", c.norm_epsilon);
    file.set_f32(prefix + "rope.freq_base", c.rope_theta);
    u32("rope.dimension_count", c.head_size);
    u32("attention.key_length", c.head_size);
    u32("attention.value_length", c.head_size);
  } else {
    file.set_f32(prefix + "attention.layer_norm_epsilon", c.norm_epsilon);
  }
  if (c.model_type == "bert") {
    file.set_bool("bert.attention.causal", false);
    file.set_u32("bert.pooling_type",
                 c.head == HeadKind::classifier ? 4 : 1);  // rank (its logits), or the mean
    file.set_u32("tokenizer.ggml.token_type_count", static_cast<uint64_t>(c.type_vocab_size));
    if (c.head == HeadKind::classifier) file.set_strings("bert.classifier.output_labels", c.labels);
  }
}

GgmlType tensor_type(const std::string& name, const TensorEntry& entry, GgufType wanted) {
  const bool table_of_places = name.rfind("position_embd", 0) == 0 || name.rfind("token_types", 0) == 0;
  if (entry.vector || wanted == GgufType::f32 || table_of_places) return GgmlType::f32;
  if (wanted == GgufType::f16 || entry.columns % 32 != 0) return GgmlType::f16;
  return GgmlType::q8_0;
}

}  // namespace

GgufType gguf_type(const std::string& name) {
  if (name == "f32") return GgufType::f32;
  if (name == "f16") return GgufType::f16;
  if (name == "q8_0") return GgufType::q8_0;
  fail_usage("--type ", name, " is not known. Known are f32, f16 and q8_0.");
}

std::vector<std::string> export_gguf(const std::filesystem::path& path, Model& model,
                                     const Tokenizer& tokenizer, GgufType type, const std::string& name) {
  const ModelConfig& config = model.config();
  check_exportable(config);
  std::vector<std::string> warnings;
  GgufFile file;
  write_model_keys(file, config, type, name);
  write_gguf_tokenizer(file, tokenizer, config.vocab_size, !config.causal, warnings);

  const Renaming modules = renaming(config.model_type);
  const bool rotates_pairs = config.model_type == "llama";
  bool coarse = false;
  for (const TensorEntry& entry : checkpoint_entries(model)) {
    const std::string target = gguf_name(entry.name, modules);
    if (target.empty()) continue;  // the masked-language-model head, of which the warnings tell
    const Parameter* parameter = model.parameters().find(entry.parameter);
    const bool pairs = rotates_pairs && (target.find(".attn_q.") != std::string::npos ||
                                         target.find(".attn_k.") != std::string::npos);
    const GgmlType stored = tensor_type(target, entry, type);
    coarse = coarse || (type == GgufType::q8_0 && stored == GgmlType::f16);
    const auto shape =
        entry.vector ? std::vector<int64_t>{entry.rows} : std::vector<int64_t>{entry.rows, entry.columns};
    file.add({target, shape, stored, [&model, entry, parameter, pairs, S = config.head_size] {
                std::vector<float> rows(static_cast<size_t>(entry.size()), entry.constant);
                if (parameter == nullptr) return rows;
                TensorEntry plain = entry;
                plain.transposed = false;
                to_file_layout(rows.data(), download(model.backend(), parameter->value), plain);
                return pairs ? interleave(rows, entry.columns, S) : rows;
              }});
  }
  file.write(path);

  if (coarse)
    warnings.push_back(
        "rows that are no multiple of 32 long cannot be stored as q8_0; those tensors are f16");
  if (config.model_type == "gpt2" && config.activation == Activation::gelu_erf)
    warnings.push_back(
        "llama.cpp computes GPT-2's GELU by its tanh approximation; this model was trained with the exact "
        "one");
  if (config.head == HeadKind::masked_language_model)
    warnings.push_back("llama.cpp has no head that fills masks: the file gives embeddings only");
  if (config.positions == PositionKind::learned && config.context_length % 256 != 0)
    warnings.push_back(concat(
        "llama.cpp rounds contexts up to multiples of 256 and stops past a position table: run it with a "
        "context (-c, num_ctx) of at most ",
        config.context_length, " and keep texts shorter"));
  return warnings;
}

}  // namespace seedling
