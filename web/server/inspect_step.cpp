// The step microscope: one training step on one text, on a copy of the model (see inspect.h).
//
// Forward, loss, backward, and AdamW's first update (learning rate times the sign of the gradient; Kingma &
// Ba 2015 with bias correction gives m / sqrt(v) = g / |g| at step 1), then the loss again. The model it was
// copied from stays as it is.
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "web/server/fields.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostStepTokens = 256;
constexpr double kMasked = 0.15;
constexpr double kDead = 1e-12;  // a unit whose gradients are all smaller than this

/// Root mean squares of one parameter or of several.
struct Scales {
  double weight = 0.0, gradient = 0.0, update = 0.0;
  int64_t count = 0, units = 0, dead = 0;
  void join(const Scales& other) {
    weight += other.weight, gradient += other.gradient, update += other.update;
    count += other.count, units += other.units, dead += other.dead;
  }
  json describe() const {
    const double n = static_cast<double>(std::max<int64_t>(1, count));
    const double w = std::sqrt(weight / n), g = std::sqrt(gradient / n), u = std::sqrt(update / n);
    return {
        {"weight", w},
        {"gradient", g},
        {"update", u},
        {"gradient_to_weight", w > 0.0 ? json(g / w) : json(nullptr)},
        {"update_to_weight", w > 0.0 ? json(u / w) : json(nullptr)},
        {"dead", units > 0 ? json(static_cast<double>(dead) / static_cast<double>(units)) : json(nullptr)}};
  }
};

Scales measure(const Parameter& p, double rate) {
  Scales scales;
  const float* w = p.value.as<float>();
  const float* g = p.gradient.as<float>();
  for (int64_t i = 0; i < p.size(); ++i) {
    scales.weight += static_cast<double>(w[i]) * w[i];
    scales.gradient += static_cast<double>(g[i]) * g[i];
    scales.update += g[i] != 0.0f ? rate * rate : 0.0;
  }
  scales.count = p.size();
  if (p.name.find(".mlp.up.weight") == std::string::npos) return scales;
  const int64_t width = p.shape[1];
  for (int64_t row = 0; row < p.shape[0]; ++row, ++scales.units) {
    double largest = 0.0;
    for (int64_t c = 0; c < width; ++c)
      largest = std::max(largest, std::abs(static_cast<double>(g[row * width + c])));
    scales.dead += largest < kDead;
  }
  return scales;
}

/// The text as a batch of one: next tokens as targets, or a seeded 15 % of it masked.
Batch batch_of(const Subject& subject) {
  Batch batch;
  batch.B = 1, batch.tokens = subject.ids;
  if (subject.model().config().causal) {
    batch.targets.assign(subject.ids.begin() + 1, subject.ids.end());
    batch.tokens.pop_back();
  } else {
    const int32_t mask = subject.tokenizer().special().mask;
    if (mask < 0) refuse_out_of_range("this model's tokenizer has no mask token");
    batch.targets.assign(subject.ids.size(), -1);
    Random random(0x5EED);
    bool any = false;
    for (size_t i = 0; i < subject.ids.size(); ++i) {
      if (subject.tokenizer().is_special(subject.ids[i])) continue;
      const bool chosen = random.uniform() < kMasked || (!any && i + 2 >= subject.ids.size());
      if (chosen) batch.targets[i] = subject.ids[i], batch.tokens[i] = mask, any = true;
    }
    if (!any) refuse_malformed("the text is too short to learn from");
  }
  batch.T = static_cast<int64_t>(batch.tokens.size());
  return batch;
}

json losses_by_token(const std::vector<float>& losses, const Batch& batch, bool causal) {
  json list = causal ? json::array({nullptr}) : json::array();  // nobody predicts the first token
  for (size_t i = 0; i < losses.size(); ++i)
    list.push_back(batch.targets[i] >= 0 ? json(losses[i]) : json(nullptr));
  return list;
}

}  // namespace

json inspect_step(App& app, json& body) {
  const double rate = take_number(body, "learning-rate", 1e-3, 0.0, 10.0);
  const Subject subject = take_subject(app, body, kMostStepTokens);
  refuse_rest(body);
  const ModelConfig& config = subject.model().config();
  if (config.head != HeadKind::language_model && config.head != HeadKind::masked_language_model) {
    refuse_out_of_range("the step microscope looks at language models");
  }
  if (subject.T() < 2) refuse_malformed("the text is too short to learn from");
  const Batch batch = batch_of(subject);
  const std::unique_ptr<LoadedModel> copy = app.models.copy_for_training(*subject.lease.operator->());
  Model& model = *copy->model;
  model.set_dropout(0.0f, 0.0f, 0.0f);
  std::vector<float> before, after;
  const LossSum first = model.evaluate(batch, &before);
  model.train(batch, 1.0f / static_cast<float>(std::max<int64_t>(1, batch.target_count())), 0);
  const Inspection seen = model.inspect(batch.tokens, {}, {});
  std::vector<std::string> order;
  std::map<std::string, Scales> layers;
  json groups = json::array();
  double squares = 0.0;
  for (const Parameter& p : model.parameters().all()) {
    const Scales scales = measure(p, rate);
    const std::string layer = layer_of(p.name);
    if (layers.find(layer) == layers.end()) order.push_back(layer);
    layers[layer].join(scales);
    squares += scales.gradient;
    json group = scales.describe();
    group["name"] = p.name, group["layer"] = layer, group["parameters"] = p.size();
    groups.push_back(std::move(group));
  }
  json by_layer = json::array();
  for (const std::string& layer : order) {
    json row = layers[layer].describe();
    row["name"] = layer;
    const size_t hidden =
        layer.rfind("block ", 0) == 0 ? static_cast<size_t>(std::stoi(layer.substr(6))) + 1 : 0;
    const std::vector<float>& x = seen.hidden[std::min(hidden, seen.hidden.size() - 1)];
    double sum = 0.0;
    for (const float value : x) sum += static_cast<double>(value) * value;
    row["activation"] =
        layer == "head" ? json(nullptr) : json(std::sqrt(sum / static_cast<double>(x.size())));
    by_layer.push_back(std::move(row));
  }
  for (Parameter& p : model.parameters().all()) {
    float* w = p.value.as<float>();
    const float* g = p.gradient.as<float>();
    for (int64_t i = 0; i < p.size(); ++i)
      w[i] -= static_cast<float>(rate) * static_cast<float>((g[i] > 0) - (g[i] < 0));
  }
  copy->backend->parameters_changed();
  const LossSum second = model.evaluate(batch, &after);
  json reply = subject.heading();
  reply["losses"] = losses_by_token(before, batch, config.causal);
  reply["losses_after"] = losses_by_token(after, batch, config.causal);
  reply["loss"] = first.mean(), reply["loss_after"] = second.mean();
  reply["learning_rate"] = rate, reply["grad_norm"] = std::sqrt(squares);
  reply["groups"] = std::move(groups), reply["layers"] = std::move(by_layer);
  return reply;
}

}  // namespace seedling::server
