// The loss over a whole text: nats a token and bits a byte, causal and masked.
//
// Causal: windows of context + 1 tokens that overlap by one (`evaluate`), or that begin where documents begin
// (while training: an entropy floor is that of whole documents), so every token but the first is predicted
// exactly once. Masked: 15 % of the tokens hidden, seeded, the same from run to run; bits a byte then take
// the mean loss of the hidden tokens as that of every token. Called by training/pretraining.cpp and
// commands/evaluate.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/dataset.h"
#include "model/model.h"

namespace seedling {

struct TextScore {
  double loss = 0.0;   // mean, nats a predicted token
  int64_t tokens = 0;  // predicted
  int64_t text_tokens = 0, text_bytes = 0;
  double accuracy = 0.0;  // share of predicted tokens that were the most probable one
  double perplexity() const;
  double bits_per_byte() const;
};

/// A text file or folder as the model's tokenizer sees it, in a temporary token file that goes with the
/// pointer. Throws Error as prepare_data does: missing, empty, not UTF-8.
std::shared_ptr<TokenFile> tokenize_text(const std::filesystem::path& text, const Tokenizer& tokenizer);

/// Evaluates all of `tokens` in windows of T (the model's context if 0).
TextScore evaluate_text(Model& model, const TokenFile& tokens, const Tokenizer& tokenizer, int64_t T = 0,
                        WindowRule rule = WindowRule::side_by_side);

}  // namespace seedling
