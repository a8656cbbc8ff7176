// TrainerState to JSON and back, from one list of its fields (see trainer_state.h).
#include "training/trainer_state.h"

#include "base/error.h"

namespace seedling {

namespace {

using nlohmann::json;

template <typename State, typename Visit>
void visit_fields(State& s, Visit&& visit) {
  visit("step", s.step);
  visit("examples", s.examples);
  visit("tokens", s.tokens);
  visit("seconds", s.seconds);
  visit("step_seconds", s.step_seconds);
  visit("seed", s.seed);
  visit("has_best", s.has_best);
  visit("best_score", s.best_score);
  visit("best_step", s.best_step);
  visit("best_fields", s.best_fields);
  visit("evaluations_since_best", s.evaluations_since_best);
  visit("evaluated_step", s.evaluated_step);
  visit("first_loss", s.first_loss);
  visit("smooth_loss", s.smooth_loss);
  visit("last_checkpoint", s.last_checkpoint);
  visit("replayed", s.replayed);
  visit("metrics_size", s.metrics_size);
  visit("samples_size", s.samples_size);
  visit("events_size", s.events_size);
  visit("health_size", s.health_size);
}

}  // namespace

json state_to_json(const TrainerState& state) {
  json result = json::object();
  visit_fields(state, [&](const char* name, const auto& field) { result[name] = field; });
  result["settings"] = settings_to_json(state.settings);
  return result;
}

TrainerState state_from_json(const json& values, const std::string& file) {
  TrainerState state;
  visit_fields(state, [&](const char* name, auto& field) {
    const auto found = values.find(name);
    if (found == values.end()) fail(file, ": \"", name, "\" is missing; resume from another checkpoint");
    try {
      field = found->template get<std::decay_t<decltype(field)>>();
    } catch (const json::exception&) {
      fail(file, ": \"", name, "\" has the wrong type: ", found->dump(), "; resume from another checkpoint");
    }
  });
  const auto settings = values.find("settings");
  if (settings == values.end()) fail(file, ": \"settings\" is missing; resume from another checkpoint");
  state.settings = settings_from_json(*settings);
  return state;
}

json settings_to_json(const TrainingFlags& settings) {
  json result = json::object();
  visit_training_flags(settings, [&](const FlagInfo& info, const auto& flag) {
    if (flag) result[info.name] = *flag;
  });
  return result;
}

TrainingFlags settings_from_json(const json& values) { return pretrain_flags_from_json(values).training; }

}  // namespace seedling
