// /v1: models, completions and chat as OpenAI's clients speak them.
//
// A model is a run's id, or ID/step-000500. A streamed reply is `data: {json}` lines that end with `data:
// [DONE]`; the first delta of a chat carries the role (the official client's helper throws without it), the
// last choice has an empty delta and the finish_reason. Source: OpenAI's API reference, and its npm client as
// the test (tests/clients/openai).
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "web/server/app.h"
#include "web/server/connection.h"
#include "web/server/fields.h"
#include "web/server/generation.h"
#include "web/server/openai_request.h"
#include "web/server/predict.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The probabilities of the tokens, in the form of the endpoint.
class LogProbabilities {
 public:
  LogProbabilities(const OpenAiRequest& request, const Tokenizer& tokenizer)
      : request_(request), tokenizer_(tokenizer) {}

  void add(const GeneratedToken& token) {
    if (request_.logprobs < 0) return;
    const std::string text = text_of(token.id);
    json best = request_.chat ? json::array() : json::object();
    for (size_t i = 0; i < token.candidates.size() && static_cast<int64_t>(i) < request_.logprobs; ++i) {
      const auto& [id, p] = token.candidates[i];
      if (request_.chat)
        best.push_back({{"token", text_of(id)}, {"logprob", log_of(p)}, {"bytes", bytes_of(id)}});
      else
        best[text_of(id)] = log_of(p);
    }
    if (request_.chat) {
      content_.push_back({{"token", text},
                          {"logprob", log_of(token.probability)},
                          {"bytes", bytes_of(token.id)},
                          {"top_logprobs", best}});
    } else {
      tokens_.push_back(text), logs_.push_back(log_of(token.probability)), tops_.push_back(best),
          offsets_.push_back(offset_);
    }
    offset_ += text.size();
  }

  json take() {
    if (request_.logprobs < 0) return nullptr;
    json all = request_.chat ? json{{"content", content_}, {"refusal", nullptr}}
                             : json{{"tokens", tokens_},
                                    {"token_logprobs", logs_},
                                    {"top_logprobs", tops_},
                                    {"text_offset", offsets_}};
    content_ = tokens_ = logs_ = tops_ = offsets_ = json::array();
    return all;
  }

 private:
  std::string text_of(int32_t id) const { return replace_invalid_utf8(tokenizer_.token_bytes(id)); }
  json bytes_of(int32_t id) const {
    json bytes = json::array();
    for (const unsigned char byte : tokenizer_.token_bytes(id)) bytes.push_back(byte);
    return bytes;
  }
  static double log_of(float p) { return std::log(std::max(static_cast<double>(p), 1e-300)); }

  const OpenAiRequest& request_;
  const Tokenizer& tokenizer_;
  json content_ = json::array(), tokens_ = json::array(), logs_ = json::array(), tops_ = json::array(),
       offsets_ = json::array();
  size_t offset_ = 0;
};

/// A request between its parsing and its last byte; holds the model.
struct Work {
  Work(ModelStore::Lease lease_in, OpenAiRequest request_in)
      : lease(std::move(lease_in)), request(std::move(request_in)) {}
  ModelStore::Lease lease;
  OpenAiRequest request;
  std::vector<std::vector<int32_t>> prompts;
  std::string id;
  int64_t created = unix_time();

  json heading(const char* object) const {
    return {{"id", id}, {"object", object}, {"created", created}, {"model", request.model}};
  }
  json usage(int64_t completion) const {
    int64_t prompt = 0;
    for (const auto& ids : prompts) prompt += static_cast<int64_t>(ids.size());
    return {
        {"prompt_tokens", prompt}, {"completion_tokens", completion}, {"total_tokens", prompt + completion}};
  }
  SamplingOptions sampling(int64_t choice) const {
    SamplingOptions options = request.sampling;
    options.seed += static_cast<uint64_t>(choice) * 1000003u;
    return options;
  }
};

json whole_reply(const Call& call, Work& work) {
  json choices = json::array();
  int64_t completion = 0;
  for (size_t p = 0; p < work.prompts.size(); ++p) {
    for (int64_t k = 0; k < work.request.n; ++k) {
      const int64_t index = static_cast<int64_t>(choices.size());
      LogProbabilities logs(work.request, work.lease.tokenizer());
      const Generated result = generate_text(
          work.lease, work.prompts[p], work.sampling(index), work.request.stops,
          [&](const Piece& piece) {
            logs.add(piece.token);
            return client_waits(call.request) && !call.app.hub.closed();
          },
          work.request.chat);
      if (result.abandoned) return nullptr;  // nobody will read it
      completion += static_cast<int64_t>(result.ids.size());
      json choice = {{"index", index}, {"finish_reason", result.finish_reason}, {"logprobs", logs.take()}};
      if (work.request.chat)
        choice["message"] = {{"role", "assistant"}, {"content", result.text}, {"refusal", nullptr}};
      else
        choice["text"] =
            (work.request.echo ? replace_invalid_utf8(work.lease.tokenizer().decode(work.prompts[p])) : "") +
            result.text;
      choices.push_back(std::move(choice));
    }
  }
  json reply = work.heading(work.request.chat ? "chat.completion" : "text_completion");
  reply["choices"] = choices;
  reply["usage"] = work.usage(completion);
  return reply;
}

/// Sends chunk after chunk; false once the client has gone.
class ChunkWriter {
 public:
  ChunkWriter(App& app, Work& work, httplib::DataSink& sink) : app_(app), work_(work), sink_(sink) {}

  bool send(const std::string& data) {
    const std::string text = "data: " + data + "\n\n";
    return !app_.hub.closed() && sink_.is_writable() && sink_.write(text.data(), text.size());
  }
  bool chunk(json choice) {
    json value = work_.heading(work_.request.chat ? "chat.completion.chunk" : "text_completion");
    value["choices"] = json::array({std::move(choice)});
    if (work_.request.usage) value["usage"] = nullptr;
    return send(dump(value));
  }
  bool text(int64_t index, const std::string& words, const json& logprobs) {
    json choice = {{"index", index}, {"finish_reason", nullptr}, {"logprobs", logprobs}};
    if (work_.request.chat)
      choice["delta"] = {{"content", words}};
    else
      choice["text"] = words;
    return chunk(std::move(choice));
  }
  bool begin(int64_t index) {
    if (!work_.request.chat) return true;
    return chunk({{"index", index},
                  {"delta", {{"role", "assistant"}, {"content", ""}}},
                  {"finish_reason", nullptr},
                  {"logprobs", nullptr}});
  }
  bool end(int64_t index, const std::string& reason) {
    json choice = {{"index", index}, {"finish_reason", reason}, {"logprobs", nullptr}};
    if (work_.request.chat)
      choice["delta"] = json::object();
    else
      choice["text"] = "";
    return chunk(std::move(choice));
  }

 private:
  App& app_;
  Work& work_;
  httplib::DataSink& sink_;
};

void stream_reply(App& app, Work& work, httplib::DataSink& sink) {
  ChunkWriter writer(app, work, sink);
  int64_t completion = 0, index = 0;
  try {
    for (const auto& prompt : work.prompts) {
      for (int64_t k = 0; k < work.request.n; ++k, ++index) {
        if (!writer.begin(index)) return;
        if (work.request.echo &&
            !writer.text(index, replace_invalid_utf8(work.lease.tokenizer().decode(prompt)), nullptr))
          return;
        LogProbabilities logs(work.request, work.lease.tokenizer());
        std::string sent;
        const Generated result = generate_text(
            work.lease, prompt, work.sampling(index), work.request.stops,
            [&](const Piece& piece) {
              logs.add(piece.token);
              sent += piece.text;
              return piece.text.empty() ? sink.is_writable() : writer.text(index, piece.text, logs.take());
            },
            work.request.chat);
        if (result.abandoned) return;
        completion += static_cast<int64_t>(result.ids.size());
        if (result.text.size() > sent.size() &&
            !writer.text(index, result.text.substr(sent.size()), logs.take()))
          return;
        if (!writer.end(index, result.finish_reason)) return;
      }
    }
    if (work.request.usage) {
      json last = work.heading(work.request.chat ? "chat.completion.chunk" : "text_completion");
      last["choices"] = json::array(), last["usage"] = work.usage(completion);
      if (!writer.send(dump(last))) return;
    }
  } catch (const Error& error) {
    writer.send(error_body(HttpError(500, "failed", error.what()), true));
  }
  writer.send("[DONE]");
}

void answer_request(const Call& call, bool chat) {
  json body = parse_body(call.request.body, false);
  OpenAiRequest request = take_openai_request(body, chat);
  const json messages = chat ? take_any(body, "messages") : json(nullptr);
  std::shared_ptr<Work> work;
  try {
    work = std::make_shared<Work>(call.app.models.get(request.model), request);
  } catch (const HttpError& error) {
    if (error.status() != 404) throw;
    throw HttpError(404, "model_not_found", error.what());
  }
  require_generator(work->lease.model());
  work->id = (chat ? "chatcmpl-" : "cmpl-") + random_hex(12);
  if (chat)
    work->prompts = {
        conversation_prompt(work->lease, messages, request.sampling.max_tokens, work->request.stops)};
  else
    work->prompts = take_prompts(body, work->lease.tokenizer());
  if (!work->request.stream) return call.reply(whole_reply(call, *work));
  call.response.set_chunked_content_provider("text/event-stream",
                                             [app = &call.app, work](size_t, httplib::DataSink& sink) {
                                               stream_reply(*app, *work, sink);
                                               sink.done();
                                               return true;
                                             });
}

}  // namespace

void get_models(const Call& call) {
  json data = json::array();
  const auto add = [&](const std::string& id, int64_t created) {
    data.push_back({{"id", id}, {"object", "model"}, {"created", created}, {"owned_by", "seedling"}});
  };
  for (const std::string& id : call.app.store.ids()) {
    const auto run = call.app.store.find(id);
    const json checkpoints = run ? run->checkpoints() : json::array();
    if (checkpoints.empty() && !call.app.manager.is_live(id)) continue;
    add(id, checkpoints.empty() ? unix_time() : checkpoints.back()["time"].get<int64_t>());
    for (const json& checkpoint : checkpoints)
      add(id + "/" + checkpoint["name"].get<std::string>(), checkpoint["time"]);
  }
  if (call.path.size() == 2) return call.reply({{"object", "list"}, {"data", data}});
  const std::string wanted = call.path[2] + (call.path.size() > 3 ? "/" + call.path[3] : "");
  for (const json& model : data) {
    if (model["id"] == wanted) return call.reply(model);
  }
  throw HttpError(404, "model_not_found", "there is no model \"" + wanted + "\"");
}

void post_completions(const Call& call) { answer_request(call, false); }
void post_chat(const Call& call) { answer_request(call, true); }

}  // namespace seedling::server
