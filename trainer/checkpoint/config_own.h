// What config.json says of a model beyond Hugging Face's keys: the object "seedling" beside them, and the
// whole of a model of the recipe "record", which has no home there (internal to checkpoint/).
#pragma once

#include "checkpoint/config_keys.h"
#include "model/config.h"

namespace seedling {

/// The config of a model of type "seedling", all in our own keys.
ModelConfig read_own_config(const ConfigKeys& keys);
nlohmann::json write_own_config(const ModelConfig& config);

/// Settings that Hugging Face's keys cannot express and its models need not know: dropouts in places of their
/// own, norms saved as ones and biases saved as zeros because this model has none.
void read_own_extras(ModelConfig& config, const ConfigKeys& keys);
/// Compares the config with what `huggingface` (a finished config.json) reads back as. Throws Error naming
/// the field that this model_type cannot express.
nlohmann::json write_own_extras(const ModelConfig& config, const nlohmann::json& huggingface);

/// A float as the double whose shortest decimal spelling is the float's own: 1e-05,
/// not 9.999999747378752e-06.
double plain_double(float value);

}  // namespace seedling
