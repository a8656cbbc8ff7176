// Muon: momentum whose steps are made orthogonal (Jordan et al. 2024), for the matrices; AdamW for the rest.
//
//   M = b M + G                     momentum
//   U = G + b M                     Nesterov's look ahead
//   O = NewtonSchulz(U / |U|)       nearly U (U^T U)^(-1/2): all singular values near 1
//   W = W - rate * sqrt(max(1, rows / columns)) * O
//
// NewtonSchulz is X <- a X + (b A + c A A) X with A = X X^T, some times (kernels/optimizer.h has a, b, c); a
// tall X is iterated from its other side, so that A is the small square. Its products are most of the cost:
// Backend::muon gets all matrices at once and may compute them in bf16, as Jordan does, for the iteration
// only needs directions. Matrices stacked in one parameter (q, k, v) are treated one by one
// (Parameter::row_blocks). No weight decay.
#pragma once

#include "optimizer/adamw.h"

namespace seedling {

class Muon : public Optimizer {
 public:
  Muon(const OptimizerOptions& options, Parameters& parameters, Backend& backend);
  void step(double learning_rate, double gradient_scale, int64_t step) override;
  std::vector<StateTensor> state() const override;
  void set_weight_decay(double weight_decay) override { rest_.set_weight_decay(weight_decay); }

 private:
  OptimizerOptions options_;
  Backend& backend_;
  std::vector<Parameter*> parameters_;
  std::vector<Tensor> momenta_;       // one a parameter, for state()
  std::vector<MuonMatrix> matrices_;  // one or more a parameter
  std::vector<double> rates_;         // of the matrices, as multiples of the learning rate
  std::unique_ptr<Slab> momentum_, scratch_;
  AdamW rest_;
};

}  // namespace seedling
