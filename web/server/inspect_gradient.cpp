// The gradient of one weight, checked by hand: nudge it by h to either side, look at the loss (see
// inspect.h).
//
//   dL/dw  ~  (L(w + h) - L(w - h)) / (2 h),   wrong by about h^2 L'''/6 and by the rounding of L divided by
//   h
//
// So the difference comes nearer to what backward says as h shrinks, until the loss moves by less than its
// own rounding. It happens on a copy.
#include <algorithm>
#include <cmath>

#include "web/server/fields.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

constexpr int64_t kMostGradientTokens = 256;
constexpr double kNudges[] = {0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003};

Parameter& parameter_of(Model& model, const std::string& name) {
  for (Parameter& parameter : model.parameters().all())
    if (parameter.name == name) return parameter;
  refuse_out_of_range("\"parameter\": the model has none named \"" + name + "\"");
}

/// Where the gradient is steepest: there the differences have most digits.
int64_t steepest(const Parameter& parameter) {
  const float* g = parameter.gradient.as<float>();
  return std::max_element(g, g + parameter.size(),
                          [](float a, float b) { return std::abs(a) < std::abs(b); }) -
         g;
}

}  // namespace

json inspect_gradient(App& app, json& body) {
  const std::string wanted = take_string(body, "parameter", "");
  const int64_t given = take_integer(body, "index", -1, -1, int64_t{1} << 40);
  const Subject subject = take_subject(app, body, kMostGradientTokens);
  refuse_rest(body);
  const Batch batch = learning_batch(subject);
  const std::unique_ptr<LoadedModel> copy = app.models.copy_for_training(*subject.lease.operator->());
  Model& model = *copy->model;
  model.set_dropout(0.0f, 0.0f, 0.0f);
  const LossSum loss =
      model.train(batch, 1.0f / static_cast<float>(std::max<int64_t>(1, batch.target_count())), 0);
  Parameter& parameter = wanted.empty() ? model.parameters().all().front() : parameter_of(model, wanted);
  const int64_t index = given < 0 ? steepest(parameter) : given;
  if (index >= parameter.size())
    refuse_out_of_range("\"index\": the last one of " + parameter.name + " is " +
                        std::to_string(parameter.size() - 1));
  float& weight = parameter.value.as<float>()[index];
  const float value = weight;
  const auto loss_at = [&](double moved) {
    weight = static_cast<float>(moved);
    copy->backend->parameters_changed();
    return model.evaluate(batch).mean();
  };
  json differences = json::array();
  for (const double h : kNudges) {
    // The weight is a float: what it really moved by is divided by.
    const double above = static_cast<float>(value + h), below = static_cast<float>(value - h);
    const double up = loss_at(above), down = loss_at(below);
    differences.push_back(
        {{"h", h}, {"above", up}, {"below", down}, {"difference", (up - down) / (above - below)}});
  }
  json reply = subject.heading();
  reply["parameter"] = parameter.name, reply["size"] = parameter.size(), reply["index"] = index;
  reply["value"] = value, reply["loss"] = loss.mean();
  reply["gradient"] = parameter.gradient.as<float>()[index];
  reply["differences"] = std::move(differences);
  reply["parameters"] = json::array();
  for (const Parameter& p : model.parameters().all())
    reply["parameters"].push_back({{"name", p.name}, {"size", p.size()}});
  return reply;
}

}  // namespace seedling::server
