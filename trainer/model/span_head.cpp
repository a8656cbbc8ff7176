// The span head of extractive question answering: where the answer starts and where it ends. See heads.h.
//
// Each sequence's loss is the mean of two cross-entropies over its real positions, of the start and of the
// end (Devlin et al. 2018, section 4.2). Two numbers a position are so little that the loss is computed on
// the host.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "layers/linear.h"
#include "model/heads.h"

namespace seedling {
namespace {

class SpanHead : public Head {
 public:
  SpanHead(const ModelConfig& config, Parameters& parameters) {
    span_.declare(parameters, "span", 2, config.channels, true, ParameterKind::head);
  }

  int64_t begin_loss(Pass& pass, const Batch& batch, bool backward) override;
  void loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) override;
  LossSum end_loss(Pass& pass, std::vector<float>* losses) override;
  std::vector<float> logits(Pass& pass, const Tensor& hidden, const Batch&) override {
    const Arena::Scope scope(pass.arena);
    const Tensor logits = pass.take(pass.rows(), 2);
    span_.forward(pass, logits, hidden);
    return read_floats(pass.backend, logits);
  }

 private:
  Linear span_;
  // Of the batch whose loss is asked for, (B) each: where answers start and end, where sequences end, losses.
  std::vector<int32_t> starts_, ends_, lengths_;
  std::vector<float> losses_;
  LossSum total_;
};

/// -log softmax(column)[target] over n positions of a (T, 2) table; the gradient, times scale, goes to `d`.
/// Tells whether the target was the first choice.
double column_loss(const double* logits, double* d, int64_t n, int64_t target, double scale, bool& hit) {
  require(target >= 0 && target < n, "an answer lies within its sequence");
  int64_t best = 0;
  for (int64_t t = 1; t < n; ++t) best = logits[2 * t] > logits[2 * best] ? t : best;
  double sum = 0.0;
  for (int64_t t = 0; t < n; ++t) sum += std::exp(logits[2 * t] - logits[2 * best]);
  const double lse = logits[2 * best] + std::log(sum);
  for (int64_t t = 0; t < n; ++t)
    d[2 * t] = scale * (std::exp(logits[2 * t] - lse) - (t == target ? 1.0 : 0.0));
  hit = hit && best == target;
  return lse - logits[2 * target];
}

int64_t SpanHead::begin_loss(Pass& pass, const Batch& batch, bool) {
  const size_t B = static_cast<size_t>(pass.B);
  require(batch.starts.size() == B && batch.ends.size() == B,
          "a span model's batch has a start and an end for each sequence");
  starts_ = batch.starts, ends_ = batch.ends, lengths_ = batch.lengths;
  lengths_.resize(B, static_cast<int32_t>(pass.T));
  return pass.B;
}

void SpanHead::loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) {
  const Arena::Scope scope(pass.arena);
  const int64_t B = pass.B, T = pass.T;
  const Tensor logits = pass.take(B * T, 2);
  span_.forward(pass, logits, hidden);
  const std::vector<double> host = read_doubles(pass.backend, logits);
  std::vector<double> gradient(host.size(), 0.0);
  total_ = {0.0, B, 0};
  losses_.clear();
  for (int64_t b = 0; b < B; ++b) {
    const int64_t n = lengths_[b], at = b * T * 2;
    bool hit = true;
    const double scale = 0.5 * static_cast<double>(gradient_scale);
    const double start = column_loss(&host[at], &gradient[at], n, starts_[b], scale, hit);
    const double end = column_loss(&host[at + 1], &gradient[at + 1], n, ends_[b], scale, hit);
    total_.sum += 0.5 * (start + end);
    total_.correct += hit;
    losses_.push_back(static_cast<float>(0.5 * (start + end)));
  }
  if (!dhidden) return;
  write_doubles(pass.backend, logits, gradient);
  span_.backward(pass, dhidden, logits);
}

LossSum SpanHead::end_loss(Pass&, std::vector<float>* losses) {
  if (losses != nullptr) *losses = losses_;
  return total_;
}

}  // namespace

std::unique_ptr<Head> make_span_head(const ModelConfig& config, Parameters& parameters) {
  return std::make_unique<SpanHead>(config, parameters);
}

}  // namespace seedling
