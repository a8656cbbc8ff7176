// The bodies of /v1 requests (see openai_request.h).
#include "web/server/openai_request.h"

#include <algorithm>
#include <chrono>

#include "web/server/fields.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr size_t kMostPrompts = 8, kMostStops = 4;

std::vector<std::string> take_stops(json& body) {
  const json stop = take_any(body, "stop");
  std::vector<std::string> stops;
  if (stop.is_string())
    stops.push_back(stop);
  else if (stop.is_array()) {
    for (const json& entry : stop) {
      if (!entry.is_string()) refuse_malformed("\"stop\" must be a text or a list of texts");
      stops.push_back(entry);
    }
  } else if (!stop.is_null()) {
    refuse_malformed("\"stop\" must be a text or a list of texts");
  }
  if (stops.size() > kMostStops) refuse_out_of_range("\"stop\" has more than 4 entries");
  return stops;
}

}  // namespace

OpenAiRequest take_openai_request(json& body, bool chat) {
  OpenAiRequest request;
  request.chat = chat;
  request.model = take_string(body, "model");
  request.stream = take_flag(body, "stream", false);
  json options = take_any(body, "stream_options");
  if (options.is_object())
    request.usage = take_flag(options, "include_usage", false);
  else if (!options.is_null())
    refuse_malformed("\"stream_options\" must be an object");
  request.n = take_integer(body, "n", 1, 1, 4);
  request.stops = take_stops(body);
  SamplingOptions& sampling = request.sampling;
  const int64_t otherwise = take_integer(body, "max_tokens", chat ? 256 : 16, 0, 2048);
  sampling.max_tokens = take_integer(body, "max_completion_tokens", otherwise, 0, 2048);
  sampling.temperature = static_cast<float>(take_number(body, "temperature", 1.0, 0.0, 2.0));
  sampling.top_p = static_cast<float>(take_number(body, "top_p", 1.0, 0.0, 1.0));
  sampling.seed = static_cast<uint64_t>(
      take_integer(body, "seed", std::chrono::steady_clock::now().time_since_epoch().count() & 0xFFFFFF,
                   -int64_t{9007199254740991}, int64_t{9007199254740991}));
  const json logprobs = take_any(body, "logprobs");
  const int64_t top = take_integer(body, "top_logprobs", 0, 0, 10);
  if (logprobs.is_boolean())
    request.logprobs = logprobs.get<bool>() ? top : -1;
  else if (logprobs.is_number_integer())
    request.logprobs = std::min<int64_t>(10, logprobs.get<int64_t>());
  else if (!logprobs.is_null())
    refuse_malformed("\"logprobs\" must be a number or true");
  request.echo = take_flag(body, "echo", false);
  return request;
}

std::vector<std::vector<int32_t>> take_prompts(json& body, const Tokenizer& tokenizer) {
  const json prompt = take_any(body, "prompt");
  const auto ids_of = [&](const json& list) {
    std::vector<int32_t> ids;
    for (const json& id : list) {
      if (!id.is_number_integer()) refuse_malformed("\"prompt\" must be text or token ids");
      const int64_t value = id;
      if (value < 0 || value >= tokenizer.vocab_size())
        refuse_out_of_range("a token id of \"prompt\" is outside the vocabulary");
      ids.push_back(static_cast<int32_t>(value));
    }
    return ids;
  };
  if (prompt.is_null()) return {{}};
  if (prompt.is_string()) return {tokenizer.encode(prompt.get<std::string>())};
  if (!prompt.is_array() || prompt.empty()) refuse_malformed("\"prompt\" must be text or token ids");
  if (prompt[0].is_number()) return {ids_of(prompt)};
  if (prompt.size() > kMostPrompts) refuse_out_of_range("at most 8 prompts at once");
  std::vector<std::vector<int32_t>> prompts;
  for (const json& one : prompt) {
    if (one.is_string())
      prompts.push_back(tokenizer.encode(one.get<std::string>()));
    else if (one.is_array())
      prompts.push_back(ids_of(one));
    else
      refuse_malformed("\"prompt\" must be text or token ids");
  }
  return prompts;
}

}  // namespace seedling::server
