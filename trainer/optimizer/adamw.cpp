// AdamW: spans of neighbours, all in one fused pass (see adamw.h).
#include "optimizer/adamw.h"

namespace seedling {

namespace {

double rate_of(const Parameter& parameter, const OptimizerOptions& options) {
  if (parameter.name.find("shift") != std::string::npos) return options.shift_rate;
  switch (parameter.kind) {
    case ParameterKind::embedding:
      return options.embedding_rate;
    case ParameterKind::head:
      return options.head_rate;
    case ParameterKind::vector:
      return options.vector_rate;
    case ParameterKind::matrix:
      return 1.0;
  }
  return 1.0;
}

int64_t distance(const Tensor& from, const Tensor& to) {
  return (static_cast<std::byte*>(to.raw()) - static_cast<std::byte*>(from.raw())) /
         static_cast<int64_t>(size_of(from.dtype()));
}

}  // namespace

AdamW::AdamW(const OptimizerOptions& options, std::vector<Parameter*> parameters, Backend& backend)
    : options_(options), parameters_(std::move(parameters)), backend_(backend) {
  int64_t total = 0;
  for (const Parameter* parameter : parameters_) {
    const double rate = rate_of(*parameter, options_) * parameter->rate;
    offsets_.push_back(total);
    Span* last = spans_.empty() ? nullptr : &spans_.back();
    const bool neighbour = last != nullptr && last->rate == rate && last->decays == parameter->decays() &&
                           distance(last->value, parameter->value) == total - last->offset;
    if (neighbour) {  // the gap between the two is zero in all slabs and stays so
      const int64_t size = total - last->offset + parameter->size();
      last->value = Tensor(last->value.raw(), last->value.dtype(), {size});
      last->gradient = Tensor(last->gradient.raw(), last->gradient.dtype(), {size});
    } else {
      const int64_t size = parameter->size();
      spans_.push_back({parameter->value.view({size}), parameter->gradient.view({size}), total, rate,
                        parameter->decays()});
    }
    total += slab_size(parameter->size());
  }
  m_ = std::make_unique<Slab>(backend_, backend_.parameter_type(), total);
  v_ = std::make_unique<Slab>(backend_, backend_.parameter_type(), total);
}

void AdamW::step(double learning_rate, double gradient_scale, int64_t step) {
  std::vector<AdamWSpan> spans;
  for (const Span& span : spans_) {
    const int64_t size = span.value.size();
    spans.push_back({span.value, span.gradient, m_->part(span.offset, size), v_->part(span.offset, size),
                     static_cast<float>(learning_rate * span.rate),
                     static_cast<float>(span.decays ? options_.weight_decay : 0.0)});
  }
  backend_.adamw(spans, {static_cast<float>(options_.beta1), static_cast<float>(options_.beta2),
                         static_cast<float>(options_.epsilon), static_cast<float>(gradient_scale), step});
}

std::vector<StateTensor> AdamW::state() const {
  std::vector<StateTensor> tensors;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = *parameters_[i];
    tensors.push_back({parameter.name + ".adamw.m", m_->part(offsets_[i], parameter.size())});
    tensors.push_back({parameter.name + ".adamw.v", v_->part(offsets_[i], parameter.size())});
  }
  return tensors;
}

}  // namespace seedling
