// Checks of a model's shape and what follows from it: see config.h.
#include "model/config.h"

#include "base/error.h"
#include "model/heads.h"
#include "model/transformer.h"

namespace seedling {
namespace {

void check_positive(int64_t value, const char* what) {
  if (value < 1) fail_usage(what, " is ", value, "; it must be at least 1");
}

void check_probability(float value, const char* what) {
  if (!(value >= 0.0f && value < 1.0f))
    fail_usage(what, " is ", value, "; it must be at least 0 and below 1");
}

}  // namespace

void ModelConfig::check() const {
  check_positive(vocab_size, "the vocabulary size");
  check_positive(channels, "channels");
  check_positive(layers, "layers");
  check_positive(heads, "heads");
  check_positive(kv_heads, "key/value heads");
  check_positive(head_size, "the head size");
  check_positive(mlp_channels, "the MLP's width");
  check_positive(context_length, "the context length");
  if (vocab_size > int64_t{1} << 30) fail_usage("a vocabulary of ", vocab_size, " tokens is too large");
  if (heads % kv_heads != 0) {
    fail_usage(kv_heads, " key/value heads do not divide ", heads, " heads; choose a divisor of ", heads);
  }
  if (positions == PositionKind::learned && heads * head_size != channels) {
    fail_usage(heads, " heads of ", head_size, " make ", heads * head_size, " channels, not ", channels);
  }
  if (positions == PositionKind::rotary && head_size % 2 != 0) {
    fail_usage("rotary positions need an even head size, not ", head_size, " (", channels, " channels / ",
               heads, " heads)");
  }
  if (positions == PositionKind::rotary && !(rope_theta > 0.0f)) {
    fail_usage("rope_theta is ", rope_theta, "; it must be above 0");
  }
  if (type_vocab_size < 0 || ngram_table < 0) fail_usage("a table cannot have fewer than 0 rows");
  if (!(norm_epsilon >= 0.0f)) fail_usage("the norms' epsilon is ", norm_epsilon, "; it must be at least 0");
  if (head == HeadKind::masked_language_model && causal) {
    fail_usage("a masked language model sees both sides: it cannot be causal");
  }
  if (head == HeadKind::language_model && !causal) {
    fail_usage("a language model that predicts the next token must be causal");
  }
  if (head == HeadKind::classifier && labels.size() < 2) {
    fail_usage("a classifier needs at least two labels, not ", labels.size());
  }
  check_probability(embedding_dropout, "dropout on the embedding");
  check_probability(residual_dropout, "dropout on the residual branches");
  check_probability(attention_dropout, "dropout on the attention");
}

void ModelConfig::set_sizes(int64_t new_layers, int64_t new_heads, int64_t new_channels,
                            int64_t new_kv_heads) {
  check_positive(new_layers, "layers");
  check_positive(new_heads, "heads");
  check_positive(new_channels, "channels");
  if (new_channels % new_heads != 0) {
    fail_usage(new_heads, " heads do not divide ", new_channels,
               " channels; choose channels that are a multiple of ", new_heads, ", for example ",
               (new_channels + new_heads - 1) / new_heads * new_heads);
  }
  layers = new_layers, heads = new_heads, channels = new_channels;
  kv_heads = new_kv_heads > 0 ? new_kv_heads : new_heads;
  head_size = channels / heads;
  if (gated_mlp) {
    mlp_channels = (8 * channels / 3 + 31) / 32 * 32;
  } else {
    mlp_channels = (model_type == "seedling" ? 2 : 4) * channels;
  }
}

int64_t ModelConfig::matrix_parameters() const {
  Parameters parameters;  // declared only: nothing is allocated
  Transformer transformer(*this, parameters);
  make_head(*this, transformer, parameters);
  int64_t count = 0;
  for (const Parameter& parameter : parameters.all()) {
    if (parameter.kind != ParameterKind::embedding) count += parameter.size();
  }
  const bool predicts_tokens = head == HeadKind::language_model || head == HeadKind::masked_language_model;
  return count + (predicts_tokens && tie_embeddings ? vocab_size * channels : 0);
}

int64_t ModelConfig::parameter_count() const {
  Parameters parameters;
  Transformer transformer(*this, parameters);
  make_head(*this, transformer, parameters);
  return parameters.count();
}

double ModelConfig::flops_per_token(int64_t T) const {
  return 6.0 * static_cast<double>(matrix_parameters()) +
         12.0 * static_cast<double>(layers) * static_cast<double>(channels) * static_cast<double>(T);
}

}  // namespace seedling
