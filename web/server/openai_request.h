// The bodies of /v1 requests, read: what OpenAI's clients may send, with its type and range checked.
//
// Called by openai.cpp. Source: OpenAI's API reference.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "generation/generator.h"
#include "tokenizer/tokenizer.h"

namespace seedling::server {

/// What both endpoints ask for.
struct OpenAiRequest {
  std::string model;
  SamplingOptions sampling;
  std::vector<std::string> stops;
  int64_t n = 1, logprobs = -1;
  bool stream = false, usage = false, echo = false, chat = false;
};

/// Takes all of it out of a body but the prompt or the messages. Throws HttpError 400.
OpenAiRequest take_openai_request(nlohmann::json& body, bool chat);

/// "prompt": a text, a list of texts, a list of ids, or a list of lists of ids. Throws HttpError 400.
std::vector<std::vector<int32_t>> take_prompts(nlohmann::json& body, const Tokenizer& tokenizer);

}  // namespace seedling::server
