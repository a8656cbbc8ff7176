// ModelConfig -> config.json, for transformers 4.46 and 5 alike.
//
// Everything whose default moved between versions, or lies outside a small vocabulary, is written out. Floats
// stay floats (transformers 5 refuses a JSON integer for them).
#include <algorithm>

#include "base/error.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config_names.h"
#include "checkpoint/config_own.h"

namespace seedling {
using nlohmann::json;

namespace {

std::string activation_name(Activation activation) {
  for (const auto& entry : kActivationNames)
    if (entry.activation == activation) return std::string(entry.name);
  return "";
}

json id_or_null(int32_t id) { return id >= 0 ? json(id) : json(nullptr); }

json gpt2_keys(const ModelConfig& c) {
  return {{"n_positions", c.context_length},
          {"n_ctx", c.context_length},
          {"n_embd", c.channels},
          {"n_layer", c.layers},
          {"n_head", c.heads},
          {"n_inner", c.mlp_channels},
          {"activation_function", activation_name(c.activation)},
          {"layer_norm_epsilon", plain_double(c.norm_epsilon)},
          {"resid_pdrop", plain_double(c.residual_dropout)},
          {"embd_pdrop", plain_double(c.embedding_dropout)},
          {"attn_pdrop", plain_double(c.attention_dropout)},
          {"scale_attn_weights", true},
          {"scale_attn_by_inverse_layer_idx", false},
          {"reorder_and_upcast_attn", false}};
}

json bert_keys(const ModelConfig& c) {
  return {{"hidden_size", c.channels},
          {"num_hidden_layers", c.layers},
          {"num_attention_heads", c.heads},
          {"intermediate_size", c.mlp_channels},
          {"hidden_act", activation_name(c.activation)},
          {"hidden_dropout_prob", plain_double(c.residual_dropout)},
          {"attention_probs_dropout_prob", plain_double(c.attention_dropout)},
          {"max_position_embeddings", c.context_length},
          {"type_vocab_size", c.type_vocab_size},
          {"layer_norm_eps", plain_double(c.norm_epsilon)},
          {"classifier_dropout", nullptr},
          {"position_embedding_type", "absolute"}};
}

json distilbert_keys(const ModelConfig& c) {
  return {{"dim", c.channels},
          {"n_layers", c.layers},
          {"n_heads", c.heads},
          {"hidden_dim", c.mlp_channels},
          {"activation", activation_name(c.activation)},
          {"dropout", plain_double(c.residual_dropout)},
          {"attention_dropout", plain_double(c.attention_dropout)},
          {"max_position_embeddings", c.context_length},
          {"sinusoidal_pos_embds", false}};
}

json llama_keys(const ModelConfig& c) {
  const double theta = plain_double(c.rope_theta);
  json keys = {{"hidden_size", c.channels},
               {"num_hidden_layers", c.layers},
               {"num_attention_heads", c.heads},
               {"num_key_value_heads", c.kv_heads},
               {"head_dim", c.head_size},
               {"intermediate_size", c.mlp_channels},
               {"hidden_act", activation_name(c.activation)},
               {"rms_norm_eps", plain_double(c.norm_epsilon)},
               {"max_position_embeddings", c.context_length},
               {"attention_bias", c.bias && !c.qk_norm},
               {"attention_dropout", plain_double(c.attention_dropout)},
               {"rope_theta", theta},  // 4.x reads this, 5.x the next
               {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", theta}}},
               {"rope_scaling", nullptr},
               {"use_cache", true}};
  if (c.model_type == "llama") keys["mlp_bias"] = c.bias;
  if (c.model_type == "qwen3") keys["use_sliding_window"] = false;
  return keys;
}

}  // namespace

json config_to_json(const ModelConfig& config, const SpecialTokens& special) {
  json result;
  if (config.model_type == "seedling") {
    result = write_own_config(config);
  } else {
    if (config.model_type == "gpt2")
      result = gpt2_keys(config);
    else if (config.model_type == "bert")
      result = bert_keys(config);
    else if (config.model_type == "distilbert")
      result = distilbert_keys(config);
    else if (config.model_type == "llama" || config.model_type == "qwen3")
      result = llama_keys(config);
    else
      fail("There is no config.json for the model type '", config.model_type, "'.");
    result["model_type"] = config.model_type;
    result["architectures"] = {architecture_name(config.model_type, config.head)};
    result["vocab_size"] = config.vocab_size;
    result["initializer_range"] = 0.02;
    result["tie_word_embeddings"] = config.tie_embeddings;
    if (config.head == HeadKind::classifier) {
      json id2label = json::object(), label2id = json::object();
      for (size_t id = 0; id < config.labels.size(); ++id) {
        id2label[std::to_string(id)] = config.labels[id];
        label2id[config.labels[id]] = id;
      }
      if (label2id.size() != config.labels.size())
        fail("Two classes have the same label: labels must differ.");
      result["id2label"] = id2label;
      result["label2id"] = label2id;
      result["problem_type"] = "single_label_classification";
    }
    const json extras = write_own_extras(config, result);
    if (!extras.empty()) result["seedling"] = extras;
  }
  result["torch_dtype"] = "float32";  // 4.x reads this, 5.x the next
  result["dtype"] = "float32";
  result["bos_token_id"] = id_or_null(special.bos);
  result["eos_token_id"] = id_or_null(special.eos);
  result["pad_token_id"] = id_or_null(special.pad);
  return result;
}

}  // namespace seedling
