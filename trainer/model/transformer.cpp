// The tower of blocks: see transformer.h.
#include "model/transformer.h"

#include <optional>

namespace seedling {

Transformer::Transformer(const ModelConfig& config, Parameters& parameters)
    : parameters_(parameters), C_(config.channels), final_norm_(!config.post_norm) {
  EmbeddingOptions options;
  options.V = config.vocab_size, options.C = C_;
  options.positions = config.positions == PositionKind::learned ? config.context_length : 0;
  options.types = config.type_vocab_size;
  options.trigrams = config.ngram_table;
  options.norm = config.embedding_norm;
  options.norm_options = norm_options(config);
  embedding_.declare(parameters, options);
  ends_.push_back(parameters.all().size());
  blocks_.resize(static_cast<size_t>(config.layers));
  inputs_.resize(blocks_.size());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].declare(parameters, static_cast<int64_t>(i), config);
    ends_.push_back(parameters.all().size());
  }
  if (final_norm_) norm_.declare(parameters, "final_norm", C_, norm_options(config));
}

Tensor Transformer::forward(Pass& pass) {
  const int64_t N = pass.rows();
  Tensor x = pass.take(N, C_);
  Tensor next = pass.training ? Tensor() : pass.take(N, C_);  // without backward two tensors take turns
  embedding_.forward(pass, x);
  if (pass.recorder != nullptr) pass.recorder->hidden(-1, x);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    inputs_[i] = x;
    if (pass.training) next = pass.take(N, C_);
    {
      std::optional<Arena::Scope> scope;
      if (!keeps(pass, i)) scope.emplace(pass.arena);
      blocks_[i].forward(pass, next, x);
    }
    std::swap(x, next);
    if (pass.recorder != nullptr) pass.recorder->hidden(static_cast<int64_t>(i), x);
  }
  if (!final_norm_) return x;
  const Tensor y = pass.take(N, C_);
  norm_.forward(pass, y, x);
  return y;
}

void Transformer::backward(Pass& pass, Tensor dhidden) {
  const Arena::Scope scope(pass.arena);
  Tensor d = dhidden;
  if (final_norm_) {
    d = pass.take(pass.rows(), C_);
    norm_.backward(pass, d, dhidden);
  }
  size_t lowest = 0;  // first block whose parameters, or whose input's, are trained
  if (!trainable(0, ends_[0])) {
    while (lowest < blocks_.size() && !trainable(ends_[lowest], ends_[lowest + 1])) ++lowest;
  }
  for (size_t i = blocks_.size(); i-- > lowest;) {
    const Arena::Scope block_scope(pass.arena);
    if (!keeps(pass, i)) blocks_[i].forward(pass, pass.take(pass.rows(), C_), inputs_[i]);
    blocks_[i].backward(pass, d);
  }
  if (trainable(0, ends_[0])) embedding_.backward(pass, d);
}

bool Transformer::trainable(size_t begin, size_t end) const {
  for (size_t i = begin; i < end; ++i) {
    if (parameters_.all()[i].trainable) return true;
  }
  return false;
}

}  // namespace seedling
