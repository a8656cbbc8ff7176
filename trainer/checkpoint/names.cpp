// The lists themselves: one function an architecture, in the order of the forward pass.
#include "checkpoint/names.h"

#include <algorithm>
#include <regex>

#include "base/error.h"

namespace seedling {
namespace {

/// A Hugging Face module and how many rows of ours it takes.
struct Part {
  std::string module;
  int64_t rows;
};

/// Collects entries; `base` is the prefix of everything below the head ("transformer.").
class EntryList {
 public:
  EntryList(const ModelConfig& config, std::string base, bool conv1d)
      : config_(config), base_(std::move(base)), conv1d_(conv1d) {}

  /// An embedding table (rows, C).
  void table(const std::string& ours, const std::string& theirs, int64_t rows) {
    add({base_ + theirs + ".weight", ours + ".weight", 0, rows, config_.channels});
  }
  /// A linear layer of (sum of the parts' rows, columns); where the model was made without biases, they are
  /// zeros.
  void linear(const std::string& ours, const std::vector<Part>& parts, int64_t columns, bool bias) {
    for (int leaf = 0; leaf < (bias ? 2 : 1); ++leaf) {
      int64_t begin = 0;
      for (const Part& part : parts) {
        TensorEntry entry{base_ + part.module, ours, begin, part.rows, columns};
        entry.name += leaf == 0 ? ".weight" : ".bias";
        entry.parameter += leaf == 0 ? ".weight" : ".bias";
        if (leaf == 1) entry.columns = 1, entry.vector = true;
        entry.transposed = conv1d_ && leaf == 0;
        add(std::move(entry));
        begin += part.rows;
      }
    }
  }
  /// A norm's gain and bias; where the model was made without a gain, it is ones.
  void norm(const std::string& ours, const std::string& theirs, int64_t size, bool bias) {
    vector(base_ + theirs + ".weight", ours + ".gain", size, 1.0f);
    if (bias) vector(base_ + theirs + ".bias", ours + ".bias", size, 0.0f);
  }
  void vector(const std::string& name, const std::string& parameter, int64_t size, float constant = 0.0f) {
    TensorEntry entry{name, parameter, 0, size};
    entry.vector = true;
    entry.constant = constant;
    add(std::move(entry));
  }
  /// What follows belongs to the head: no base prefix, ordinary (out, in) matrices.
  void begin_head() { base_.clear(), conv1d_ = false, in_head_ = true; }

  std::vector<TensorEntry> entries;

 private:
  void add(TensorEntry entry) {
    entry.head = in_head_;
    entries.push_back(std::move(entry));
  }

  const ModelConfig& config_;
  std::string base_;
  bool conv1d_;
  bool in_head_ = false;
};

std::string base_prefix(const ModelConfig& config) {
  if (config.model_type == "gpt2") return "transformer.";
  if (config.model_type == "llama" || config.model_type == "qwen3")
    return config.head == HeadKind::span ? "transformer."
                                         : "model.";  // Llama's question answering keeps an old name
  return config.model_type + ".";
}

int64_t label_count(const ModelConfig& config) { return static_cast<int64_t>(config.labels.size()); }

/// Heads of causal models: language model, classifier of the last token, span.
void causal_heads(EntryList& list, const ModelConfig& c) {
  list.begin_head();
  if (c.head == HeadKind::language_model && !c.tie_embeddings)
    list.linear("head", {{"lm_head", c.vocab_size}}, c.channels, false);
  if (c.head == HeadKind::classifier)
    list.linear("classifier", {{"score", label_count(c)}}, c.channels, false);
  if (c.head == HeadKind::span) list.linear("span", {{"qa_outputs", 2}}, c.channels, true);
}

std::vector<TensorEntry> gpt2_entries(const ModelConfig& c) {
  EntryList list(c, base_prefix(c), true);
  list.table("embedding.token", "wte", c.vocab_size);
  list.table("embedding.position", "wpe", c.context_length);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string ours = concat("blocks.", i, '.'), theirs = concat("h.", i, '.');
    list.norm(ours + "attention_norm", theirs + "ln_1", c.channels, true);
    list.linear(ours + "attention.qkv", {{theirs + "attn.c_attn", 3 * c.channels}}, c.channels, true);
    list.linear(ours + "attention.out", {{theirs + "attn.c_proj", c.channels}}, c.channels, true);
    list.norm(ours + "mlp_norm", theirs + "ln_2", c.channels, true);
    list.linear(ours + "mlp.up", {{theirs + "mlp.c_fc", c.mlp_channels}}, c.channels, true);
    list.linear(ours + "mlp.down", {{theirs + "mlp.c_proj", c.channels}}, c.mlp_channels, true);
  }
  list.norm("final_norm", "ln_f", c.channels, true);
  causal_heads(list, c);
  return std::move(list.entries);
}

/// Llama, and Qwen3, which adds a norm to each query and key head.
std::vector<TensorEntry> llama_entries(const ModelConfig& c) {
  EntryList list(c, base_prefix(c), false);
  const int64_t q = c.heads * c.head_size, kv = c.kv_heads * c.head_size;
  list.table("embedding.token", "embed_tokens", c.vocab_size);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string ours = concat("blocks.", i, '.'), theirs = concat("layers.", i, '.');
    const std::string attention = theirs + "self_attn.", mlp = theirs + "mlp.";
    list.norm(ours + "attention_norm", theirs + "input_layernorm", c.channels, false);
    list.linear(ours + "attention.qkv",
                {{attention + "q_proj", q}, {attention + "k_proj", kv}, {attention + "v_proj", kv}},
                c.channels, c.bias);
    if (c.qk_norm) {
      list.norm(ours + "attention.q_norm", attention + "q_norm", c.head_size, false);
      list.norm(ours + "attention.k_norm", attention + "k_norm", c.head_size, false);
    }
    list.linear(ours + "attention.out", {{attention + "o_proj", c.channels}}, q, c.bias);
    list.norm(ours + "mlp_norm", theirs + "post_attention_layernorm", c.channels, false);
    list.linear(ours + "mlp.up", {{mlp + "gate_proj", c.mlp_channels}, {mlp + "up_proj", c.mlp_channels}},
                c.channels, c.bias);
    list.linear(ours + "mlp.down", {{mlp + "down_proj", c.channels}}, c.mlp_channels, c.bias);
  }
  list.norm("final_norm", "norm", c.channels, false);
  causal_heads(list, c);
  return std::move(list.entries);
}

std::vector<TensorEntry> bert_entries(const ModelConfig& c) {
  EntryList list(c, base_prefix(c), false);
  list.table("embedding.token", "embeddings.word_embeddings", c.vocab_size);
  list.table("embedding.position", "embeddings.position_embeddings", c.context_length);
  list.table("embedding.type", "embeddings.token_type_embeddings", c.type_vocab_size);
  list.norm("embedding.norm", "embeddings.LayerNorm", c.channels, true);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string ours = concat("blocks.", i, '.'), theirs = concat("encoder.layer.", i, '.');
    const std::string self = theirs + "attention.self.";
    list.linear(ours + "attention.qkv",
                {{self + "query", c.channels}, {self + "key", c.channels}, {self + "value", c.channels}},
                c.channels, true);
    list.linear(ours + "attention.out", {{theirs + "attention.output.dense", c.channels}}, c.channels, true);
    list.norm(ours + "attention_norm", theirs + "attention.output.LayerNorm", c.channels, true);
    list.linear(ours + "mlp.up", {{theirs + "intermediate.dense", c.mlp_channels}}, c.channels, true);
    list.linear(ours + "mlp.down", {{theirs + "output.dense", c.channels}}, c.mlp_channels, true);
    list.norm(ours + "mlp_norm", theirs + "output.LayerNorm", c.channels, true);
  }
  list.begin_head();
  if (c.head == HeadKind::masked_language_model) {
    list.linear("mlm.dense", {{"cls.predictions.transform.dense", c.channels}}, c.channels, true);
    list.norm("mlm.norm", "cls.predictions.transform.LayerNorm", c.channels, true);
    if (!c.tie_embeddings)
      list.linear("head", {{"cls.predictions.decoder", c.vocab_size}}, c.channels, false);
    // transformers reads decoder.bias in an untied model and cls.predictions.bias in a tied one.
    if (!c.tie_embeddings) list.vector("cls.predictions.decoder.bias", "mlm.bias", c.vocab_size);
    list.vector("cls.predictions.bias", "mlm.bias", c.vocab_size);
    list.entries.back().copy = !c.tie_embeddings;
  }
  if (c.head == HeadKind::classifier) {
    list.linear("pooler", {{"bert.pooler.dense", c.channels}}, c.channels, true);
    list.linear("classifier", {{"classifier", label_count(c)}}, c.channels, true);
  }
  if (c.head == HeadKind::span) list.linear("span", {{"qa_outputs", 2}}, c.channels, true);
  return std::move(list.entries);
}

std::vector<TensorEntry> distilbert_entries(const ModelConfig& c) {
  EntryList list(c, base_prefix(c), false);
  list.table("embedding.token", "embeddings.word_embeddings", c.vocab_size);
  list.table("embedding.position", "embeddings.position_embeddings", c.context_length);
  list.norm("embedding.norm", "embeddings.LayerNorm", c.channels, true);
  for (int64_t i = 0; i < c.layers; ++i) {
    const std::string ours = concat("blocks.", i, '.'), theirs = concat("transformer.layer.", i, '.');
    const std::string attention = theirs + "attention.";
    list.linear(ours + "attention.qkv",
                {{attention + "q_lin", c.channels},
                 {attention + "k_lin", c.channels},
                 {attention + "v_lin", c.channels}},
                c.channels, true);
    list.linear(ours + "attention.out", {{attention + "out_lin", c.channels}}, c.channels, true);
    list.norm(ours + "attention_norm", theirs + "sa_layer_norm", c.channels, true);
    list.linear(ours + "mlp.up", {{theirs + "ffn.lin1", c.mlp_channels}}, c.channels, true);
    list.linear(ours + "mlp.down", {{theirs + "ffn.lin2", c.channels}}, c.mlp_channels, true);
    list.norm(ours + "mlp_norm", theirs + "output_layer_norm", c.channels, true);
  }
  list.begin_head();
  if (c.head == HeadKind::masked_language_model) {
    list.linear("mlm.dense", {{"vocab_transform", c.channels}}, c.channels, true);
    list.norm("mlm.norm", "vocab_layer_norm", c.channels, true);
    if (!c.tie_embeddings) list.linear("head", {{"vocab_projector", c.vocab_size}}, c.channels, false);
    list.vector("vocab_projector.bias", "mlm.bias", c.vocab_size);
  }
  if (c.head == HeadKind::classifier) {
    list.linear("pooler", {{"pre_classifier", c.channels}}, c.channels, true);
    list.linear("classifier", {{"classifier", label_count(c)}}, c.channels, true);
  }
  if (c.head == HeadKind::span) list.linear("span", {{"qa_outputs", 2}}, c.channels, true);
  return std::move(list.entries);
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

std::vector<int64_t> TensorEntry::shape() const {
  if (vector) return {rows};
  return transposed ? std::vector<int64_t>{columns, rows} : std::vector<int64_t>{rows, columns};
}

std::vector<TensorEntry> tensor_entries(const ModelConfig& config) {
  if (config.model_type == "gpt2") return gpt2_entries(config);
  if (config.model_type == "bert") return bert_entries(config);
  if (config.model_type == "llama" || config.model_type == "qwen3") return llama_entries(config);
  if (config.model_type == "distilbert") return distilbert_entries(config);
  fail("Hugging Face has no tensor names for model_type '", config.model_type, "'.");
}

std::vector<std::string> name_variants(const std::string& name, const ModelConfig& config) {
  std::vector<std::string> names = {name};
  const std::string base = base_prefix(config);
  if (begins_with(name, base)) {
    const std::string bare = name.substr(base.size());
    names.push_back(bare);
    if (config.model_type == "llama" || config.model_type == "qwen3")
      names.push_back((base == "model." ? "transformer." : "model.") + bare);
  }
  if (name == "cls.predictions.bias") names.push_back("cls.predictions.decoder.bias");
  for (size_t i = 0, count = names.size(); i < count; ++i) {
    if (names[i].ends_with("LayerNorm.weight"))
      names.push_back(names[i].substr(0, names[i].size() - 6) + "gamma");
    if (names[i].ends_with("LayerNorm.bias"))
      names.push_back(names[i].substr(0, names[i].size() - 4) + "beta");
  }
  return names;
}

bool can_be_dropped(std::string_view name, const ModelConfig& config) {
  const std::string base = base_prefix(config);
  if (begins_with(name, base)) name.remove_prefix(base.size());
  for (const char* head : {"lm_head.", "score.", "classifier.", "qa_outputs.", "cls.", "pooler.",
                           "pre_classifier.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector."})
    if (begins_with(name, head)) return true;
  static const std::regex buffers(
      R"(h\.\d+\.attn\.(bias|masked_bias)|embeddings\.position_ids|layers\.\d+\.self_attn\.rotary_emb\.inv_freq)");
  return std::regex_match(name.begin(), name.end(), buffers);
}

}  // namespace seedling
