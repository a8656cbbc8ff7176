// AdamW over a list of parameters (Loshchilov & Hutter 2019, algorithm 2):
//   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
//   w = w - rate * (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + decay * w)
//
// Neighbours in the slab with the same rate and decay are one span of the call. Made by make_optimizer and by
// Muon.
#pragma once

#include "optimizer/optimizer.h"

namespace seedling {

class AdamW : public Optimizer {
 public:
  AdamW(const OptimizerOptions& options, std::vector<Parameter*> parameters, Backend& backend);
  void step(double learning_rate, double gradient_scale, int64_t step) override;
  std::vector<StateTensor> state() const override;
  void set_weight_decay(double weight_decay) override { options_.weight_decay = weight_decay; }

 private:
  /// A run of neighbouring parameters, updated alike; `offset` is its place in the moment slabs.
  struct Span {
    Tensor value, gradient;
    int64_t offset;
    double rate;
    bool decays;
  };

  OptimizerOptions options_;
  std::vector<Parameter*> parameters_;
  std::vector<int64_t> offsets_;  // of each parameter in the moment slabs
  std::vector<Span> spans_;
  Backend& backend_;
  std::unique_ptr<Slab> m_, v_;
};

}  // namespace seedling
