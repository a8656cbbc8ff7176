// Muon's list of matrices and its step (see muon.h for the equations).
#include "optimizer/muon.h"

#include <algorithm>
#include <cmath>

namespace seedling {

namespace {

std::vector<Parameter*> pick(Parameters& parameters, bool matrices) {
  std::vector<Parameter*> picked;
  for (Parameter& parameter : parameters.all()) {
    if (parameter.trainable && (parameter.kind == ParameterKind::matrix) == matrices)
      picked.push_back(&parameter);
  }
  return picked;
}

}  // namespace

Muon::Muon(const OptimizerOptions& options, Parameters& parameters, Backend& backend)
    : options_(options),
      backend_(backend),
      parameters_(pick(parameters, true)),
      rest_(options, pick(parameters, false), backend) {
  int64_t total = 0, scratch = 1;
  for (const Parameter* parameter : parameters_) total += slab_size(parameter->size());
  momentum_ = std::make_unique<Slab>(backend, backend.parameter_type(), total);
  int64_t offset = 0;
  for (const Parameter* parameter : parameters_) {
    const int64_t columns = parameter->shape.back(), rows = parameter->size() / columns;
    const Tensor momentum = momentum_->part(offset, parameter->size()).view({rows, columns});
    momenta_.push_back(momentum);
    const std::vector<int64_t> whole{rows};
    int64_t row = 0;
    for (int64_t height : parameter->row_blocks.empty() ? whole : parameter->row_blocks) {
      matrices_.push_back({parameter->value.row_range(row, row + height),
                           parameter->gradient.row_range(row, row + height),
                           momentum.row_range(row, row + height), 0.0f});
      const double shape = static_cast<double>(height) / static_cast<double>(columns);
      rates_.push_back(parameter->rate * std::sqrt(std::max(1.0, shape)));
      scratch = std::max(scratch, Backend::muon_scratch(height, columns));
      row += height;
    }
    offset += slab_size(parameter->size());
  }
  scratch_ = std::make_unique<Slab>(backend, backend.parameter_type(), scratch);
}

void Muon::step(double learning_rate, double gradient_scale, int64_t step) {
  for (size_t i = 0; i < matrices_.size(); ++i)
    matrices_[i].rate = static_cast<float>(learning_rate * rates_[i]);
  backend_.muon(matrices_, {static_cast<float>(options_.momentum), static_cast<float>(gradient_scale),
                            scratch_->part(0, scratch_->size())});
  rest_.step(learning_rate, gradient_scale, step);
}

std::vector<StateTensor> Muon::state() const {
  std::vector<StateTensor> tensors = rest_.state();
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors.push_back({parameters_[i]->name + ".muon.momentum", momenta_[i]});
  }
  return tensors;
}

}  // namespace seedling
