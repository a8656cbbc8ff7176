// Training and evaluating a model: see model.h. Looking into it and generating with it are in inspect.cpp.
#include "model/model.h"

#include <algorithm>

#include "base/error.h"
#include "layers/attention.h"
#include "model/heads.h"
#include "model/initialize.h"
#include "model/transformer.h"

namespace seedling {

Model::Model(const ModelConfig& config, Backend& backend, bool training,
             const std::map<std::string, LowRank>& low_rank)
    : config_(config), backend_(backend) {
  config_.check();
  for (const auto& [name, update] : low_rank) parameters_.want_low_rank(name, update);
  transformer_ = std::make_unique<Transformer>(config_, parameters_);
  head_ = make_head(config_, *transformer_, parameters_);
  parameters_.allocate(backend, backend.parameter_type(), training);
  arena_ = std::make_unique<Arena>(backend);
}

Model::~Model() = default;

void Model::set_dropout(float embedding, float residual, float attention) {
  config_.embedding_dropout = embedding;
  config_.residual_dropout = residual;
  config_.attention_dropout = attention;
  config_.check();
}

void Model::initialize(uint64_t seed) { initialize_parameters(config_, backend_, parameters_, seed); }

void Model::check(const Batch& batch, int64_t past) const {
  const int64_t N = batch.B * batch.T;
  if (N < 1 || static_cast<int64_t>(batch.tokens.size()) != N) {
    fail("a batch of ", batch.B, " sequences of ", batch.T, " tokens holds ", batch.tokens.size(), " tokens");
  }
  auto fits = [](size_t size, int64_t wanted) { return size == 0 || static_cast<int64_t>(size) == wanted; };
  require(fits(batch.types.size(), N) && fits(batch.targets.size(), N) && fits(batch.lengths.size(), batch.B),
          "a batch's segments and targets have a number for each token, its lengths one for each sequence");
  if (config_.positions == PositionKind::learned && past + batch.T > config_.context_length) {
    fail(past + batch.T, " tokens do not fit this model's context of ", config_.context_length,
         "; shorten the text");
  }
  for (const int32_t token : batch.tokens) {
    if (token < 0 || token >= config_.vocab_size) {
      fail("token id ", token, " is outside the model's vocabulary of ", config_.vocab_size,
           "; the text was encoded by another tokenizer than the model's");
    }
  }
  for (const int32_t target : batch.targets) {
    if (target >= config_.vocab_size) {
      fail("target id ", target, " is outside the model's vocabulary of ", config_.vocab_size);
    }
  }
  for (const int32_t type : batch.types) {
    if (type < 0 || (config_.type_vocab_size > 0 && type >= config_.type_vocab_size)) {
      fail("segment id ", type, " is outside the model's ", config_.type_vocab_size, " segments");
    }
  }
  for (const int32_t length : batch.lengths) {
    if (length < 1 || length > batch.T) fail("a sequence's length is ", length, ", not 1 to ", batch.T);
  }
  for (const int32_t label : batch.labels) {
    if (label < 0 ||
        (config_.head == HeadKind::classifier && label >= static_cast<int32_t>(config_.labels.size()))) {
      fail("label ", label, " is outside the model's ", config_.labels.size(), " labels");
    }
  }
}

Pass Model::begin(const Batch& batch, bool training, int64_t past) {
  check(batch, past);
  arena_->reset();
  Pass pass{backend_, *arena_};
  pass.B = batch.B, pass.T = batch.T, pass.training = training, pass.past = past;
  std::vector<int32_t> positions(batch.tokens.size());
  for (size_t n = 0; n < positions.size(); ++n) {
    positions[n] = static_cast<int32_t>(past + static_cast<int64_t>(n) % batch.T);
  }
  pass.tokens = pass.take_indices(batch.tokens);
  pass.positions = pass.take_indices(positions);
  if (config_.type_vocab_size > 0) {
    pass.types =
        pass.take_indices(batch.types.empty() ? std::vector<int32_t>(batch.tokens.size(), 0) : batch.types);
  }
  if (config_.ngram_table > 0) pass.trigrams = pass.take_indices(trigram_rows(batch));
  if (config_.token_shift) take_head_rows(pass, config_.heads, config_.kv_heads);
  if (!batch.lengths.empty()) pass.lengths = pass.take_indices(batch.lengths);
  return pass;
}

std::vector<int32_t> Model::trigram_rows(const Batch& batch) const {
  std::vector<int32_t> rows(batch.tokens.size());
  for (int64_t n = 0; n < batch.B * batch.T; ++n) {
    const int64_t t = n % batch.T;
    const int32_t last = t >= 1 ? batch.tokens[n - 1] : -1, before = t >= 2 ? batch.tokens[n - 2] : -1;
    rows[n] = trigram_row(before, last, batch.tokens[n], config_.ngram_table);
  }
  return rows;
}

LossSum Model::train(const Batch& batch, float gradient_scale, uint64_t dropout_key) {
  require(static_cast<bool>(parameters_.gradients()), "this model was made without gradients");
  Pass pass = begin(batch, true);
  pass.recompute = recompute_, pass.see_ahead = see_ahead_;
  pass.dropout = {config_.embedding_dropout, config_.residual_dropout, config_.attention_dropout,
                  dropout_key};
  const int64_t targets = head_->begin_loss(pass, batch, true);
  const auto work = [&] {
    const Tensor hidden = transformer_->forward(pass);
    const Tensor dhidden = pass.take(pass.rows(), config_.channels);
    head_->loss(pass, hidden, dhidden, gradient_scale);
    if (targets > 0) transformer_->backward(pass, dhidden);
  };
  if (head_->repeats() && !pass.dropout.any()) {
    do_again({pass.B, pass.T, targets, static_cast<bool>(pass.lengths), recompute_}, gradient_scale, work);
  } else {
    work();
  }
  return head_->end_loss(pass, nullptr);
}

/// Work that has come twice is steady: all memory it needs is there, and what it starts is worth keeping.
void Model::do_again(const std::array<int64_t, 5>& shape, float gradient_scale,
                     const std::function<void()>& work) {
  if (shape != repeated_.shape || gradient_scale != repeated_.gradient_scale)
    repeated_ = {shape, gradient_scale, 0, nullptr};
  if (repeated_.times >= 2) return backend_.repeat(repeated_.recording, work);
  ++repeated_.times;
  work();
}

LossSum Model::evaluate(const Batch& batch, std::vector<float>* losses) {
  Pass pass = begin(batch, false);
  pass.see_ahead = see_ahead_;
  head_->begin_loss(pass, batch, false);
  head_->loss(pass, transformer_->forward(pass), Tensor(), 0.0f);
  return head_->end_loss(pass, losses);
}

int64_t Model::target_count(const Batch& batch) const { return seedling::target_count(config_, batch); }

}  // namespace seedling
