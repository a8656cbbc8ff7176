// How each layer fares: how loud it speaks, how hard it is pushed, how far it moves, what in it is dead.
//
//   scale of a tensor = its root mean square
//   gradient / weight, update / weight: ratios of scales. An update of about a thousandth of the weights a
//   step is a lively, safe pace (Karpathy, "makemore" part 3). dead: the share of the rows of the MLP's first
//   matrix, one a unit, that no gradient reaches
//
// Called by training/trainer.cpp at every evaluation (health.jsonl) and by the page's step microscope
// (web/server/inspect_step.cpp).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "data/batch.h"
#include "model/model.h"
#include "optimizer/optimizer.h"

namespace seedling {

/// Sums of squares over one parameter, or over several, and what follows from them.
struct LayerScales {
  double weight = 0.0, gradient = 0.0, update = 0.0;
  int64_t count = 0, units = 0, dead = 0;

  void join(const LayerScales& other);
  /// {"weight", "gradient", "update", "gradient_to_weight", "update_to_weight", "dead"}; null where there is
  /// nothing.
  nlohmann::json describe() const;
};

/// Weight and gradient of one parameter (its update is the caller's to know).
LayerScales measure_parameter(Backend& backend, const Parameter& parameter);

/// "embedding", "block 3" or "head", by a parameter's name.
std::string layer_of(const std::string& parameter);

/// Measures one step of the optimizer. Parameters that are not trained count as they stand, without a push.
class HealthMeter {
 public:
  explicit HealthMeter(Model& model) : model_(model) {}
  /// The gradients stand, the step has not been taken: remembers the weights.
  void before_step();
  /// The step has been taken: one row a layer. The scales of the activations are those of `text`'s first
  /// sequence.
  nlohmann::json after_step(const Batch& text);

 private:
  Model& model_;
  std::unique_ptr<Slab> before_;  // the weights before the step; held for one step only
};

}  // namespace seedling
