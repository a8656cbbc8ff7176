// Embedding tables: see embedding.h.
#include "layers/embedding.h"

#include "base/random.h"
#include "layers/dropout.h"

namespace seedling {

int32_t trigram_row(int32_t before_last, int32_t last, int32_t current, int64_t rows) {
  uint64_t hash = mix64(static_cast<uint32_t>(before_last));
  hash = mix64(hash ^ static_cast<uint32_t>(last));
  hash = mix64(hash ^ static_cast<uint32_t>(current));
  return static_cast<int32_t>(hash % static_cast<uint64_t>(rows));
}

void Embedding::declare(Parameters& parameters, const EmbeddingOptions& options) {
  options_ = options;
  auto table = [&](const char* name, int64_t rows, int64_t columns) {
    return parameters.add(name, ParameterKind::embedding, {rows, columns});
  };
  token_ = table("embedding.token.weight", options.V, options.C);
  if (const LowRank* update = parameters.low_rank("embedding.token")) {
    update_ = *update;
    a_ = parameters.add("embedding.token.lora_a", ParameterKind::matrix, {update_.rank, options.C});
    b_ = table("embedding.token.lora_b", options.V, update_.rank);
  }
  if (options.positions > 0) position_ = table("embedding.position.weight", options.positions, options.C);
  if (options.types > 0) type_ = table("embedding.type.weight", options.types, options.C);
  if (options.trigrams > 0) {
    trigram_ = table("embedding.trigram.weight", options.trigrams, kTrigramChannels);
    trigram_projection_.declare(parameters, "embedding.trigram.projection", options.C, kTrigramChannels,
                                false);
  }
  if (options.norm) norm_.declare(parameters, "embedding.norm", options.C, options.norm_options);
}

void Embedding::forward(Pass& pass, Tensor y) {
  Backend& backend = pass.backend;
  const Tensor sum = options_.norm ? pass.take(pass.rows(), options_.C) : y;  // (N, C)
  backend.gather_rows(sum, token_->value, pass.tokens, false);
  add_low_rank(pass, sum);
  if (position_ != nullptr) backend.gather_rows(sum, position_->value, pass.positions, true);
  if (type_ != nullptr) backend.gather_rows(sum, type_->value, pass.types, true);
  if (trigram_ != nullptr) {
    const Tensor rows = pass.take(pass.rows(), kTrigramChannels);  // (N, 64)
    backend.gather_rows(rows, trigram_->value, pass.trigrams, false);
    trigram_projection_.forward(pass, sum, rows, sum);
  }
  if (options_.norm) norm_.forward(pass, y, sum);
  dropout(pass, y, y, pass.dropout.embedding, DropoutSite::embedding, 0);
}

//   u = scale B[id],  s += u A: the product that takes a linear layer's gradient back through its weight A
void Embedding::add_low_rank(Pass& pass, const Tensor& sum) const {
  if (a_ == nullptr) return;
  const Arena::Scope scope(pass.arena);
  const Tensor u = pass.take(pass.rows(), update_.rank);  // (N, rank)
  pass.backend.gather_rows(u, b_->value, pass.tokens, false);
  pass.backend.scale(u, static_cast<float>(update_.scale));
  pass.backend.linear_backward_input(sum, u, a_->value, true);
}

//   dA = u^T ds,  dB[id] += scale ds A^T
void Embedding::low_rank_backward(Pass& pass, const Tensor& dsum) const {
  if (a_ == nullptr) return;
  const Arena::Scope scope(pass.arena);
  const Tensor u = pass.take(pass.rows(), update_.rank);
  const auto factor = static_cast<float>(update_.scale);
  if (const Tensor gradient = gradient_of(a_)) {
    pass.backend.gather_rows(u, b_->value, pass.tokens, false);
    pass.backend.scale(u, factor);
    pass.backend.linear_backward_weight(gradient, Tensor(), u, dsum);
  }
  if (const Tensor gradient = gradient_of(b_)) {
    pass.backend.linear_forward(u, dsum, a_->value, Tensor(), Tensor());
    pass.backend.scale(u, factor);
    pass.backend.scatter_add_rows(gradient, pass.tokens, u);
  }
}

void Embedding::backward(Pass& pass, Tensor dy) {
  Backend& backend = pass.backend;
  const Arena::Scope scope(pass.arena);
  dropout(pass, dy, dy, pass.dropout.embedding, DropoutSite::embedding, 0);
  Tensor dsum = dy;
  if (options_.norm) {
    dsum = pass.take(pass.rows(), options_.C);
    norm_.backward(pass, dsum, dy);
  }
  auto scatter = [&](Parameter* table, const Tensor& index, const Tensor& d) {
    if (const Tensor gradient = gradient_of(table)) backend.scatter_add_rows(gradient, index, d);
  };
  if (trigram_ != nullptr) {
    const Tensor drows = pass.take(pass.rows(), kTrigramChannels);
    trigram_projection_.backward(pass, drows, dsum);
    scatter(trigram_, pass.trigrams, drows);
  }
  low_rank_backward(pass, dsum);
  scatter(token_, pass.tokens, dsum);
  scatter(position_, pass.positions, dsum);
  scatter(type_, pass.types, dsum);
}

}  // namespace seedling
