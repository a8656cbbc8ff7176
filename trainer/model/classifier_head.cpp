// The classifier: one label for each sequence. See heads.h.
//
// A bidirectional model reads its first token through BERT's pooler; a causal one reads the last real token,
// the only one that has seen all the others. While training, every other position may be asked for the label
// as well ("target replication", Lipton et al. 2016, section 3.2): each token then hears from the loss itself
// what it says about the label, long before attention has learned to carry that to the position that is read.
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

  int64_t begin_loss(Pass& pass, const Batch& batch, bool backward) override;
  void loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) override;
  LossSum end_loss(Pass& pass, std::vector<float>* losses) override;
  std::vector<float> logits(Pass& pass, const Tensor& hidden, const Batch& batch) override {
    const Arena::Scope scope(pass.arena);
    rows_ = pass.take_indices(read_rows(pass, batch));
    return read_floats(pass.backend, forward(pass, hidden));
  }

 private:
  /// The position of each sequence that is read: (B).
  std::vector<int32_t> read_rows(const Pass& pass, const Batch& batch) const;
  /// Every other real position.
  std::vector<int32_t> other_rows(const Pass& pass, const Batch& batch) const;
  /// logits (M, labels) at the M rows_.
  Tensor forward(Pass& pass, const Tensor& hidden);

  int64_t C_, labels_;
  bool pooled_;
  Activation activation_;
  Linear pooler_, classifier_;
  Tensor rows_, pre_;  // (M) positions asked; (M, C) before the pooler's activation
  // Of the batch whose loss is asked for: the B positions that are read come first, the others behind them.
  std::vector<int32_t> labels_wanted_;  // (B)
  Tensor targets_, loss_rows_, best_;   // (M, 1) i32; (M, 1); (B) i32, first choices
  double read_weight_ = 1.0, other_weight_ = 0.0;
};

std::vector<int32_t> Classifier::read_rows(const Pass& pass, const Batch& batch) const {
  std::vector<int32_t> rows;
  for (int64_t b = 0; b < pass.B; ++b) {
    const int64_t last = batch.lengths.empty() ? pass.T - 1 : std::max(batch.lengths[b] - 1, 0);
    rows.push_back(static_cast<int32_t>(b * pass.T + (pooled_ ? 0 : last)));
  }
  return rows;
}

std::vector<int32_t> Classifier::other_rows(const Pass& pass, const Batch& batch) const {
  const std::vector<int32_t> read = read_rows(pass, batch);
  std::vector<int32_t> rows;
  for (int64_t b = 0; b < pass.B; ++b) {
    const int64_t length = batch.lengths.empty() ? pass.T : batch.lengths[b];
    for (int64_t row = b * pass.T; row < b * pass.T + length; ++row)
      if (row != read[b]) rows.push_back(static_cast<int32_t>(row));
  }
  return rows;
}

Tensor Classifier::forward(Pass& pass, const Tensor& hidden) {
  const int64_t M = rows_.size();
  Tensor x = pass.take(M, C_);
  pass.backend.pick_rows(x, hidden, rows_);
  if (pooled_) {
    pre_ = pass.take(M, C_);
    const Tensor pooled = pass.take(M, C_);
    pooler_.forward_activated(pass, pooled, pre_, x, activation_);
    dropout(pass, pooled, pooled, pass.dropout.residual, DropoutSite::head, 0);
    x = pooled;
  }
  const Tensor logits = pass.take(M, labels_);
  classifier_.forward(pass, logits, x);
  return logits;
}

int64_t Classifier::begin_loss(Pass& pass, const Batch& batch, bool backward) {
  require(static_cast<int64_t>(batch.labels.size()) == pass.B,
          "a classifier's batch has one label for each sequence");
  std::vector<int32_t> rows = read_rows(pass, batch), labels = batch.labels;
  const double share = backward ? batch.every_position : 0.0;
  if (share > 0.0) {
    for (const int32_t row : other_rows(pass, batch)) {
      rows.push_back(row);
      labels.push_back(batch.labels[static_cast<size_t>(row / pass.T)]);
    }
  }
  const int64_t B = pass.B, M = static_cast<int64_t>(rows.size());
  read_weight_ = M > B ? 1.0 - share : 1.0;
  other_weight_ = M > B ? share * static_cast<double>(B) / static_cast<double>(M - B) : 0.0;
  labels_wanted_ = batch.labels;
  rows_ = pass.take_indices(rows);
  targets_ = pass.take_indices(labels).view({M, 1});
  loss_rows_ = pass.take_stats(M, 1);
  best_ = pass.arena.take(DType::i32, {B});
  return B;
}

void Classifier::loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  const int64_t B = pass.B, M = rows_.size();
  const Tensor logits = forward(pass, hidden);
  backend.argmax_rows(best_, logits.row_range(0, B));
  const auto score = [&](int64_t begin, int64_t end, double weight) {
    const auto scale = static_cast<float>(dhidden ? weight * gradient_scale : 0.0);
    backend.softmax_cross_entropy(loss_rows_.row_range(begin, end), logits.row_range(begin, end),
                                  targets_.row_range(begin, end), scale);
  };
  score(0, B, read_weight_);
  if (M > B) score(B, M, other_weight_);
  if (!dhidden) return;

  const Tensor dx = pass.take(M, C_);
  classifier_.backward(pass, dx, logits);
  if (pooled_) {
    dropout(pass, dx, dx, pass.dropout.residual, DropoutSite::head, 0);
    backend.activation_backward(dx, dx, pre_, activation_);
    const Tensor dfirst = pass.take(M, C_);
    pooler_.backward(pass, dfirst, dx);
    backend.copy(dx, dfirst);
  }
  backend.fill(dhidden, 0.0f);
  backend.unpick_rows(dhidden, dx, rows_);
}

LossSum Classifier::end_loss(Pass& pass, std::vector<float>* losses) {
  const size_t B = labels_wanted_.size();
  LossSum total{0.0, pass.B, 0};
  const std::vector<double> values = read_doubles(pass.backend, loss_rows_);
  for (size_t i = 0; i < values.size(); ++i) total.sum += (i < B ? read_weight_ : other_weight_) * values[i];
  std::vector<int32_t> choices(B);
  pass.backend.copy_to_host(choices.data(), best_.raw(), best_.bytes());
  for (size_t b = 0; b < B; ++b) total.correct += choices[b] == labels_wanted_[b];
  if (losses != nullptr) losses->assign(values.begin(), values.begin() + pass.B);
  return total;
}

}  // namespace

std::unique_ptr<Head> make_classifier(const ModelConfig& config, Parameters& parameters) {
  return std::make_unique<Classifier>(config, parameters);
}

}  // namespace seedling
