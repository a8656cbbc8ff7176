// What turns gradients into better parameters: AdamW alone, or Muon for the matrices with AdamW for the rest.
//
// All state lives in slabs allocated once; state() lists it by name for checkpoints. Called by
// training/trainer.cpp. Sources: AdamW: Loshchilov & Hutter 2019; Muon: Jordan et al. 2024
// (https://kellerjordan.github.io/posts/muon).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "tensor/parameters.h"

namespace seedling {

struct OptimizerOptions {
  std::string kind = "adamw";  // adamw, muon
  double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
  double weight_decay = 0.1;  // AdamW's, on Parameter::decays() only
  double momentum = 0.95;     // Muon's (Nesterov)
  // Rates of what AdamW keeps beside Muon, as multiples of the learning rate.
  double embedding_rate = 1.0, head_rate = 1.0, vector_rate = 1.0;
  double shift_rate = 1.0;  // of the recipe record's token shifts
};

/// A named piece of optimizer state: saved and restored as it is.
struct StateTensor {
  std::string name;
  Tensor tensor;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update of all trainable parameters from the gradient slab; `step` counts from 1. The gradient is
  /// multiplied by `gradient_scale` first (clipping). The caller tells the backend that parameters changed.
  virtual void step(double learning_rate, double gradient_scale, int64_t step) = 0;
  virtual std::vector<StateTensor> state() const = 0;
  virtual void set_weight_decay(double weight_decay) = 0;
};

/// Throws UsageError for an unknown kind. `parameters` and `backend` must outlive the optimizer.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, Parameters& parameters,
                                          Backend& backend);

/// Length of the gradient of all trainable parameters: one pass over the slab where all are trainable.
double gradient_norm(Parameters& parameters, Backend& backend);

/// The factor that shortens a gradient of length `norm` to at most `longest` (0: any length).
double clip_scale(double norm, double longest);

/// Elements that a parameter takes in a slab: parameters begin at multiples of 16, as in tensor/parameters.h.
constexpr int64_t slab_size(int64_t size) { return (size + 15) / 16 * 16; }

/// Device memory owned by one object: a row of `size` elements, zeroed.
class Slab {
 public:
  Slab(Backend& backend, DType dtype, int64_t size);
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  /// Elements [begin, begin + size) as a row.
  Tensor part(int64_t begin, int64_t size) const;
  int64_t size() const { return whole_.size(); }

 private:
  Backend& backend_;
  Tensor whole_;
};

}  // namespace seedling
