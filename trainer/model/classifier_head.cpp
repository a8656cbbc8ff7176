// The classifier: one label for each sequence. See heads.h.
//
// A bidirectional model reads its first token through BERT's pooler; a causal one reads the last real token,
// the only one that has seen all the others.
#include <algorithm>

#include "base/error.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "model/heads.h"

namespace seedling {
namespace {

class Classifier : public Head {
 public:
  Classifier(const ModelConfig& config, Parameters& parameters)
      : C_(config.channels),
        labels_(static_cast<int64_t>(config.labels.size())),
        pooled_(!config.causal),
        activation_(config.model_type == "distilbert" ? Activation::relu : Activation::tanh) {
    if (pooled_) pooler_.declare(parameters, "pooler", C_, C_, true);
    classifier_.declare(parameters, "classifier", labels_, C_, pooled_, ParameterKind::head);
  }

  LossSum loss(Pass& pass, const Tensor& hidden, Tensor dhidden, const Batch& batch, float gradient_scale,
               std::vector<float>* losses) override;
  std::vector<float> logits(Pass& pass, const Tensor& hidden, const Batch& batch) override {
    const Arena::Scope scope(pass.arena);
    return read_floats(pass.backend, forward(pass, hidden, batch));
  }

 private:
  /// logits (B, labels).
  Tensor forward(Pass& pass, const Tensor& hidden, const Batch& batch);

  int64_t C_, labels_;
  bool pooled_;
  Activation activation_;
  Linear pooler_, classifier_;
  Tensor rows_, pre_;  // (B) positions read; (B, C) before the pooler's activation
};

Tensor Classifier::forward(Pass& pass, const Tensor& hidden, const Batch& batch) {
  std::vector<int32_t> rows;
  for (int64_t b = 0; b < pass.B; ++b) {
    const int64_t last = batch.lengths.empty() ? pass.T - 1 : std::max(batch.lengths[b] - 1, 0);
    rows.push_back(static_cast<int32_t>(b * pass.T + (pooled_ ? 0 : last)));
  }
  rows_ = pass.take_indices(rows);
  Tensor x = pass.take(pass.B, C_);
  pass.backend.pick_rows(x, hidden, rows_);
  if (pooled_) {
    pre_ = pass.take(pass.B, C_);
    const Tensor pooled = pass.take(pass.B, C_);
    pooler_.forward_activated(pass, pooled, pre_, x, activation_);
    dropout(pass, pooled, pooled, pass.dropout.residual, DropoutSite::head, 0);
    x = pooled;
  }
  const Tensor logits = pass.take(pass.B, labels_);
  classifier_.forward(pass, logits, x);
  return logits;
}

LossSum Classifier::loss(Pass& pass, const Tensor& hidden, Tensor dhidden, const Batch& batch,
                         float gradient_scale, std::vector<float>* losses) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  require(static_cast<int64_t>(batch.labels.size()) == pass.B,
          "a classifier's batch has one label for each sequence");
  const Tensor logits = forward(pass, hidden, batch);
  const Tensor targets = pass.take_indices(batch.labels);
  const Tensor loss_rows = pass.take_stats(pass.B, 1), best = pass.arena.take(DType::i32, {pass.B});
  LossSum total{0.0, pass.B, 0};
  backend.argmax_rows(best, logits);
  std::vector<int32_t> choices(batch.labels.size());
  backend.copy_to_host(choices.data(), best.raw(), best.bytes());
  for (size_t b = 0; b < choices.size(); ++b) total.correct += choices[b] == batch.labels[b];
  backend.softmax_cross_entropy(loss_rows, logits, targets, dhidden ? gradient_scale : 0.0f);
  for (const double value : read_doubles(backend, loss_rows)) total.sum += value;
  if (losses != nullptr) *losses = read_floats(backend, loss_rows);
  if (!dhidden) return total;

  const Tensor dx = pass.take(pass.B, C_);
  classifier_.backward(pass, dx, logits);
  if (pooled_) {
    dropout(pass, dx, dx, pass.dropout.residual, DropoutSite::head, 0);
    backend.activation_backward(dx, dx, pre_, activation_);
    const Tensor dfirst = pass.take(pass.B, C_);
    pooler_.backward(pass, dfirst, dx);
    backend.copy(dx, dfirst);
  }
  backend.fill(dhidden, 0.0f);
  backend.unpick_rows(dhidden, dx, rows_);
  return total;
}

}  // namespace

std::unique_ptr<Head> make_classifier(const ModelConfig& config, Parameters& parameters) {
  return std::make_unique<Classifier>(config, parameters);
}

}  // namespace seedling
