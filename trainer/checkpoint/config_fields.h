// The fields of ModelConfig, listed once, so that reading, writing and comparing cannot forget one (internal
// to checkpoint/).
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "checkpoint/config_own.h"
#include "model/config.h"

namespace seedling {

/// Calls visit(name, field) for every field but model_type.
template <typename Config, typename Visit>
void visit_fields(Config& c, const Visit& visit) {
  visit("head", c.head);
  visit("vocab_size", c.vocab_size);
  visit("channels", c.channels);
  visit("layers", c.layers);
  visit("heads", c.heads);
  visit("kv_heads", c.kv_heads);
  visit("head_size", c.head_size);
  visit("mlp_channels", c.mlp_channels);
  visit("context_length", c.context_length);
  visit("type_vocab_size", c.type_vocab_size);
  visit("causal", c.causal);
  visit("post_norm", c.post_norm);
  visit("embedding_norm", c.embedding_norm);
  visit("norm", c.norm);
  visit("norm_epsilon", c.norm_epsilon);
  visit("norm_gain", c.norm_gain);
  visit("positions", c.positions);
  visit("rope_theta", c.rope_theta);
  visit("activation", c.activation);
  visit("gated_mlp", c.gated_mlp);
  visit("bias", c.bias);
  visit("qk_norm", c.qk_norm);
  visit("tie_embeddings", c.tie_embeddings);
  visit("token_shift", c.token_shift);
  visit("ngram_table", c.ngram_table);
  visit("embedding_dropout", c.embedding_dropout);
  visit("residual_dropout", c.residual_dropout);
  visit("attention_dropout", c.attention_dropout);
  visit("labels", c.labels);
}

template <typename Enum>
struct EnumNames;
template <>
struct EnumNames<HeadKind> {
  static constexpr std::pair<HeadKind, std::string_view> kNames[] = {
      {HeadKind::language_model, "language_model"},
      {HeadKind::masked_language_model, "masked_language_model"},
      {HeadKind::classifier, "classifier"},
      {HeadKind::span, "span"}};
};
template <>
struct EnumNames<NormKind> {
  static constexpr std::pair<NormKind, std::string_view> kNames[] = {{NormKind::layer, "layer"},
                                                                     {NormKind::rms, "rms"}};
};
template <>
struct EnumNames<PositionKind> {
  static constexpr std::pair<PositionKind, std::string_view> kNames[] = {{PositionKind::learned, "learned"},
                                                                         {PositionKind::rotary, "rotary"}};
};
template <>
struct EnumNames<Activation> {
  static constexpr std::pair<Activation, std::string_view> kNames[] = {
      {Activation::gelu_tanh, "gelu_new"}, {Activation::gelu_erf, "gelu"},      {Activation::silu, "silu"},
      {Activation::relu, "relu"},          {Activation::relu_squared, "relu2"}, {Activation::tanh, "tanh"}};
};

template <typename Enum>
std::string_view enum_name(Enum value) {
  for (const auto& [candidate, name] : EnumNames<Enum>::kNames)
    if (candidate == value) return name;
  return "";
}

template <typename Field>
nlohmann::json field_to_json(const Field& field) {
  if constexpr (std::is_enum_v<Field>)
    return std::string(enum_name(field));
  else if constexpr (std::is_same_v<Field, float>)
    return plain_double(field);
  else
    return field;
}

}  // namespace seedling
