// Diagnosis in plain words: what the curves of a run say, and what to do about it (the view Doctor).
//
// Each rule looks at the recorded series alone, so it says the same of a live run, a past one and a copied
// one.
#pragma once

#include <nlohmann/json.hpp>

#include "web/server/series.h"

namespace seedling::server {

/// Findings, worst first: {"code", "severity": "bad"|"warning"|"note"|"good", "title", "words", "remedy",
/// "step"}.
nlohmann::json diagnose(const SeriesIndex& index, const nlohmann::json& description,
                        const nlohmann::json& summary, const nlohmann::json& checkpoints);

}  // namespace seedling::server
