// tokenizer_config.json: which class of `transformers` reads the tokenizer, and which token plays which part.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tokenizer/pipeline.h"

namespace seedling {

/// The tokenizer_config.json that makes `transformers` 4 and 5 give the same ids as tokenizer.json itself.
nlohmann::json suitable_config(const PipelineParts& parts);

/// Ids of the tokens that the configuration names; where it does not say, of the usual names.
/// A name that is not in the vocabulary counts as absent. Throws Error for a name that is not a string.
SpecialTokens find_special_tokens(const nlohmann::json& config, const Vocabulary& vocabulary,
                                  const std::string& place);

}  // namespace seedling
