// One generation for a reader: flags to options, tokens to text, and a stop when nobody reads any more.
//
// Called by: playground (generate), inspect_compare, openai.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "generation/generator.h"
#include "web/server/model_store.h"
#include "web/server/text_stream.h"

namespace seedling::server {

/// max-tokens, temperature, top-k, top-p, repetition-penalty, seed. Throws HttpError 400.
SamplingOptions take_sampling(nlohmann::json& body, const SamplingOptions& defaults);

/// {"id", "text", "special"} of a token, as a reader sees it.
nlohmann::json describe_token(const Tokenizer& tokenizer, int32_t id);
nlohmann::json describe_tokens(const Tokenizer& tokenizer, const std::vector<int32_t>& ids);

struct Piece {
  GeneratedToken token;
  std::string text;  // whole characters that can be shown now
};

struct Generated {
  std::vector<int32_t> ids;
  std::string text;
  std::string finish_reason;  // "stop" or "length"
  bool abandoned = false;     // the reader had gone
};

/// Generates; `skip_space` leaves out the blank that a chat's answer begins with. `each` (may be empty)
/// returns false when its reader has gone. Other users of models go in between tokens.
Generated generate_text(ModelStore::Lease& lease, const std::vector<int32_t>& prompt,
                        const SamplingOptions& options, const std::vector<std::string>& stops,
                        const std::function<bool(const Piece&)>& each, bool skip_space = false);

/// The prompt of a conversation (tasks/chat.h: `role: content` lines), with the earliest turns left out where
/// they do not fit beside max_tokens. Adds to `stops` what ends a turn.
std::vector<int32_t> conversation_prompt(ModelStore::Lease& lease, const nlohmann::json& messages,
                                         int64_t max_tokens, std::vector<std::string>& stops);

}  // namespace seedling::server
