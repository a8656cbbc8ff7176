// One generation for a reader (see generation.h).
#include "web/server/generation.h"

#include "base/files.h"
#include "tasks/chat.h"
#include "web/server/fields.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

/// A message's content: a text, or a list of {"type": "text", "text"}.
std::string words_of(const json& content) {
  if (content.is_null()) return "";
  if (content.is_string()) return content;
  if (!content.is_array()) refuse_malformed("a message's \"content\" must be a text");
  std::string words;
  for (const json& part : content) {
    if (!part.is_object() || part.value("type", json("text")) != "text" ||
        !part.value("text", json()).is_string()) {
      refuse_malformed("only texts can be part of a message");
    }
    words += part["text"].get<std::string>();
  }
  return words;
}

}  // namespace

SamplingOptions take_sampling(json& body, const SamplingOptions& defaults) {
  SamplingOptions options = defaults;
  options.max_tokens = take_integer(body, "max-tokens", defaults.max_tokens, 0, 2048);
  options.temperature =
      static_cast<float>(take_number(body, "temperature", defaults.temperature, 0.0, 100.0));
  options.top_k = take_integer(body, "top-k", defaults.top_k, 0, 10000000);
  options.top_p = static_cast<float>(take_number(body, "top-p", defaults.top_p, 0.0, 1.0));
  options.repetition_penalty =
      static_cast<float>(take_number(body, "repetition-penalty", defaults.repetition_penalty, 0.01, 100.0));
  options.seed = static_cast<uint64_t>(
      take_integer(body, "seed", static_cast<int64_t>(defaults.seed), 0, int64_t{9007199254740991}));
  return options;
}

json describe_token(const Tokenizer& tokenizer, int32_t id) {
  const bool special = tokenizer.is_special(id);
  const std::string text = special ? tokenizer.token_text(id) : tokenizer.token_bytes(id);
  return {{"id", id}, {"text", replace_invalid_utf8(text)}, {"special", special}};
}

json describe_tokens(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  json tokens = json::array();
  for (const int32_t id : ids) tokens.push_back(describe_token(tokenizer, id));
  return tokens;
}

Generated generate_text(ModelStore::Lease& lease, const std::vector<int32_t>& prompt,
                        const SamplingOptions& options, const std::vector<std::string>& stops,
                        const std::function<bool(const Piece&)>& each, bool skip_space) {
  TextStream stream(stops, skip_space);
  Generated result;
  bool reader_gone = false;
  const auto sink = [&](const GeneratedToken& token) {
    Piece piece{token, lease.tokenizer().is_special(token.id)
                           ? std::string()  // as decode() leaves them out
                           : stream.push(lease.tokenizer().token_bytes(token.id))};
    reader_gone = each && !each(piece);
    lease.yield();
    return !reader_gone && !stream.stopped();
  };
  result.ids = generate(lease.model(), lease.tokenizer(), prompt, options, sink);
  const bool full = static_cast<int64_t>(result.ids.size()) >= options.max_tokens && !stream.stopped();
  result.finish_reason = full ? "length" : "stop";
  result.abandoned = reader_gone;
  stream.finish();
  result.text = stream.text();
  return result;
}

std::vector<int32_t> conversation_prompt(ModelStore::Lease& lease, const json& messages, int64_t max_tokens,
                                         std::vector<std::string>& stops) {
  if (!messages.is_array() || messages.empty())
    refuse_malformed("\"messages\" must be a list of {\"role\", \"content\"}");
  std::vector<Message> turns;
  for (const json& message : messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      refuse_malformed("a message needs a \"role\"");
    }
    std::string role = message["role"];
    if (role == "developer") role = "system";  // OpenAI's newer name
    if (role == "tool") role = "user";
    if (role != "user" && role != "assistant" && role != "system") {
      refuse_out_of_range("the role \"" + role + "\" is unknown");
    }
    turns.push_back({role, words_of(message.value("content", json(nullptr)))});
  }
  for (const char* role : {"\nuser:", "\nsystem:", "\nassistant:"}) stops.push_back(role);
  const Tokenizer& tokenizer = lease.tokenizer();
  if (tokenizer.special().eos < 0) stops.push_back("\n");  // what ends a turn where there is no end token
  const int64_t context = lease.model().config().context_length;
  const int64_t room = std::max<int64_t>(1, context - std::min(max_tokens, context / 2));
  bool cut = false;
  return chat_prompt(std::move(turns), room, tokenizer, cut);
}

}  // namespace seedling::server
