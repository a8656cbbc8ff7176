// The views on a text: next-token bars, attention, raw logits (see inspect.h).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "web/server/fields.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostPositions = 512;
constexpr int64_t kMostBlanked = 64;        // each is a pass of its own
constexpr int64_t kMostAttention = 400000;  // numbers in a reply
constexpr int64_t kMostLogits = 4096;

std::vector<int32_t> best_ids(const std::vector<double>& scores, int64_t count) {
  std::vector<int32_t> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  count = std::min<int64_t>(count, static_cast<int64_t>(ids.size()));
  std::partial_sort(ids.begin(), ids.begin() + count, ids.end(), [&](int32_t a, int32_t b) {
    const double x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  ids.resize(static_cast<size_t>(count));
  return ids;
}

/// What one row of logits says, and how it judged the token that really stands there (-1: none).
json describe_row(const float* logits, const Subject& subject, int32_t actual, int64_t top) {
  const int64_t own = std::min(subject.model().config().vocab_size, subject.tokenizer().vocab_size());
  const std::vector<double> p = probabilities_of(logits, own);
  json best = json::array();
  for (const int32_t id : best_ids(p, top)) {
    json entry = describe_token(subject.tokenizer(), id);
    entry["probability"] = p[static_cast<size_t>(id)];
    best.push_back(std::move(entry));
  }
  double entropy = 0.0;
  for (const double value : p) entropy -= value > 0.0 ? value * std::log2(value) : 0.0;
  json row = {{"top", best}, {"entropy", entropy}, {"actual", nullptr}};
  if (actual >= 0) {
    const double value = p[static_cast<size_t>(actual)];
    row["actual"] = describe_token(subject.tokenizer(), actual);
    row["actual"]["probability"] = value;
    row["actual"]["rank"] =
        1 + std::count_if(p.begin(), p.end(), [&](double other) { return other > value; });
  }
  return row;
}

std::vector<float> all_logits(const Subject& subject, const std::vector<int32_t>& ids,
                              const std::vector<float>& heads) {
  if (!heads.empty()) return subject.model().inspect(ids, {}, heads).logits;
  Batch batch;
  batch.B = 1, batch.T = static_cast<int64_t>(ids.size()), batch.tokens = ids;
  return subject.model().logits(batch);
}

void need_language_model(const Subject& subject) {
  const HeadKind head = subject.model().config().head;
  if (head != HeadKind::language_model && head != HeadKind::masked_language_model) {
    refuse_out_of_range("this model has a head for another task; it predicts no tokens");
  }
}

}  // namespace

json inspect_probabilities(App& app, json& body) {
  const int64_t top = take_integer(body, "top", 10, 1, 200);
  const std::vector<int64_t> masked = take_integers(body, "masked", kMostBlanked, 0, kMostPositions);
  const Subject subject = take_subject(app, body, kMostPositions);
  const std::vector<float> heads = take_heads(body, subject.model().config());
  refuse_rest(body);
  need_language_model(subject);
  json reply = subject.heading();
  json positions = json::array();
  const int64_t V = subject.model().config().vocab_size;
  if (subject.model().config().causal) {
    const std::vector<float> logits = all_logits(subject, subject.ids, heads);
    for (int64_t t = 0; t < subject.T(); ++t) {
      const int32_t next = t + 1 < subject.T() ? subject.ids[static_cast<size_t>(t) + 1] : -1;
      positions.push_back(describe_row(&logits[static_cast<size_t>(t * V)], subject, next, top));
    }
    reply["loss"] = mean_next_loss(logits, subject);
  } else {
    const int32_t mask = subject.tokenizer().special().mask;
    if (mask < 0) refuse_out_of_range("this model's tokenizer has no mask token");
    double sum = 0.0;
    int64_t blanked = 0;
    for (int64_t t = 0; t < subject.T(); ++t) {
      const bool wanted =
          masked.empty()
              ? !subject.tokenizer().is_special(subject.ids[static_cast<size_t>(t)]) && blanked < kMostBlanked
              : std::find(masked.begin(), masked.end(), t) != masked.end();
      if (!wanted) {
        positions.push_back(nullptr);
        continue;
      }
      std::vector<int32_t> ids = subject.ids;
      ids[static_cast<size_t>(t)] = mask;
      for (const int64_t other : masked) {
        if (other < subject.T()) ids[static_cast<size_t>(other)] = mask;
      }
      const std::vector<float> logits = all_logits(subject, ids, heads);
      positions.push_back(describe_row(&logits[static_cast<size_t>(t * V)], subject,
                                       subject.ids[static_cast<size_t>(t)], top));
      sum -= std::log(positions.back()["actual"]["probability"].get<double>());
      ++blanked;
    }
    reply["loss"] = blanked > 0 ? json(sum / static_cast<double>(blanked)) : json(nullptr);
  }
  reply["positions"] = std::move(positions);
  return reply;
}

json inspect_attention(App& app, json& body) {
  const int64_t wanted = take_integer(body, "layer", -1, -1, 100000);
  const Subject subject = take_subject(app, body, kMostPositions);
  const ModelConfig& config = subject.model().config();
  const std::vector<float> heads = take_heads(body, config);
  refuse_rest(body);
  if (wanted >= config.layers)
    refuse_out_of_range(concat("this model has the layers 0 to ", config.layers - 1));
  const int64_t T = subject.T(), layers = wanted < 0 ? config.layers : 1;
  if (layers * config.heads * T * T > kMostAttention) {
    refuse_out_of_range(concat("that is too much for one reply (", layers, " layers of ", config.heads,
                               " heads on ", T, " tokens): name a \"layer\" or shorten the text"));
  }
  const Inspection seen = subject.model().inspect(subject.ids, {}, heads);
  json reply = subject.heading();
  reply["layers"] = config.layers, reply["heads"] = config.heads;
  json attention = json::object();
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    if (wanted >= 0 && layer != wanted) continue;
    json matrices = json::array();
    const std::vector<float>& p = seen.attention[static_cast<size_t>(layer)];  // (NH, T, T)
    for (int64_t head = 0; head < config.heads; ++head) {
      json rows = json::array();
      for (int64_t query = 0; query < T; ++query) {
        json row = json::array();
        for (int64_t key = 0; key < T; ++key) {
          row.push_back(std::round(p[static_cast<size_t>((head * T + query) * T + key)] * 1e4) / 1e4);
        }
        rows.push_back(std::move(row));
      }
      matrices.push_back(std::move(rows));
    }
    attention[std::to_string(layer)] = std::move(matrices);
  }
  reply["attention"] = std::move(attention);
  const bool language = config.head == HeadKind::language_model;
  reply["loss"] = language ? mean_next_loss(seen.logits, subject) : json(nullptr);
  reply["loss_unchanged"] = !language       ? json(nullptr)
                            : heads.empty() ? reply["loss"]
                                            : mean_next_loss(all_logits(subject, subject.ids, {}), subject);
  return reply;
}

json inspect_logits(App& app, json& body) {
  const Subject subject = take_subject(app, body, kMostPositions);
  refuse_rest(body);
  if (!subject.model().config().causal)
    refuse_out_of_range("a masked model has no next token; use the view probabilities");
  need_language_model(subject);
  const std::vector<float> all = all_logits(subject, subject.ids, {});
  const int64_t V = subject.model().config().vocab_size, own = std::min(V, subject.tokenizer().vocab_size());
  const std::vector<double> last(all.end() - V, all.end() - V + own);
  json list = json::array();
  const std::vector<int32_t> order = best_ids(last, own);
  double rest = -INFINITY;
  for (size_t i = 0; i < order.size(); ++i) {
    const double logit = last[static_cast<size_t>(order[i])];
    if (static_cast<int64_t>(i) >=
        kMostLogits) {  // log(exp(rest) + exp(logit)); rest >= logit after the first
      rest = rest == -INFINITY ? logit : rest + std::log1p(std::exp(logit - rest));
      continue;
    }
    list.push_back({{"id", order[i]},
                    {"text", describe_token(subject.tokenizer(), order[i])["text"]},
                    {"logit", logit}});
  }
  json reply = subject.heading();
  reply["logits"] = std::move(list);
  reply["vocabulary"] = own;
  reply["rest"] = rest;
  return reply;
}

}  // namespace seedling::server
