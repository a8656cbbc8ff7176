// Looking inside a model: the views of POST /api/inspect share this.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "web/server/app.h"
#include "web/server/generation.h"

namespace seedling::server {

/// A model and the text that it is shown, as it would see it in training ([CLS] and [SEP] around it for
/// masked models).
struct Subject {
  ModelStore::Lease lease;
  std::vector<int32_t> ids;
  bool cut = false;  // the text was longer than the context

  Model& model() const { return lease.model(); }
  const Tokenizer& tokenizer() const { return lease.tokenizer(); }
  int64_t T() const { return static_cast<int64_t>(ids.size()); }
  /// {"model", "step", "tokens", "cut"}: what every reply begins with.
  nlohmann::json heading() const;
};

/// Takes "model" and "text" out of the body. At most `limit` tokens.
Subject take_subject(App& app, nlohmann::json& body, int64_t limit);

/// Takes "heads_off" [[layer, head]...]: (L x NH) factors, empty where all are on.
std::vector<float> take_heads(nlohmann::json& body, const ModelConfig& config);

/// Mean loss in nats of each token after the first, from (T, V) logits; no value for masked models or single
/// tokens.
nlohmann::json mean_next_loss(const std::vector<float>& logits, const Subject& subject);

/// The text as a batch of one to learn from: next tokens as targets, or a seeded 15 % of it masked. Refuses
/// models without a language head and texts of one token.
Batch learning_batch(const Subject& subject);

/// Token by token, what a row of logits says: softmax over the tokenizer's own ids.
std::vector<double> probabilities_of(const float* logits, int64_t vocabulary);

nlohmann::json inspect_probabilities(App& app, nlohmann::json& body);
nlohmann::json inspect_attention(App& app, nlohmann::json& body);
nlohmann::json inspect_logits(App& app, nlohmann::json& body);
nlohmann::json inspect_embeddings(App& app, nlohmann::json& body);
nlohmann::json inspect_neighbours(App& app, nlohmann::json& body);
nlohmann::json inspect_difference(App& app, nlohmann::json& body);
nlohmann::json inspect_step(App& app, nlohmann::json& body);
nlohmann::json inspect_gradient(App& app, nlohmann::json& body);
nlohmann::json inspect_compare(const Call& call, nlohmann::json& body);

}  // namespace seedling::server
