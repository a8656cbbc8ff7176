// config.json -> ModelConfig.
//
// Keys that change what a model computes are either honoured or refused by name; keys that do not (use_cache,
// transformers_version, ...) are passed over, as transformers itself does. Defaults are those of
// transformers' classes.
#include <cmath>

#include "base/error.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config_keys.h"
#include "checkpoint/config_names.h"
#include "checkpoint/config_own.h"

namespace seedling {
using nlohmann::json;

namespace {

HeadKind read_head(const ConfigKeys& keys, bool causal) {
  const std::vector<std::string> names = keys.texts("architectures");
  if (names.empty()) return causal ? HeadKind::language_model : HeadKind::masked_language_model;
  const std::string& name = names.front();
  if (name.ends_with("ForSequenceClassification")) return HeadKind::classifier;
  if (name.ends_with("ForQuestionAnswering")) return HeadKind::span;
  if (causal && (name.ends_with("LMHeadModel") || name.ends_with("ForCausalLM")))
    return HeadKind::language_model;
  if (!causal && (name.ends_with("ForMaskedLM") || name.ends_with("ForPreTraining")))
    return HeadKind::masked_language_model;
  for (const char* bare : {"GPT2Model", "LlamaModel", "Qwen3Model"})
    if (name == bare) return HeadKind::language_model;
  for (const char* bare : {"BertModel", "DistilBertModel"})
    if (name == bare) return HeadKind::masked_language_model;
  keys.refuse("architectures", concat("this head is not known. Known are ",
                                      causal ? "LMHeadModel, ForCausalLM" : "ForMaskedLM",
                                      ", ForSequenceClassification and ForQuestionAnswering."));
}

/// Class names from id2label, or LABEL_0 ... from num_labels (two when neither is there).
std::vector<std::string> read_labels(const ConfigKeys& keys) {
  if (keys.text("problem_type", "single_label_classification") != "single_label_classification")
    keys.refuse("problem_type", "only single_label_classification is supported.");
  std::vector<std::string> labels;
  if (const json* map = keys.find("id2label")) {
    if (!map->is_object()) keys.refuse("id2label", "an object from ids to labels is wanted.");
    for (size_t id = 0; id < map->size(); ++id) {
      const auto found = map->find(std::to_string(id));
      if (found == map->end() || !found->is_string())
        keys.refuse("id2label", concat("it has no text for the id \"", id, "\"."));
      labels.push_back(found->get<std::string>());
    }
  } else {
    const int64_t count = keys.size("num_labels", 2, 1 << 20);
    for (int64_t id = 0; id < count; ++id) labels.push_back(concat("LABEL_", id));
  }
  if (labels.size() < 2)
    keys.refuse("id2label",
                "a classifier needs two labels or more (one label is a regression, which is not supported).");
  return labels;
}

Activation read_activation(const ConfigKeys& keys, const char* key, const char* otherwise) {
  const std::string name = keys.text(key, otherwise);
  std::string known;
  for (const auto& entry : kActivationNames) {
    if (entry.name == name) return entry.activation;
    known += concat(known.empty() ? "" : ", ", entry.name);
  }
  keys.refuse(key, "this activation is not known. Known are " + known + ".");
}

/// Rotary positions: rope_parameters (transformers 5) wins over rope_theta and rope_scaling (4).
float read_rope_theta(const ConfigKeys& keys) {
  double theta = keys.number("rope_theta", 10000.0);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const json* value = keys.find(key);
    if (value == nullptr) continue;
    const ConfigKeys rope(*value, keys.file() + ": " + key);
    for (const char* type : {"rope_type", "type"})
      rope.only(type, "default", "only rope type \"default\" is supported.");
    rope.only("partial_rotary_factor", 1.0, "only heads that rotate whole are supported.");
    theta = rope.number("rope_theta", theta);
  }
  if (theta <= 0) keys.refuse("rope_theta", "a number above 0 is wanted.");
  return static_cast<float>(theta);
}

void read_gpt2(ModelConfig& c, const ConfigKeys& keys) {
  c.causal = true;
  c.channels = keys.size("n_embd", {}, 1 << 20);
  c.layers = keys.size("n_layer", {}, 10000);
  c.heads = c.kv_heads = keys.size("n_head", {}, 1 << 20);
  c.context_length = keys.size("n_positions");
  c.mlp_channels = keys.size("n_inner", 4 * c.channels);
  c.activation = read_activation(keys, "activation_function", "gelu_new");
  c.norm_epsilon = static_cast<float>(keys.number("layer_norm_epsilon", 1e-5));
  c.embedding_dropout = keys.probability("embd_pdrop", 0.1);
  c.residual_dropout = keys.probability("resid_pdrop", 0.1);
  c.attention_dropout = keys.probability("attn_pdrop", 0.1);
  keys.only("scale_attn_weights", true,
            "scores that are not divided by the root of the head size are not supported.");
  keys.only("scale_attn_by_inverse_layer_idx", false,
            "scores divided by the layer's number are not supported.");
}

void read_bert(ModelConfig& c, const ConfigKeys& keys) {
  c.causal = false, c.post_norm = true, c.embedding_norm = true;
  c.channels = keys.size("hidden_size", {}, 1 << 20);
  c.layers = keys.size("num_hidden_layers", {}, 10000);
  c.heads = c.kv_heads = keys.size("num_attention_heads", {}, 1 << 20);
  c.context_length = keys.size("max_position_embeddings");
  c.type_vocab_size = keys.size("type_vocab_size", 2, 1 << 20);
  c.mlp_channels = keys.size("intermediate_size");
  c.activation = read_activation(keys, "hidden_act", "gelu");
  c.norm_epsilon = static_cast<float>(keys.number("layer_norm_eps", 1e-12));
  c.embedding_dropout = c.residual_dropout = keys.probability("hidden_dropout_prob", 0.1);
  c.attention_dropout = keys.probability("attention_probs_dropout_prob", 0.1);
  keys.only("position_embedding_type", "absolute", "only absolute positions are supported.");
  keys.only("is_decoder", false, "only an encoder is supported.");
}

void read_distilbert(ModelConfig& c, const ConfigKeys& keys) {
  c.causal = false, c.post_norm = true, c.embedding_norm = true;
  c.channels = keys.size("dim", {}, 1 << 20);
  c.layers = keys.size("n_layers", {}, 10000);
  c.heads = c.kv_heads = keys.size("n_heads", {}, 1 << 20);
  c.context_length = keys.size("max_position_embeddings");
  c.type_vocab_size = 0;
  c.mlp_channels = keys.size("hidden_dim");
  c.activation = read_activation(keys, "activation", "gelu");
  c.norm_epsilon = 1e-12f;
  c.embedding_dropout = c.residual_dropout = keys.probability("dropout", 0.1);
  c.attention_dropout = keys.probability("attention_dropout", 0.1);
}

/// Llama, and Qwen3 (`qk_norm`).
void read_llama(ModelConfig& c, const ConfigKeys& keys, bool qk_norm) {
  c.causal = true, c.qk_norm = qk_norm;
  c.norm = NormKind::rms, c.positions = PositionKind::rotary, c.gated_mlp = true;
  c.channels = keys.size("hidden_size", {}, 1 << 20);
  c.layers = keys.size("num_hidden_layers", {}, 10000);
  c.heads = keys.size("num_attention_heads", {}, 1 << 20);
  c.kv_heads = keys.size("num_key_value_heads", qk_norm ? 32 : c.heads, 1 << 20);
  c.head_size = keys.size("head_dim", qk_norm ? 128 : std::max<int64_t>(1, c.channels / c.heads), 1 << 20);
  c.context_length = keys.size("max_position_embeddings");
  c.mlp_channels = keys.size("intermediate_size");
  c.activation = read_activation(keys, "hidden_act", "silu");
  c.norm_epsilon = static_cast<float>(keys.number("rms_norm_eps", 1e-6));
  c.rope_theta = read_rope_theta(keys);
  c.attention_dropout = keys.probability("attention_dropout", 0.0);
  c.bias = keys.flag("attention_bias", false);
  if (qk_norm) {
    keys.only("attention_bias", false, "biases in the attention alone are not supported.");
    keys.only("use_sliding_window", false, "attention through a sliding window is not supported.");
  } else {
    keys.only("mlp_bias", c.bias,
              "it must be the same as attention_bias: biases in one half of a block are not supported.");
  }
  if (!qk_norm && c.bias && keys.find("mlp_bias") == nullptr)
    keys.refuse("mlp_bias",
                "it must be the same as attention_bias: biases in one half of a block are not supported.");
  if (const json* types = keys.find("layer_types"))
    for (const json& type : *types)
      if (type != "full_attention") keys.refuse("layer_types", "only \"full_attention\" is supported.");
}

}  // namespace

std::string architecture_name(const std::string& model_type, HeadKind head) {
  const std::string family = model_type == "gpt2"         ? "GPT2"
                             : model_type == "bert"       ? "Bert"
                             : model_type == "llama"      ? "Llama"
                             : model_type == "qwen3"      ? "Qwen3"
                             : model_type == "distilbert" ? "DistilBert"
                                                          : "Seedling";
  if (head == HeadKind::classifier) return family + "ForSequenceClassification";
  if (head == HeadKind::span) return family + "ForQuestionAnswering";
  if (head == HeadKind::masked_language_model) return family + "ForMaskedLM";
  return family + (model_type == "gpt2" ? "LMHeadModel" : "ForCausalLM");
}

ModelConfig config_from_json(const json& json, const std::string& file_name) {
  const ConfigKeys keys(json, file_name);
  ModelConfig c;
  c.model_type = keys.text("model_type", "");
  if (c.model_type == "seedling") return read_own_config(keys);
  c.vocab_size = keys.size("vocab_size");
  if (c.model_type == "gpt2")
    read_gpt2(c, keys);
  else if (c.model_type == "bert")
    read_bert(c, keys);
  else if (c.model_type == "distilbert")
    read_distilbert(c, keys);
  else if (c.model_type == "llama" || c.model_type == "qwen3")
    read_llama(c, keys, c.model_type == "qwen3");
  else
    keys.refuse(
        "model_type",
        "this kind of model is not supported. Supported are gpt2, bert, llama, qwen3 and distilbert.");

  if (c.model_type != "llama" && c.model_type != "qwen3") {
    if (c.channels % c.heads != 0)
      fail(file_name, ": ", c.heads, " heads do not divide ", c.channels, " channels.");
    c.head_size = c.channels / c.heads;
  }
  c.head = read_head(keys, c.causal);
  c.tie_embeddings = keys.flag("tie_word_embeddings", c.model_type != "llama" && c.model_type != "qwen3");
  if (c.head == HeadKind::classifier) c.labels = read_labels(keys);
  keys.only("add_cross_attention", false, "attention to an encoder is not supported.");
  keys.only("is_encoder_decoder", false, "only a single tower is supported.");
  if (keys.find("quantization_config"))
    keys.refuse("quantization_config", "quantized weights are not supported.");
  if (const nlohmann::json* pruned = keys.find("pruned_heads"); pruned != nullptr && !pruned->empty())
    keys.refuse("pruned_heads", "models with heads removed are not supported.");
  read_own_extras(c, keys);
  try {
    c.check();
  } catch (const Error& error) {
    fail(file_name, ": ", error.what());
  }
  return c;
}

}  // namespace seedling
