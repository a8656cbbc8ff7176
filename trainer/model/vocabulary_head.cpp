// The heads that predict tokens: the language model's, and BERT's for masked positions. See heads.h.
#include <algorithm>

#include "base/error.h"
#include "layers/linear.h"
#include "layers/norm.h"
#include "model/block.h"
#include "model/heads.h"
#include "model/transformer.h"

namespace seedling {
namespace {

class VocabularyHead : public Head {
 public:
  VocabularyHead(const ModelConfig& config, Transformer& transformer, Parameters& parameters)
      : C_(config.channels),
        V_(config.vocab_size),
        masked_(config.head == HeadKind::masked_language_model),
        activation_(config.activation) {
    if (masked_) {
      dense_.declare(parameters, "mlm.dense", C_, C_, true);
      norm_.declare(parameters, "mlm.norm", C_, norm_options(config));
      bias_ = parameters.add("mlm.bias", ParameterKind::vector, {V_});
    }
    weight_ = config.tie_embeddings ? transformer.embedding().token()
                                    : parameters.add("head.weight", ParameterKind::head, {V_, C_});
  }

  int64_t begin_loss(Pass& pass, const Batch& batch, bool backward) override;
  void loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) override;
  LossSum end_loss(Pass& pass, std::vector<float>* losses) override;
  bool repeats() const override { return true; }
  std::vector<float> logits(Pass& pass, const Tensor& hidden, const Batch& batch) override;

 private:
  /// Rows whose logits exist at a time.
  int64_t chunk_rows(const Backend& backend, int64_t rows) const {
    return std::min(rows, std::max<int64_t>(64, backend.logits_at_a_time() / V_));
  }
  /// logits (n, V) from picked hidden states h (n, C); what backward needs is kept.
  void chunk_forward(Pass& pass, Tensor logits, const Tensor& h);
  /// dh (n, C) from dlogits (n, V).
  void chunk_backward(Pass& pass, Tensor dh, const Tensor& dlogits);

  int64_t C_, V_;
  bool masked_;
  Activation activation_;
  Linear dense_;
  Norm norm_;
  Parameter* bias_ = nullptr;    // (V), masked
  Parameter* weight_ = nullptr;  // (V, C)
  Tensor dense_out_, x_;         // (n, C): masked: before the activation; what the weight is multiplied with
  // Of the batch whose loss is asked for:
  std::vector<int32_t> rows_, targets_;  // (M) those that carry a loss, and what is wanted there
  Tensor row_index_, target_index_;      // (N, 1) i32: the same on the device
  Tensor loss_rows_, best_;              // (N, 1): losses; first choices (i32), when only evaluating
};

void VocabularyHead::chunk_forward(Pass& pass, Tensor logits, const Tensor& h) {
  x_ = h;
  if (masked_) {
    dense_out_ = pass.take(h.rows(), C_);
    const Tensor activated = pass.take(h.rows(), C_);
    x_ = pass.take(h.rows(), C_);
    dense_.forward_activated(pass, activated, dense_out_, h, activation_);
    norm_.forward(pass, x_, activated);
  }
  pass.backend.linear_forward(logits, x_, weight_->value, value_of(bias_), Tensor());
}

void VocabularyHead::chunk_backward(Pass& pass, Tensor dh, const Tensor& dlogits) {
  Backend& backend = pass.backend;
  if (const Tensor gradient = gradient_of(weight_)) {
    backend.linear_backward_weight(gradient, gradient_of(bias_), dlogits, x_);
  }
  if (!masked_) return backend.linear_backward_input(dh, dlogits, weight_->value, false);
  const Tensor dx = pass.take(dh.rows(), C_), dactivated = pass.take(dh.rows(), C_);
  backend.linear_backward_input(dx, dlogits, weight_->value, false);
  norm_.backward(pass, dactivated, dx);
  backend.activation_backward(dactivated, dactivated, dense_out_, activation_);
  dense_.backward(pass, dh, dactivated);
}

int64_t VocabularyHead::begin_loss(Pass& pass, const Batch& batch, bool backward) {
  const int64_t N = pass.rows();
  require(static_cast<int64_t>(batch.targets.size()) == N,
          "a language model's batch has a target for each token, or -1");
  rows_.clear(), targets_.clear();
  for (int64_t n = 0; n < N; ++n) {
    if (batch.targets[n] < 0) continue;
    rows_.push_back(static_cast<int32_t>(n));
    targets_.push_back(batch.targets[n]);
  }
  // The buffers have the sizes of a full batch, so that the arena does not depend on how many targets there
  // are.
  std::vector<int32_t> rows = rows_, targets = targets_;
  rows.resize(static_cast<size_t>(N), -1), targets.resize(static_cast<size_t>(N), -1);
  row_index_ = pass.take_indices(rows).view({N, 1});
  target_index_ = pass.take_indices(targets).view({N, 1});
  loss_rows_ = pass.take_stats(N, 1);
  best_ = backward ? Tensor() : pass.arena.take(DType::i32, {N, 1});
  return static_cast<int64_t>(rows_.size());
}

void VocabularyHead::loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  const int64_t N = hidden.rows(), M = static_cast<int64_t>(rows_.size()), chunk = chunk_rows(backend, N);
  const bool everywhere = M == N, backward = static_cast<bool>(dhidden);
  if (backward && !everywhere) backend.fill(dhidden, 0.0f);
  for (int64_t begin = 0; begin < M; begin += chunk) {
    const Arena::Scope chunk_scope(pass.arena);
    const int64_t end = std::min(begin + chunk, M), n = end - begin;
    const Tensor picked = row_index_.row_range(begin, end), wanted = target_index_.row_range(begin, end);
    Tensor h = everywhere ? hidden.row_range(begin, end) : pass.take(chunk, C_).row_range(0, n);
    if (!everywhere) backend.pick_rows(h, hidden, picked);
    const Tensor logits = pass.take(chunk, V_).row_range(0, n);
    chunk_forward(pass, logits, h);
    if (!backward) backend.argmax_rows(best_.row_range(begin, end), logits);
    backend.softmax_cross_entropy(loss_rows_.row_range(begin, end), logits, wanted,
                                  backward ? gradient_scale : 0.0f);
    if (!backward) continue;
    const Tensor dh = everywhere ? dhidden.row_range(begin, end) : pass.take(chunk, C_).row_range(0, n);
    chunk_backward(pass, dh, logits);
    if (!everywhere) backend.unpick_rows(dhidden, dh, picked);
  }
}

LossSum VocabularyHead::end_loss(Pass& pass, std::vector<float>* losses) {
  const int64_t M = static_cast<int64_t>(rows_.size());
  LossSum total{0.0, M, 0};
  if (losses != nullptr) losses->assign(static_cast<size_t>(pass.rows()), 0.0f);
  if (M == 0) return total;
  const std::vector<double> values = read_doubles(pass.backend, loss_rows_.row_range(0, M));
  for (int64_t i = 0; i < M; ++i) {
    total.sum += values[i];
    if (losses != nullptr) (*losses)[rows_[i]] = static_cast<float>(values[i]);
  }
  if (!best_) return total;
  std::vector<int32_t> choices(static_cast<size_t>(M));
  pass.backend.copy_to_host(choices.data(), best_.raw(), choices.size() * sizeof(int32_t));
  for (int64_t i = 0; i < M; ++i) total.correct += choices[i] == targets_[i];
  return total;
}

std::vector<float> VocabularyHead::logits(Pass& pass, const Tensor& hidden, const Batch&) {
  const int64_t N = hidden.rows(), chunk = chunk_rows(pass.backend, N);
  std::vector<float> all;
  for (int64_t begin = 0; begin < N; begin += chunk) {
    const Arena::Scope scope(pass.arena);
    const int64_t end = std::min(begin + chunk, N);
    const Tensor logits = pass.take(end - begin, V_);
    chunk_forward(pass, logits, hidden.row_range(begin, end));
    std::vector<float> part = read_floats(pass.backend, logits);
    if (chunk == N) return part;
    all.reserve(static_cast<size_t>(N * V_));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::unique_ptr<Head> make_vocabulary_head(const ModelConfig& config, Transformer& transformer,
                                           Parameters& parameters) {
  return std::make_unique<VocabularyHead>(config, transformer, parameters);
}

}  // namespace seedling
