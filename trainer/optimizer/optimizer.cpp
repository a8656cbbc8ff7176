// Choosing an optimizer, the length of the gradient, and the memory of the moments (see optimizer.h).
#include "optimizer/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "optimizer/adamw.h"
#include "optimizer/muon.h"

namespace seedling {

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, Parameters& parameters,
                                          Backend& backend) {
  if (options.kind == "muon") return std::make_unique<Muon>(options, parameters, backend);
  if (options.kind != "adamw") fail_usage("unknown optimizer '", options.kind, "'; there are adamw and muon");
  std::vector<Parameter*> trainable;
  for (Parameter& parameter : parameters.all()) {
    if (parameter.trainable) trainable.push_back(&parameter);
  }
  OptimizerOptions alone = options;  // one rate for all
  alone.embedding_rate = alone.head_rate = alone.vector_rate = alone.shift_rate = 1.0;
  return std::make_unique<AdamW>(alone, std::move(trainable), backend);
}

double gradient_norm(Parameters& parameters, Backend& backend) {
  bool all = true;
  for (const Parameter& parameter : parameters.all()) all = all && parameter.trainable;
  if (all) return std::sqrt(backend.squared_norm(parameters.gradients()));
  double sum = 0.0;
  for (const Parameter& parameter : parameters.all()) {
    if (parameter.trainable) sum += backend.squared_norm(parameter.gradient);
  }
  return std::sqrt(sum);
}

double clip_scale(double norm, double longest) {
  return longest > 0.0 && norm > longest ? longest / norm : 1.0;
}

Slab::Slab(Backend& backend, DType dtype, int64_t size)
    : backend_(backend), whole_(nullptr, dtype, {std::max<int64_t>(1, size)}) {
  whole_ = Tensor(backend.allocate(whole_.bytes()), dtype, {whole_.size()});
}

Slab::~Slab() { backend_.release(whole_.raw(), whole_.bytes()); }

Tensor Slab::part(int64_t begin, int64_t size) const {
  std::byte* at =
      static_cast<std::byte*>(whole_.raw()) + begin * static_cast<int64_t>(size_of(whole_.dtype()));
  return Tensor(at, whole_.dtype(), {size});
}

}  // namespace seedling
