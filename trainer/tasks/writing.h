// What the tasks that write have in common: features with a loss on some pieces, their loss, and the texts.
// Called by completion.cpp and dialogue.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tasks/task.h"

namespace seedling {

/// The pieces one after the other; each token of a piece marked true is a target of the position before it.
Feature writing_feature(const std::vector<std::pair<std::vector<int32_t>, bool>>& pieces, size_t number);

/// val_loss (nats a target token) and perplexity over all features; value is the loss.
Score score_loss(Model& model, const std::vector<Feature>& features, int64_t longest, int64_t tokens);

/// The most tokens to write: a quarter more than the longest target of training, at most half the context.
int64_t most_tokens(const TaskRecord& record, int64_t context);

/// What a prompt leaves free for them where it must be cut: what nearly all targets need, not the longest.
int64_t usual_tokens(const TaskRecord& record, int64_t context);

/// Decodes each prompt's continuation as text, without white space at its ends.
std::vector<std::string> write_texts(Model& model, const Tokenizer& tokenizer,
                                     const std::vector<std::vector<int32_t>>& prompts, int64_t most,
                                     int64_t beams);

}  // namespace seedling
