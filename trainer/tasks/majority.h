// What can be scored without reading: always giving the answer that training has most often.
//
// A score means little alone; this is the least that a model must beat. Called by
// commands/finetune_train.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/examples.h"

namespace seedling {

/// The task's scores on `asked` of the most frequent label, answer ("" for 'no answer') or target of `train`,
/// with that "answer". Null for dialogue, which is scored by its loss.
nlohmann::json majority_scores(const std::string& task, const std::vector<Example>& train,
                               const std::vector<Example>& asked);

}  // namespace seedling
