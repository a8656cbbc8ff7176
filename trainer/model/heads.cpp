// The list of heads: see heads.h.
#include "model/heads.h"

namespace seedling {

std::unique_ptr<Head> make_head(const ModelConfig& config, Transformer& transformer, Parameters& parameters) {
  switch (config.head) {
    case HeadKind::language_model:
    case HeadKind::masked_language_model:
      return make_vocabulary_head(config, transformer, parameters);
    case HeadKind::classifier:
      return make_classifier(config, parameters);
    case HeadKind::span:
      return make_span_head(config, parameters);
  }
  return nullptr;
}

int64_t target_count(const ModelConfig& config, const Batch& batch) {
  const bool tokens =
      config.head == HeadKind::language_model || config.head == HeadKind::masked_language_model;
  return tokens ? batch.target_count() : batch.B;
}

}  // namespace seedling
