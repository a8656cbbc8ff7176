// Initial values: see initialize.h.
#include "model/initialize.h"

#include <cmath>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "layers/pass.h"

namespace seedling {
namespace {

constexpr double kDeviation = 0.02;

uint64_t key_of(uint64_t seed, std::string_view name) {
  uint64_t key = mix64(seed);
  for (const char letter : name) key = mix64(key ^ static_cast<unsigned char>(letter));
  return key;
}

/// Box-Muller: pair k of the stream gives elements 2k and 2k + 1.
std::vector<float> normal_values(uint64_t key, int64_t count, double deviation) {
  std::vector<float> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i += 2) {
    Random random(key, static_cast<uint64_t>(i));
    const double radius = deviation * std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
    const double angle = 6.283185307179586 * random.uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < count) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return values;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

void initialize_parameters(const ModelConfig& config, Backend& backend, Parameters& parameters,
                           uint64_t seed) {
  const double residual = 1.0 / std::sqrt(2.0 * static_cast<double>(config.layers));
  for (const Parameter& parameter : parameters.all()) {
    const std::string_view name = parameter.name;
    const bool vector = parameter.kind == ParameterKind::vector;
    const bool last = ends_with(name, ".attention.out.weight") || ends_with(name, ".mlp.down.weight");
    double deviation = last ? kDeviation * residual : kDeviation;
    // LoRA starts as no change: B zero, A as wide as PEFT's, which draws uniformly from +- 1 / sqrt(I).
    if (ends_with(name, ".lora_a"))
      deviation = 1.0 / std::sqrt(3.0 * static_cast<double>(parameter.shape[1]));
    if (name == "embedding.token.lora_a") deviation = 1.0;  // PEFT's, for tables
    if (ends_with(name, ".lora_b")) deviation = 0.0;
    if (config.zero_init && (last || name == "head.weight")) deviation = 0.0;
    if (vector || deviation == 0.0) {
      const float value = ends_with(name, ".gain") ? 1.0f : 0.0f;
      write_floats(backend, parameter.value,
                   std::vector<float>(static_cast<size_t>(parameter.size()), value));
    } else {
      write_floats(backend, parameter.value, normal_values(key_of(seed, name), parameter.size(), deviation));
    }
  }
  backend.parameters_changed();
}

}  // namespace seedling
