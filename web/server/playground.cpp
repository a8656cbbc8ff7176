// The playground: tokenize, generate, fill, predict, with any checkpoint of any run and with live weights.
#include <chrono>

#include "base/error.h"
#include "base/files.h"
#include "web/server/app.h"
#include "web/server/fields.h"
#include "web/server/generation.h"
#include "web/server/predict.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr size_t kMostVocabularyShown = 2000;

/// Trains a tokenizer on the reader's own text.
std::shared_ptr<const Tokenizer> train_own(json options) {
  if (!options.is_object()) refuse_malformed("\"train\" must be an object");
  const std::string text = take_string(options, "text");
  TokenizerOptions wanted;
  wanted.kind = take_string(options, "kind", "bpe");
  wanted.vocab_size = take_integer(options, "vocab-size", 512, 2, 65536);
  if (options.contains("vocab_size")) wanted.vocab_size = take_integer(options, "vocab_size", 512, 2, 65536);
  refuse_rest(options);
  if (text.empty()) refuse_malformed("\"train\" needs a \"text\" to learn from");
  return train_tokenizer(wanted, [&](const auto& consume) { consume(text); });
}

/// A generation between its request and its last byte; holds the model.
struct Streaming {
  Streaming(ModelStore::Lease lease_in) : lease(std::move(lease_in)) {}
  ModelStore::Lease lease;
  std::vector<int32_t> prompt;
  SamplingOptions options;
  std::vector<std::string> stops;
  bool conversation = false;
};

json describe_candidates(const Tokenizer& tokenizer, const GeneratedToken& token) {
  json list = json::array();
  for (const auto& [id, probability] : token.candidates) {
    json entry = describe_token(tokenizer, id);
    entry["probability"] = probability;
    list.push_back(std::move(entry));
  }
  return list;
}

void stream_generation(App& app, Streaming& work, httplib::DataSink& sink) {
  const auto begin = std::chrono::steady_clock::now();
  const Tokenizer& tokenizer = work.lease.tokenizer();
  const auto send = [&](const char* kind, const json& data) {
    const std::string text = EventHub::frame(kind, dump(data));
    return !app.hub.closed() && sink.is_writable() && sink.write(text.data(), text.size());
  };
  try {
    if (!send("start", {{"model", work.lease->name},
                        {"step", work.lease->step},
                        {"prompt", describe_tokens(tokenizer, work.prompt)}})) {
      return;
    }
    const auto each = [&](const Piece& piece) {
      return send("token", {{"id", piece.token.id},
                            {"text", piece.text},
                            {"probability", piece.token.probability},
                            {"candidates", describe_candidates(tokenizer, piece.token)}});
    };
    const Generated result =
        generate_text(work.lease, work.prompt, work.options, work.stops, each, work.conversation);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    send("end", {{"finish_reason", result.finish_reason},
                 {"text", result.text},
                 {"tokens", result.ids},
                 {"seconds", seconds.count()}});
  } catch (const Error& error) {
    send("error", {{"code", "failed"}, {"message", error.what()}});
  }
}

}  // namespace

void post_tokenize(const Call& call) {
  json body = parse_body(call.request.body, true);
  const json train = take_any(body, "train");
  const std::string text = take_string(body, "text", "");
  std::shared_ptr<const Tokenizer> tokenizer;
  json reply;
  if (!train.is_null()) {
    if (body.contains("model")) refuse_unknown("give \"model\" or \"train\", not both");
    tokenizer = train_own(train);
  } else {
    const std::string model = take_string(body, "model");
    auto lease = call.app.models.get(model);
    tokenizer = lease->tokenizer;
  }
  refuse_rest(body);
  std::vector<std::pair<size_t, size_t>> offsets;
  const std::vector<int32_t> ids = tokenizer->encode_with_offsets(text, offsets);
  reply["tokens"] = describe_tokens(*tokenizer, ids);
  for (size_t i = 0; i < ids.size() && i < offsets.size(); ++i) {
    reply["tokens"][i]["start"] = offsets[i].first, reply["tokens"][i]["end"] = offsets[i].second;
  }
  reply["bytes"] = text.size();
  reply["vocabulary"] = tokenizer->vocab_size();
  reply["kind"] = tokenizer->kind();
  if (!train.is_null()) {
    reply["vocabulary_tokens"] = json::array();
    const int64_t shown = std::min<int64_t>(tokenizer->vocab_size(), kMostVocabularyShown);
    for (int32_t id = 0; id < shown; ++id)
      reply["vocabulary_tokens"].push_back(describe_token(*tokenizer, id)["text"]);
  }
  call.reply(reply);
}

void post_generate(const Call& call) {
  json body = parse_body(call.request.body, true);
  const std::string model = take_string(body, "model");
  const json messages = take_any(body, "messages");
  const std::string prompt = take_string(body, "prompt", "");
  const SamplingOptions options = take_sampling(body, SamplingOptions());
  refuse_rest(body);
  auto work = std::make_shared<Streaming>(call.app.models.get(model));
  work->options = options;
  require_generator(work->lease.model());
  work->prompt = messages.is_null()
                     ? work->lease.tokenizer().encode(prompt)
                     : conversation_prompt(work->lease, messages, options.max_tokens, work->stops);
  work->conversation = !messages.is_null();
  call.response.set_chunked_content_provider("text/event-stream",
                                             [app = &call.app, work](size_t, httplib::DataSink& sink) {
                                               stream_generation(*app, *work, sink);
                                               sink.done();
                                               return true;
                                             });
}

void post_fill(const Call& call) {
  json body = parse_body(call.request.body, true);
  const std::string model = take_string(body, "model"), text = take_string(body, "text");
  const int64_t top = take_integer(body, "top", 5, 1, 1000);
  refuse_rest(body);
  auto lease = call.app.models.get(model);
  json predictions = json::array();
  for (const auto& mask : fill_masks(lease.model(), lease.tokenizer(), text, top)) {
    json list = json::array();
    for (const MaskPrediction& guess : mask) {
      list.push_back({{"token", replace_invalid_utf8(guess.token)},
                      {"id", guess.id},
                      {"probability", guess.probability}});
    }
    predictions.push_back(std::move(list));
  }
  call.reply({{"predictions", predictions}});
}

void post_predict(const Call& call) {
  json body = parse_body(call.request.body, true);
  const std::string model = take_string(body, "model"), input = take_string(body, "input");
  const std::string context = take_string(body, "context", "");
  refuse_rest(body);
  auto lease = call.app.models.get(model);
  call.reply(predict_one(lease, input, context));
}

}  // namespace seedling::server
