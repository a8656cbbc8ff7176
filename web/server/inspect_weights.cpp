// The views on weights: the embedding map, neighbours, what fine-tuning moved (see inspect.h).
#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "training/health.h"
#include "web/server/fields.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostTokens = 2000;
constexpr size_t kMostModels = 60;

/// The rows of some tokens, and where they come from.
struct Rows {
  int64_t step = 0, C = 0;
  std::vector<double> values;  // (n, C)
};

/// The token embedding (V, C) of a model.
std::pair<const float*, int64_t> token_table(Model& model) {
  Parameter* table = model.parameters().find("embedding.token.weight");
  if (table == nullptr) refuse_out_of_range("this model has no token embedding");
  return {table->value.as<float>(), table->shape[0]};
}

/// Ids that make a map readable: beginnings of words of three letters and more, then whatever is left.
std::vector<int32_t> readable_ids(const Tokenizer& tokenizer, int64_t count) {
  std::vector<int32_t> words, others;
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (tokenizer.is_special(id)) continue;
    const std::string text = tokenizer.token_bytes(id);
    const auto letters =
        std::count_if(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80 || std::isalpha(c); });
    (tokenizer.starts_word(id) && letters >= 3 ? words : others).push_back(id);
  }
  words.insert(words.end(), others.begin(), others.end());
  words.resize(std::min<size_t>(words.size(), static_cast<size_t>(count)));
  return words;
}

Rows rows_of(ModelStore::Lease& lease, const std::vector<int32_t>& ids) {
  const auto [table, V] = token_table(lease.model());
  Rows rows;
  rows.step = lease->step, rows.C = lease.model().config().channels;
  for (const int32_t id : ids) {
    if (id < 0 || id >= V) refuse_out_of_range(concat("token id ", id, " is outside the vocabulary of ", V));
    rows.values.insert(rows.values.end(), table + id * rows.C, table + (id + 1) * rows.C);
  }
  return rows;
}

double dot(const double* a, const double* b, int64_t C) {
  double sum = 0.0;
  for (int64_t c = 0; c < C; ++c) sum += a[c] * b[c];
  return sum;
}

/// The direction of most variance of the centred rows x (n, C) orthogonal to `known`, by power iteration from
/// a fixed start.
std::vector<double> principal_axis(const std::vector<double>& x, int64_t n, int64_t C,
                                   const std::vector<double>& known) {
  std::vector<double> axis(static_cast<size_t>(C)), next(static_cast<size_t>(C));
  for (int64_t c = 0; c < C; ++c)
    axis[static_cast<size_t>(c)] = 1.0 + 0.37 * std::sin(1.0 + 7.0 * static_cast<double>(c));
  for (int iteration = 0; iteration < 100; ++iteration) {
    std::fill(next.begin(), next.end(), 0.0);
    for (int64_t i = 0; i < n; ++i) {
      const double share = dot(&x[static_cast<size_t>(i * C)], axis.data(), C);
      for (int64_t c = 0; c < C; ++c)
        next[static_cast<size_t>(c)] += share * x[static_cast<size_t>(i * C + c)];
    }
    if (!known.empty()) {
      const double share = dot(next.data(), known.data(), C);
      for (int64_t c = 0; c < C; ++c) next[static_cast<size_t>(c)] -= share * known[static_cast<size_t>(c)];
    }
    const double length = std::sqrt(dot(next.data(), next.data(), C));
    if (!(length > 1e-30)) break;
    for (int64_t c = 0; c < C; ++c) axis[static_cast<size_t>(c)] = next[static_cast<size_t>(c)] / length;
  }
  const auto largest = std::max_element(axis.begin(), axis.end(),
                                        [](double a, double b) { return std::abs(a) < std::abs(b); });
  if (*largest < 0.0)
    for (double& value : axis) value = -value;  // one of two equal directions, always the same
  return axis;
}

}  // namespace

json inspect_embeddings(App& app, json& body) {
  json models = take_any(body, "models");
  if (models.is_null()) models = json::array({take_string(body, "model")});
  const int64_t count = take_integer(body, "count", 300, 2, kMostTokens);
  std::vector<int32_t> ids;
  for (const int64_t id : take_integers(body, "ids", kMostTokens, 0, INT32_MAX))
    ids.push_back(static_cast<int32_t>(id));
  refuse_rest(body);
  if (!models.is_array() || models.empty() || models.size() > kMostModels)
    refuse_malformed("\"models\" must be a list of 1 to 60 models");
  std::vector<Rows> all;
  json texts;
  for (auto entry = models.rbegin(); entry != models.rend(); ++entry) {  // the last one decides which tokens
    if (!entry->is_string()) refuse_malformed("\"models\" must be a list of names");
    auto lease = app.models.get(entry->get<std::string>());
    if (ids.empty()) ids = readable_ids(lease.tokenizer(), count);
    if (texts.is_null()) texts = describe_tokens(lease.tokenizer(), ids);
    all.insert(all.begin(), rows_of(lease, ids));
    if (all.front().C != all.back().C)
      refuse_out_of_range("the models differ in width; they cannot share one map");
  }
  const Rows& last = all.back();
  const int64_t n = static_cast<int64_t>(ids.size()), C = last.C;
  std::vector<double> mean(static_cast<size_t>(C), 0.0), centred = last.values;
  for (int64_t i = 0; i < n * C; ++i)
    mean[static_cast<size_t>(i % C)] += last.values[static_cast<size_t>(i)] / static_cast<double>(n);
  for (int64_t i = 0; i < n * C; ++i) centred[static_cast<size_t>(i)] -= mean[static_cast<size_t>(i % C)];
  const std::vector<double> x_axis = principal_axis(centred, n, C, {}),
                            y_axis = principal_axis(centred, n, C, x_axis);
  const double total = dot(centred.data(), centred.data(), n * C);
  double x_share = 0.0, y_share = 0.0;
  json points = json::array(), steps = json::array();
  for (const Rows& rows : all) steps.push_back(rows.step);
  for (int64_t i = 0; i < n; ++i) {
    json point = texts[static_cast<size_t>(i)];
    point["x"] = json::array(), point["y"] = json::array();
    for (const Rows& rows : all) {
      std::vector<double> row(rows.values.begin() + i * C, rows.values.begin() + (i + 1) * C);
      for (int64_t c = 0; c < C; ++c) row[static_cast<size_t>(c)] -= mean[static_cast<size_t>(c)];
      point["x"].push_back(dot(row.data(), x_axis.data(), C)),
          point["y"].push_back(dot(row.data(), y_axis.data(), C));
    }
    const double* own = &last.values[static_cast<size_t>(i * C)];
    point["norm"] = std::sqrt(dot(own, own, C));
    x_share += std::pow(point["x"].back().get<double>(), 2),
        y_share += std::pow(point["y"].back().get<double>(), 2);
    points.push_back(std::move(point));
  }
  return {{"model", models.back()},
          {"step", last.step},
          {"points", points},
          {"steps", steps},
          {"explained", {total > 0 ? x_share / total : 0.0, total > 0 ? y_share / total : 0.0}}};
}

json inspect_neighbours(App& app, json& body) {
  const int64_t top = take_integer(body, "top", 12, 1, 200);
  int64_t id = take_integer(body, "id", -1, -1, INT32_MAX);
  const std::string name = take_string(body, "model"), text = take_string(body, "text", "");
  refuse_rest(body);
  auto lease = app.models.get(name);
  if (id < 0) {
    const std::vector<int32_t> ids = lease.tokenizer().encode(text);
    if (ids.empty()) refuse_malformed("give the \"id\" of a token, or a \"text\" that begins with one");
    id = ids.front();
  }
  const auto [table, rows] = token_table(lease.model());
  const int64_t C = lease.model().config().channels, V = std::min(rows, lease.tokenizer().vocab_size());
  if (id >= V) refuse_out_of_range(concat("token id ", id, " is outside the vocabulary of ", V));
  const auto inner = [C = C, table = table](int64_t a, int64_t b) {
    double sum = 0.0;
    for (int64_t c = 0; c < C; ++c) sum += static_cast<double>(table[a * C + c]) * table[b * C + c];
    return sum;
  };
  const double own = std::sqrt(inner(id, id));
  std::vector<std::pair<double, int32_t>> near;
  for (int64_t v = 0; v < V; ++v) {
    const double length = std::sqrt(inner(v, v));
    if (v != id && length > 0.0 && own > 0.0)
      near.emplace_back(-inner(id, v) / (length * own), static_cast<int32_t>(v));
  }
  std::sort(near.begin(), near.end());
  json list = json::array();
  for (size_t i = 0; i < near.size() && static_cast<int64_t>(i) < top; ++i) {
    json entry = describe_token(lease.tokenizer(), near[i].second);
    entry["cosine"] = -near[i].first;
    list.push_back(std::move(entry));
  }
  return {{"model", name},
          {"step", lease->step},
          {"of", describe_token(lease.tokenizer(), static_cast<int32_t>(id))},
          {"neighbours", list}};
}

json inspect_difference(App& app, json& body) {
  const std::string name = take_string(body, "model"), against = take_string(body, "against");
  refuse_rest(body);
  std::map<std::string, std::vector<float>> base;
  {
    auto lease = app.models.get(against);
    for (const Parameter& p : lease.model().parameters().all())
      base[p.name].assign(p.value.as<float>(), p.value.as<float>() + p.size());
  }
  auto lease = app.models.get(name);
  json groups = json::array();
  for (const Parameter& p : lease.model().parameters().all()) {
    const auto before = base.find(p.name);
    if (before == base.end() || static_cast<int64_t>(before->second.size()) != p.size()) continue;
    double moved = 0.0, length = 0.0;
    const float* now = p.value.as<float>();
    for (int64_t i = 0; i < p.size(); ++i) {
      const double old = before->second[static_cast<size_t>(i)];
      moved += (now[i] - old) * (now[i] - old), length += old * old;
    }
    groups.push_back({{"name", p.name},
                      {"layer", layer_of(p.name)},
                      {"relative", length > 0.0 ? json(std::sqrt(moved / length)) : json(nullptr)},
                      {"weight", std::sqrt(length / static_cast<double>(std::max<int64_t>(1, p.size())))}});
  }
  return {{"model", name}, {"step", lease->step}, {"against", against}, {"groups", groups}};
}

}  // namespace seedling::server
