// The mean of the weights over the last part of their path, which scores better than the point where they
// stand.
//
//   mean_t = mean_(t-1) + (w_t - mean_(t-1)) / max(1, share * t)
//
// While the learning rate is high, weights wander about a good place rather than rest in it; their mean is
// nearer to it (Polyak & Juditsky 1992; Izmailov et al. 2018, "stochastic weight averaging"). The mean
// reaches back over a share of the steps so far, so it forgets the beginning without a horizon to be tuned
// (Shamir & Zhang 2013, "polynomial-decay averaging"). Training itself goes on from the path. Called by
// training/trainer.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "optimizer/optimizer.h"
#include "tensor/parameters.h"

namespace seedling {

class WeightAverage {
 public:
  /// `share` 0: there is no mean, and nothing here does anything. Else two slabs of the parameters' size are
  /// allocated. `parameters` and `backend` must outlive this.
  WeightAverage(double share, Parameters& parameters, Backend& backend);

  /// The weights have arrived at step `step`, counted from 1.
  void take(int64_t step);

  /// The mean is where the weights stand now.
  void begin_again();

  /// While it lives, the parameters hold the mean. One at a time.
  class InUse {
   public:
    explicit InUse(WeightAverage& average) : average_(average) { average_.show_mean(); }
    ~InUse() { average_.show_path(); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    WeightAverage& average_;
  };

  /// The path's own weights, for checkpoints whose model is the mean: "NAME.path" each. Right while the mean
  /// is in use.
  std::vector<StateTensor> state() const;
  /// A checkpoint has been read: its model into the parameters, its path into state().
  void restore();

 private:
  void show_mean();
  void show_path();
  /// Copies all trainable parameters into a slab, and back.
  void keep(const Slab& slab);
  void put_back(const Slab& slab);

  /// Weights and where they stand in the slabs.
  struct Span {
    Tensor value;
    int64_t offset;
  };

  double share_;
  Backend& backend_;
  std::vector<std::string> names_;
  std::vector<Span> parameters_;  // the trainable ones
  std::vector<Span> spans_;       // the same in as few pieces as can be
  std::unique_ptr<Slab> mean_, path_;
};

}  // namespace seedling
