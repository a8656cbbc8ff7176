// The mean beside the path, and their change of places (see weight_average.h).
#include "optimizer/weight_average.h"

#include <algorithm>

namespace seedling {

WeightAverage::WeightAverage(double share, Parameters& parameters, Backend& backend)
    : share_(share), backend_(backend) {
  if (share_ == 0.0) return;
  int64_t total = 0;
  bool all = true;
  for (Parameter& parameter : parameters.all()) {
    all = all && parameter.trainable;
    if (!parameter.trainable) continue;
    names_.push_back(parameter.name);
    parameters_.push_back({parameter.value.view({parameter.size()}), total});
    total += slab_size(parameter.size());
  }
  spans_ = all ? std::vector<Span>{{parameters.values(), 0}} : parameters_;
  mean_ = std::make_unique<Slab>(backend_, backend_.parameter_type(), total);
  path_ = std::make_unique<Slab>(backend_, backend_.parameter_type(), total);
  keep(*mean_);
  keep(*path_);
}

void WeightAverage::take(int64_t step) {
  const double weight = 1.0 / std::max(1.0, share_ * static_cast<double>(step));
  for (const Span& span : spans_) {
    const Tensor mean = mean_->part(span.offset, span.value.size());  // = (1 - weight) mean + weight w
    backend_.momentum(mean, mean, span.value, static_cast<float>(weight), static_cast<float>(1.0 - weight),
                      false);
  }
}

void WeightAverage::begin_again() {
  if (share_ != 0.0) keep(*mean_);
}

std::vector<StateTensor> WeightAverage::state() const {
  std::vector<StateTensor> tensors;
  for (size_t i = 0; i < parameters_.size(); ++i)
    tensors.push_back({names_[i] + ".path", path_->part(parameters_[i].offset, parameters_[i].value.size())});
  return tensors;
}

void WeightAverage::restore() {
  if (share_ == 0.0) return;
  keep(*mean_);
  put_back(*path_);
}

void WeightAverage::show_mean() {
  if (share_ == 0.0) return;
  keep(*path_);
  put_back(*mean_);
}

void WeightAverage::show_path() {
  if (share_ != 0.0) put_back(*path_);
}

void WeightAverage::keep(const Slab& slab) {
  for (const Span& span : spans_) backend_.copy(slab.part(span.offset, span.value.size()), span.value);
}

void WeightAverage::put_back(const Slab& slab) {
  for (const Span& span : spans_) backend_.copy(span.value, slab.part(span.offset, span.value.size()));
  backend_.parameters_changed();
}

}  // namespace seedling
