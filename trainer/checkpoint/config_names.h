// The words of config.json that reading and writing must agree on (internal to checkpoint/).
#pragma once

#include <string>
#include <string_view>

#include "model/config.h"

namespace seedling {

/// "gpt2", HeadKind::classifier -> "GPT2ForSequenceClassification".
std::string architecture_name(const std::string& model_type, HeadKind head);

struct ActivationName {
  std::string_view name;
  Activation activation;
};
/// The first name of an activation is the one that is written.
inline constexpr ActivationName kActivationNames[] = {
    {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh}, {"gelu", Activation::gelu_erf},
    {"silu", Activation::silu},           {"swish", Activation::silu},
    {"relu", Activation::relu},           {"relu2", Activation::relu_squared},
    {"tanh", Activation::tanh},
};

}  // namespace seedling
