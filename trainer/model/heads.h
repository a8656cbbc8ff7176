// Heads: what stands on top of the hidden states, and the loss that trains it.
//
//   language model         logits = h W^T                                                  (N, V), at every
//   target masked language model  logits = norm(activation(h W_d^T + b_d)) W^T + b                (N, V), at
//   masked positions classifier             BERT: tanh(h_first W_p^T + b_p) W_c^T + b_c; causal: h_last W_c^T
//   (B, labels) span                   start, end = h W_s^T + b_s                                      (N, 2)
//
// The losses over a vocabulary run in chunks of rows: logits -> gradient in place -> dh and dW, so (N, V)
// never exists in full, and rows without a target are skipped. Called by: model/model.cpp.
#pragma once

#include <memory>
#include <vector>

#include "data/batch.h"
#include "layers/pass.h"
#include "model/config.h"
#include "model/loss.h"
#include "tensor/parameters.h"

namespace seedling {

class Transformer;

class Head {
 public:
  virtual ~Head() = default;

  /// The loss of a batch takes three calls, so that what lies between the first and the last only starts work
  /// on the device. This one, before the forward pass, takes there what is wanted of the batch, and returns
  /// the number of targets. `backward`: gradients will be asked for.
  virtual int64_t begin_loss(Pass& pass, const Batch& batch, bool backward) = 0;
  /// The loss from hidden (N, C). When dhidden (N, C) is present, it becomes the gradient, each target's part
  /// multiplied by gradient_scale, and the head's parameters get theirs (+=).
  virtual void loss(Pass& pass, const Tensor& hidden, Tensor dhidden, float gradient_scale) = 0;
  /// Waits for the losses and adds them up. `losses` (N), when given, receives the loss at each target; of
  /// classes and spans one for each sequence (B).
  virtual LossSum end_loss(Pass& pass, std::vector<float>* losses) = 0;
  /// Whether loss() starts the same work whenever rows, targets and gradient_scale are as many and the same,
  /// and waits for none of it.
  virtual bool repeats() const { return false; }
  /// Logits on the host, (rows, columns) row-major; see Model::logits.
  virtual std::vector<float> logits(Pass& pass, const Tensor& hidden, const Batch& batch) = 0;
};

/// The head that the config asks for; declares its parameters. A tied head uses the transformer's token
/// table.
std::unique_ptr<Head> make_head(const ModelConfig& config, Transformer& transformer, Parameters& parameters);

/// How many targets the model's loss counts in this batch: tokens, or sequences for classifiers and spans.
int64_t target_count(const ModelConfig& config, const Batch& batch);

std::unique_ptr<Head> make_vocabulary_head(const ModelConfig& config, Transformer& transformer,
                                           Parameters& parameters);
std::unique_ptr<Head> make_classifier(const ModelConfig& config, Parameters& parameters);
std::unique_ptr<Head> make_span_head(const ModelConfig& config, Parameters& parameters);

}  // namespace seedling
