// POST /api/inspect: the list of views, and what the views on a text share (see inspect.h).
#include "web/server/inspect.h"

#include <cmath>

#include "base/error.h"
#include "web/server/connection.h"
#include "web/server/fields.h"
#include "web/server/predict.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

struct View {
  const char* name;
  json (*show)(App&, json&);
};

constexpr View kViews[] = {
    {"probabilities", inspect_probabilities},
    {"attention", inspect_attention},
    {"logits", inspect_logits},
    {"embeddings", inspect_embeddings},
    {"neighbours", inspect_neighbours},
    {"difference", inspect_difference},
    {"step", inspect_step},
    {"gradient", inspect_gradient},
};

constexpr size_t kMostCompared = 8;

}  // namespace

void post_inspect(const Call& call) {
  json body = parse_body(call.request.body, true);
  const std::string name = take_string(body, "view");
  for (const View& view : kViews) {
    if (name == view.name) return call.reply(view.show(call.app, body));
  }
  if (name == "compare") return call.reply(inspect_compare(call, body));
  refuse_unknown("there is no view \"" + name + "\"");
}

json Subject::heading() const {
  return {{"model", lease->name},
          {"step", lease->step},
          {"tokens", describe_tokens(tokenizer(), ids)},
          {"cut", cut}};
}

Subject take_subject(App& app, json& body, int64_t limit) {
  const std::string name = take_string(body, "model"), text = take_string(body, "text", "");
  Subject subject{app.models.get(name), {}, false};
  const SpecialTokens& special = subject.tokenizer().special();
  const bool framed = !subject.model().config().causal && special.cls >= 0 && special.sep >= 0;
  subject.ids = subject.tokenizer().encode(text);
  const int64_t most =
      std::max<int64_t>(1, std::min(limit, subject.model().config().context_length) - (framed ? 2 : 0));
  if (subject.T() > most) {
    subject.ids.resize(static_cast<size_t>(most));
    subject.cut = true;
  }
  if (framed) {
    subject.ids.insert(subject.ids.begin(), special.cls);
    subject.ids.push_back(special.sep);
  } else if (subject.ids.empty()) {
    const int32_t start = special.bos >= 0 ? special.bos : special.eos;
    if (start < 0) refuse_malformed("\"text\" is empty, and this model has no beginning token");
    subject.ids.push_back(start);
  }
  return subject;
}

std::vector<float> take_heads(json& body, const ModelConfig& config) {
  const json list = take_any(body, "heads-off");
  if (list.is_null()) return {};
  if (!list.is_array() || list.size() > 4096)
    refuse_malformed("\"heads_off\" must be a list of [layer, head]");
  std::vector<float> scale(static_cast<size_t>(config.layers * config.heads), 1.0f);
  for (const json& entry : list) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_number_integer() ||
        !entry[1].is_number_integer()) {
      refuse_malformed("\"heads_off\" must be a list of [layer, head]");
    }
    const int64_t layer = entry[0], head = entry[1];
    if (layer < 0 || layer >= config.layers || head < 0 || head >= config.heads) {
      refuse_out_of_range(concat("there is no head ", head, " in a layer ", layer, " of this model"));
    }
    scale[static_cast<size_t>(layer * config.heads + head)] = 0.0f;
  }
  return list.empty() ? std::vector<float>() : scale;
}

std::vector<double> probabilities_of(const float* logits, int64_t vocabulary) {
  double most = logits[0];
  for (int64_t v = 1; v < vocabulary; ++v) most = std::max(most, static_cast<double>(logits[v]));
  std::vector<double> p(static_cast<size_t>(vocabulary));
  double sum = 0.0;
  for (int64_t v = 0; v < vocabulary; ++v) sum += p[static_cast<size_t>(v)] = std::exp(logits[v] - most);
  for (double& value : p) value /= sum;
  return p;
}

json mean_next_loss(const std::vector<float>& logits, const Subject& subject) {
  if (!subject.model().config().causal || subject.T() < 2) return nullptr;
  const int64_t V = subject.model().config().vocab_size, own = std::min(V, subject.tokenizer().vocab_size());
  double sum = 0.0;
  for (int64_t t = 0; t + 1 < subject.T(); ++t) {
    sum -= std::log(probabilities_of(&logits[static_cast<size_t>(t * V)],
                                     own)[static_cast<size_t>(subject.ids[static_cast<size_t>(t) + 1])]);
  }
  return sum / static_cast<double>(subject.T() - 1);
}

json inspect_compare(const Call& call, json& body) {
  const json models = take_any(body, "models");
  const std::string text = take_string(body, "text", ""), context = take_string(body, "context", "");
  SamplingOptions options;
  options.max_tokens = 40, options.temperature = 0.0f;
  options = take_sampling(body, options);
  refuse_rest(body);
  if (!models.is_array() || models.empty() || models.size() > kMostCompared) {
    refuse_malformed("\"models\" must be a list of 1 to 8 models");
  }
  json answers = json::array();
  for (const json& entry : models) {
    if (!entry.is_string()) refuse_malformed("\"models\" must be a list of 1 to 8 models");
    json answer = {{"model", entry}};
    try {
      auto lease = call.app.models.get(entry.get<std::string>());
      answer["step"] = lease->step;
      answer.update(answer_one(lease, text, context, options, [&] { return client_waits(call.request); }));
    } catch (const HttpError& error) {  // one that is gone or of another kind does not spoil the others
      answer["error"] = error.what();
    } catch (const Error& error) {
      answer["error"] = error.what();
    }
    answers.push_back(std::move(answer));
  }
  return {{"answers", answers}};
}

}  // namespace seedling::server
