// One input through whatever head a model has: a class, an answer, a text.
//
// Called by: playground (POST /api/predict), inspect_compare.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "generation/generator.h"
#include "web/server/model_store.h"

namespace seedling::server {

/// Throws HttpError 400 where the model writes no text.
void require_generator(const Model& model);

/// {"label", "probabilities"} | {"answer", "start", "end", "score"} | {"text"}.
nlohmann::json predict_one(ModelStore::Lease& lease, const std::string& input, const std::string& context);

/// The same as {"text": ...} whatever the head, for showing models beside each other; generators go on from
/// the input.
nlohmann::json answer_one(ModelStore::Lease& lease, const std::string& input, const std::string& context,
                          const SamplingOptions& options);

}  // namespace seedling::server
