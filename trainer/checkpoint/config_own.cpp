#include "checkpoint/config_own.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config_fields.h"
#include "checkpoint/config_names.h"

namespace seedling {
using nlohmann::json;

namespace {

/// Reads one field by its C++ type.
struct FieldReader {
  const ConfigKeys& keys;
  void operator()(const char* key, int64_t& field) const {
    if (const json* value = keys.find(key); value != nullptr && *value == 0) {
      field = 0;
    } else {
      field = keys.size(key, field);
    }
  }
  void operator()(const char* key, float& field) const {
    field = static_cast<float>(keys.number(key, field));
  }
  void operator()(const char* key, bool& field) const { field = keys.flag(key, field); }
  void operator()(const char* key, std::vector<std::string>& field) const {
    if (keys.find(key)) field = keys.texts(key);
  }
  template <typename Enum>
  void operator()(const char* key, Enum& field) const {
    const std::string name = keys.text(key, std::string(enum_name(field)));
    std::string known;
    for (const auto& [value, spelling] : EnumNames<Enum>::kNames) {
      if (spelling == name) {
        field = value;
        return;
      }
      known += concat(known.empty() ? "" : ", ", spelling);
    }
    keys.refuse(key, "known are " + known + ".");
  }
};

/// Throws for a key that is no field of ours.
void refuse_unknown(const json& object, const std::string& file, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string nearest = nearest_word(key, known.data(), known.size());
    fail(file, ": 'seedling' has the unknown key '", key, "'",
         nearest.empty() ? "." : concat("; did you mean '", nearest, "'?"));
  }
}

std::vector<std::string> all_field_names() {
  std::vector<std::string> names;
  ModelConfig config;
  visit_fields(config, [&](const char* key, auto&) { names.push_back(key); });
  return names;
}

/// Fields that may differ from what Hugging Face's keys say without a change in what its model computes.
bool is_extra(const std::string& key, const ModelConfig& config) {
  return key == "embedding_dropout" || key == "residual_dropout" || key == "attention_dropout" ||
         (key == "norm_gain" && !config.norm_gain) || (key == "bias" && !config.bias);
}

}  // namespace

double plain_double(float value) {
  char text[32];
  for (int digits = 1; digits <= 9; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
    const double candidate = std::strtod(text, nullptr);
    if (static_cast<float>(candidate) == value) return candidate;
  }
  return value;
}

ModelConfig read_own_config(const ConfigKeys& keys) {
  const json* own = keys.find("seedling");
  if (own == nullptr) keys.refuse("seedling", "a model of type seedling needs it.");
  const ConfigKeys fields(*own, keys.file() + ": seedling");
  refuse_unknown(*own, keys.file(), all_field_names());
  ModelConfig config;
  config.model_type = "seedling";
  visit_fields(config, FieldReader{fields});
  if (config.layers > 10000) fields.refuse("layers", "at most 10000 are supported.");
  try {
    config.check();
  } catch (const Error& error) {
    fail(keys.file(), ": ", error.what());
  }
  return config;
}

json write_own_config(const ModelConfig& config) {
  json own = json::object();
  visit_fields(config, [&](const char* key, const auto& field) { own[key] = field_to_json(field); });
  std::string reasons;
  const auto because = [&](bool condition, const char* reason) {
    if (condition) reasons += concat(reasons.empty() ? "" : ", ", reason);
  };
  because(config.token_shift, "token shift");
  because(config.ngram_table > 0, "a table of trigrams");
  because(config.activation == Activation::relu_squared && !config.gated_mlp,
          "a squared ReLU without a gate");
  because(reasons.empty(), "a combination of parts that no published architecture has");
  return {{"model_type", "seedling"},
          {"architectures", {architecture_name("seedling", config.head)}},
          {"note", "This model opens only in Seedling: it has " + reasons +
                       ", which transformers and llama.cpp do not know."},
          {"vocab_size", config.vocab_size},
          {"seedling", own}};
}

void read_own_extras(ModelConfig& config, const ConfigKeys& keys) {
  const json* own = keys.find("seedling");
  if (own == nullptr) return;
  const ConfigKeys fields(*own, keys.file() + ": seedling");
  refuse_unknown(*own, keys.file(),
                 {"embedding_dropout", "residual_dropout", "attention_dropout", "norm_gain", "bias"});
  const bool bias = config.bias;
  visit_fields(config, [&](const char* key, auto& field) {
    if (fields.find(key)) FieldReader{fields}(key, field);
  });
  if (config.bias && !bias)
    fields.refuse("bias", "it can only be false, for biases that are saved as zeros.");
}

json write_own_extras(const ModelConfig& config, const json& huggingface) {
  const ModelConfig read_back = config_from_json(huggingface, "config.json");
  std::vector<std::pair<std::string, json>> theirs;
  visit_fields(read_back,
               [&](const char* key, const auto& field) { theirs.emplace_back(key, field_to_json(field)); });
  json extras = json::object();
  size_t next = 0;
  visit_fields(config, [&](const char* key, const auto& field) {
    const json ours = field_to_json(field), &other = theirs[next++].second;
    if (ours == other) return;
    if (!is_extra(key, config))
      fail("A model of type ", config.model_type, " has ", key, " = ", describe_json(other),
           " and cannot be saved with ", describe_json(ours),
           ". Use --recipe record, which saves under a model type of its own.");
    extras[key] = ours;
  });
  return extras;
}

}  // namespace seedling
