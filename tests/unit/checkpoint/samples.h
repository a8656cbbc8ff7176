// Small models with a tokenizer, for the tests of checkpoint/ and generation/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/random.h"
#include "model/model.h"
#include "support/small_models.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

struct Combination {
  std::string arch;
  Objective objective;
  bool tied;

  ModelConfig config() const {
    ModelConfig config = small_config(arch, objective);
    config.tie_embeddings = tied;
    return config;
  }
  std::string name() const { return arch + ' ' + name_of(objective) + (tied ? " tied" : ""); }
};

/// Every architecture with every head it can have, tied and untied.
inline std::vector<Combination> all_combinations() {
  std::vector<Combination> all;
  for (bool tied : {true, false}) {
    for (const char* arch : {"gpt2", "llama", "qwen3", "seedling"})
      for (Objective objective : {Objective::causal, Objective::classifier, Objective::span})
        all.push_back({arch, objective, tied});
    for (const char* arch : {"bert", "distilbert"})
      for (Objective objective : {Objective::masked, Objective::classifier, Objective::span})
        all.push_back({arch, objective, tied});
  }
  return all;
}

inline std::unique_ptr<Tokenizer> small_tokenizer(bool masked) {
  TokenizerOptions options;
  options.kind = "byte";
  options.masked = masked;
  return train_tokenizer(options, [](const auto& consume) { consume("some text"); });
}

inline std::unique_ptr<Backend> small_backend() { return make_backend({"cpu", "fp32", 1}); }

/// The values of a parameter on the host.
inline std::vector<float> values_of(Model& model, const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.size()));
  model.backend().copy_to_host(values.data(), tensor.raw(), tensor.bytes());
  return values;
}

/// Every parameter random, gains and biases too: nothing can be swapped or forgotten without a difference.
inline void scramble(Model& model, uint64_t seed) {
  Random random(seed);
  for (Parameter& parameter : model.parameters().all()) {
    std::vector<float> values(static_cast<size_t>(parameter.size()));
    for (float& value : values) value = static_cast<float>(0.3 * random.normal());
    model.backend().copy_to_device(parameter.value.raw(), values.data(), parameter.value.bytes());
  }
  model.backend().parameters_changed();
}

inline bool same_parameters(Model& a, Model& b) {
  auto& others = b.parameters().all();
  size_t next = 0;
  for (Parameter& parameter : a.parameters().all()) {
    Parameter& other = others.at(next++);
    if (parameter.name != other.name || values_of(a, parameter.value) != values_of(b, other.value))
      return false;
  }
  return next == others.size();
}

}  // namespace seedling
