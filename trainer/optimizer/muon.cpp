// Muon's step (see muon.h for the equations).
#include "optimizer/muon.h"

#include <algorithm>
#include <cmath>

namespace seedling {

namespace {

constexpr int kIterations = 5;
constexpr float kA = 3.4445f, kB = -4.7750f, kC = 2.0315f;

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
      matrices_(pick(parameters, true)),
      rest_(options, pick(parameters, false), backend) {
  int64_t total = 0, largest = 1, widest = 1;
  for (const Parameter* parameter : matrices_) total += slab_size(parameter->size());
  const DType type = backend.parameter_type();
  momentum_ = std::make_unique<Slab>(backend, type, total);
  int64_t offset = 0;
  for (const Parameter* parameter : matrices_) {
    const int64_t columns = parameter->shape.back(), rows = parameter->size() / columns;
    const Tensor momentum = momentum_->part(offset, parameter->size()).view({rows, columns});
    momenta_.push_back(momentum);
    const std::vector<int64_t> whole{rows};
    int64_t row = 0;
    for (int64_t height : parameter->row_blocks.empty() ? whole : parameter->row_blocks) {
      blocks_.push_back({parameter->value.row_range(row, row + height),
                         parameter->gradient.row_range(row, row + height),
                         momentum.row_range(row, row + height), parameter->rate});
      largest = std::max(largest, height * columns);
      widest = std::max(widest, std::min(height, columns));
      row += height;
    }
    offset += slab_size(parameter->size());
  }
  scratch_.x = std::make_unique<Slab>(backend, type, largest);
  scratch_.y = std::make_unique<Slab>(backend, type, largest);
  scratch_.square = std::make_unique<Slab>(backend, type, widest * widest);
  scratch_.polynomial = std::make_unique<Slab>(backend, type, widest * widest);
}

void Muon::step(double learning_rate, double gradient_scale, int64_t step) {
  for (const Matrix& block : blocks_) {
    const int64_t rows = block.value.rows(), columns = block.value.columns();
    Tensor update = scratch_.x->part(0, rows * columns).view({rows, columns});
    backend_.momentum(update, block.momentum, block.gradient, static_cast<float>(gradient_scale),
                      static_cast<float>(options_.momentum), true);
    const double norm = std::sqrt(backend_.squared_norm(update));
    backend_.scale(update, static_cast<float>(1.0 / (norm + 1e-7)));
    update = orthogonalize(rows, columns);
    const double shape = std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(columns)));
    backend_.apply_update(block.value, update, static_cast<float>(learning_rate * block.rate * shape), 0.0f);
  }
  rest_.step(learning_rate, gradient_scale, step);
}

/// Five iterations on scratch x; returns the matrix with the result (x or y).
Tensor Muon::orthogonalize(int64_t rows, int64_t columns) {
  const int64_t small = std::min(rows, columns);
  const bool tall = rows > columns;
  Tensor x = scratch_.x->part(0, rows * columns).view({rows, columns});
  Tensor y = scratch_.y->part(0, rows * columns).view({rows, columns});
  const Tensor square = scratch_.square->part(0, small * small).view({small, small});
  const Tensor polynomial = scratch_.polynomial->part(0, small * small).view({small, small});
  for (int i = 0; i < kIterations; ++i) {
    backend_.matmul(square, x, tall, x, !tall, 1.0f, 0.0f);  // A = X X^T or X^T X
    backend_.copy(polynomial, square);
    backend_.matmul(polynomial, square, false, square, false, kC, kB);  // P = b A + c A A
    backend_.copy(y, x);
    if (tall) {
      backend_.matmul(y, x, false, polynomial, false, 1.0f, kA);  // a X + X P
    } else {
      backend_.matmul(y, polynomial, false, x, false, 1.0f, kA);  // a X + P X
    }
    std::swap(x, y);
  }
  return x;
}

std::vector<StateTensor> Muon::state() const {
  std::vector<StateTensor> tensors = rest_.state();
  for (size_t i = 0; i < matrices_.size(); ++i) {
    tensors.push_back({matrices_[i]->name + ".muon.momentum", momenta_[i]});
  }
  return tensors;
}

}  // namespace seedling
