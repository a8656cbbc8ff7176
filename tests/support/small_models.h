// Small models and batches of every kind, for the tests of model/.
//
// Called by: tests/gradient, tests/unit/model.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "data/batch.h"
#include "layers/pass.h"
#include "model/model.h"

namespace seedling {

enum class Objective { causal, masked, classifier, span };

inline const char* name_of(Objective objective) {
  constexpr const char* kNames[] = {"causal", "masked", "classifier", "span"};
  return kNames[static_cast<int>(objective)];
}

/// A model of a few thousand parameters: 2 layers, 4 heads (2 key/value heads with rotary positions), 16
/// channels, 17 tokens, context 8. `arch` is gpt2, bert, distilbert, llama, qwen3 or seedling.
inline ModelConfig small_config(const std::string& arch, Objective objective) {
  ModelConfig config = arch_config(arch == "distilbert" ? "bert" : arch);
  if (arch == "distilbert") config.model_type = arch, config.type_vocab_size = 0;
  config.set_sizes(2, 4, 16, config.positions == PositionKind::rotary ? 2 : 4);
  config.mlp_channels = 24;
  config.vocab_size = 17;
  config.context_length = 8;
  if (arch == "seedling") config.ngram_table = 11;
  switch (objective) {
    case Objective::causal:
      config.causal = true, config.head = HeadKind::language_model;
      break;
    case Objective::masked:
      config.causal = false, config.head = HeadKind::masked_language_model;
      break;
    case Objective::classifier:
      config.head = HeadKind::classifier, config.labels = {"a", "b", "c"};
      break;
    case Objective::span:
      config.head = HeadKind::span;
      break;
  }
  return config;
}

/// B sequences of T tokens with the targets of that objective, from a seed; all but the first are padded at
/// the end.
inline Batch small_batch(const ModelConfig& config, Objective objective, int64_t B, int64_t T,
                         uint64_t seed) {
  Random random(derive_key(seed, 77));
  auto below = [&](int64_t n) { return static_cast<int32_t>(random.below(static_cast<uint64_t>(n))); };
  Batch batch;
  batch.B = B, batch.T = T;
  for (int64_t b = 0; b < B; ++b) {
    const int64_t length = b == 0 ? T : T - 2;
    batch.lengths.push_back(static_cast<int32_t>(length));
    for (int64_t t = 0; t < T; ++t) {
      batch.tokens.push_back(below(config.vocab_size));
      batch.types.push_back(config.type_vocab_size > 0 ? below(config.type_vocab_size) : 0);
      const bool predicted = t < length && (objective == Objective::causal || t % 3 == b % 3);
      batch.targets.push_back(predicted ? below(config.vocab_size) : -1);
    }
    if (objective == Objective::classifier) batch.labels.push_back(below(3));
    if (objective == Objective::span) {
      batch.starts.push_back(below(length));
      batch.ends.push_back(below(length));
    }
  }
  return batch;
}

/// Random values large enough that every gradient is far from zero: gains around 1, the rest normal(0, 0.3).
inline void randomize(Model& model, uint64_t seed) {
  Random random(seed);
  for (const Parameter& parameter : model.parameters().all()) {
    const bool gain = parameter.name.find(".gain") != std::string::npos;
    std::vector<float> values(static_cast<size_t>(parameter.size()));
    for (float& value : values) value = static_cast<float>((gain ? 1.0 : 0.0) + 0.3 * random.normal());
    write_floats(model.backend(), parameter.value, values);
  }
  model.backend().parameters_changed();
}

}  // namespace seedling
