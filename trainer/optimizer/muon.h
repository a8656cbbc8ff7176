// Muon: momentum whose steps are made orthogonal (Jordan et al. 2024), for the matrices; AdamW for the rest.
//
//   M = b M + G                     momentum
//   U = G + b M                     Nesterov's look ahead
//   O = NewtonSchulz5(U / |U|)      nearly U (U^T U)^(-1/2): all singular values near 1
//   W = W - rate * sqrt(max(1, rows / columns)) * O
//
// One Newton-Schulz iteration with (a, b, c) = (3.4445, -4.7750, 2.0315):  A = X X^T,  X <- a X + (b A + c A
// A) X; a tall X is iterated from the right side, X <- a X + X (b A + c A A) with A = X^T X, so that A is the
// small square. Matrices stacked in one parameter (q, k, v) are treated one by one (Parameter::row_blocks).
// No weight decay.
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
  struct Matrix {
    Tensor value, gradient, momentum;  // (rows, columns)
    double rate;                       // Parameter::rate
  };
  /// Scratch of the iteration, big enough for every matrix.
  struct Scratch {
    std::unique_ptr<Slab> x, y, square, polynomial;
  };

  Tensor orthogonalize(int64_t rows, int64_t columns);

  OptimizerOptions options_;
  Backend& backend_;
  std::vector<Parameter*> matrices_;
  std::vector<Tensor> momenta_;  // one a parameter, for state()
  std::vector<Matrix> blocks_;
  std::unique_ptr<Slab> momentum_;
  Scratch scratch_;
  AdamW rest_;
};

}  // namespace seedling
