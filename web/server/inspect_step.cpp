// The step microscope: one training step on one text, on a copy of the model (see inspect.h).
//
// Forward, loss, backward, and AdamW's first update (learning rate times the sign of the gradient; Kingma &
// Ba 2015 with bias correction gives m / sqrt(v) = g / |g| at step 1), then the loss again. The model it was
// copied from stays as it is.
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "training/health.h"
#include "web/server/fields.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostStepTokens = 256;
constexpr double kMasked = 0.15;

/// AdamW's first update moves every weight that has a gradient by the learning rate.
LayerScales measure(Backend& backend, const Parameter& p, double rate) {
  LayerScales scales = measure_parameter(backend, p);
  const float* g = p.gradient.as<float>();
  for (int64_t i = 0; i < p.size(); ++i) scales.update += g[i] != 0.0f ? rate * rate : 0.0;
  return scales;
}

json losses_by_token(const std::vector<float>& losses, const Batch& batch, bool causal) {
  json list = causal ? json::array({nullptr}) : json::array();  // nobody predicts the first token
  for (size_t i = 0; i < losses.size(); ++i)
    list.push_back(batch.targets[i] >= 0 ? json(losses[i]) : json(nullptr));
  return list;
}

}  // namespace

Batch learning_batch(const Subject& subject) {
  const HeadKind head = subject.model().config().head;
  if (head != HeadKind::language_model && head != HeadKind::masked_language_model)
    refuse_out_of_range("a step is looked at in language models");
  if (subject.T() < 2) refuse_malformed("the text is too short to learn from");
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

json inspect_step(App& app, json& body) {
  const double rate = take_number(body, "learning-rate", 1e-3, 0.0, 10.0);
  const Subject subject = take_subject(app, body, kMostStepTokens);
  refuse_rest(body);
  const ModelConfig& config = subject.model().config();
  const Batch batch = learning_batch(subject);
  const std::unique_ptr<LoadedModel> copy = app.models.copy_for_training(*subject.lease.operator->());
  Model& model = *copy->model;
  model.set_dropout(0.0f, 0.0f, 0.0f);
  std::vector<float> before, after;
  const LossSum first = model.evaluate(batch, &before);
  model.train(batch, 1.0f / static_cast<float>(std::max<int64_t>(1, batch.target_count())), 0);
  const std::vector<double> activations = model.activation_scales(batch);
  std::vector<std::string> order;
  std::map<std::string, LayerScales> layers;
  json groups = json::array();
  double squares = 0.0;
  for (const Parameter& p : model.parameters().all()) {
    const LayerScales scales = measure(*copy->backend, p, rate);
    const std::string layer = layer_of(p.name);
    if (layers.find(layer) == layers.end()) order.push_back(layer);
    layers[layer].join(scales);
    squares += scales.gradient;
    json group = scales.describe();
    group["name"] = p.name, group["layer"] = layer, group["parameters"] = p.size();
    groups.push_back(std::move(group));
  }
  json by_layer = json::array();
  for (size_t i = 0; i < order.size(); ++i) {
    json row = layers[order[i]].describe();
    row["name"] = order[i];
    row["activation"] = order[i] == "head" ? json(nullptr) : json(activations[i]);
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
