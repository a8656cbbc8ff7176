// One row a layer, measured around a step (see health.h).
#include "training/health.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace seedling {

using nlohmann::json;

namespace {

constexpr double kDead = 1e-12;  // a unit whose gradients are all smaller than this

/// Elements between the beginning of the value slab and a parameter.
int64_t place_in_slab(const Parameters& parameters, const Parameter& parameter) {
  const auto* begin = static_cast<const std::byte*>(parameters.values().raw());
  return (static_cast<const std::byte*>(parameter.value.raw()) - begin) /
         static_cast<int64_t>(size_of(parameter.value.dtype()));
}

json ratio(double a, double b) { return b > 0.0 ? json(a / b) : json(nullptr); }

}  // namespace

void LayerScales::join(const LayerScales& other) {
  weight += other.weight, gradient += other.gradient, update += other.update;
  count += other.count, units += other.units, dead += other.dead;
}

json LayerScales::describe() const {
  const double n = static_cast<double>(std::max<int64_t>(1, count));
  const double w = std::sqrt(weight / n), g = std::sqrt(gradient / n), u = std::sqrt(update / n);
  return {{"weight", w},
          {"gradient", g},
          {"update", u},
          {"gradient_to_weight", ratio(g, w)},
          {"update_to_weight", ratio(u, w)},
          {"dead", units > 0 ? json(static_cast<double>(dead) / static_cast<double>(units)) : json(nullptr)}};
}

LayerScales measure_parameter(Backend& backend, const Parameter& p) {
  LayerScales scales;
  scales.count = p.size();
  scales.weight = backend.squared_norm(p.value);
  if (!p.trainable) return scales;
  scales.gradient = backend.squared_norm(p.gradient);
  if (p.name.find(".mlp.up.weight") == std::string::npos || p.shape.size() != 2) return scales;
  const std::vector<float> g = read_floats(backend, p.gradient);  // (F, C)
  const int64_t C = p.shape[1];
  scales.units = p.shape[0];
  for (int64_t row = 0; row < p.shape[0]; ++row) {
    const auto begin = g.begin() + row * C;
    scales.dead += std::all_of(begin, begin + C, [](float value) { return std::abs(value) < kDead; });
  }
  return scales;
}

std::string layer_of(const std::string& parameter) {
  if (parameter.rfind("blocks.", 0) == 0) return "block " + parameter.substr(7, parameter.find('.', 7) - 7);
  return parameter.rfind("embedding", 0) == 0 ? "embedding" : "head";
}

void HealthMeter::before_step() {
  Backend& backend = model_.backend();
  const Tensor values = model_.parameters().values();
  before_ = std::make_unique<Slab>(backend, values.dtype(), values.size());
  backend.copy(before_->part(0, values.size()), values.view({values.size()}));
}

json HealthMeter::after_step(const Batch& text) {
  Backend& backend = model_.backend();
  const Tensor values = model_.parameters().values();
  // before = before - 1.0 * values: the update, with its sign turned round.
  backend.apply_update(before_->part(0, values.size()), values.view({values.size()}), 1.0f, 0.0f);
  const std::vector<double> activations = model_.activation_scales(text);
  std::vector<std::string> names;  // in the order of the model
  std::vector<LayerScales> layers;
  for (const Parameter& p : model_.parameters().all()) {
    LayerScales scales = measure_parameter(backend, p);
    scales.update = backend.squared_norm(before_->part(place_in_slab(model_.parameters(), p), p.size()));
    const std::string name = layer_of(p.name);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      names.push_back(name);
      layers.push_back(scales);
    } else {
      layers[static_cast<size_t>(found - names.begin())].join(scales);
    }
  }
  before_.reset();
  json rows = json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    json row = layers[i].describe();
    row["name"] = names[i];
    row["activation"] = i < activations.size() && names[i] != "head" ? json(activations[i]) : json(nullptr);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace seedling
