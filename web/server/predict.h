// One input through whatever head a model has: a class, an answer, a text.
//
// Called by: playground (POST /api/predict), inspect_compare.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "generation/generator.h"
#include "web/server/model_store.h"

namespace seedling::server {

/// Throws HttpError 400 where the model writes no text.
void require_generator(const Model& model);

/// {"label", "probabilities"} | {"answer", "start", "end", "score"} | {"text"}, as `seedling predict` says
/// it. Throws Error for a model that was not fine-tuned.
nlohmann::json predict_one(ModelStore::Lease& lease, const std::string& input, const std::string& context);

/// The same as {"text": ...} whatever the head, for showing models beside each other; generators go on from
/// the input.
/// `wanted` is asked from time to time whether anybody still waits.
nlohmann::json answer_one(ModelStore::Lease& lease, const std::string& input, const std::string& context,
                          const SamplingOptions& options, const std::function<bool()>& wanted);

}  // namespace seedling::server
