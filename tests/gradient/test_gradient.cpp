// Every gradient of every kind of model against central differences in double precision.
//
// The loss is computed by the reference backend in double precision; the difference quotient of it along a
// direction, or at a coordinate, is what the explicit backward pass must give. For each parameter tensor one
// random direction (which moves every element) and a few single elements are tried.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>

#include "support/reference_backend.h"
#include "support/small_models.h"

using namespace seedling;

namespace {

constexpr double kStep = 1e-5;        // of the difference quotient
constexpr int kCoordinates = 3;       // tried of each parameter
constexpr uint64_t kDropoutKey = 99;  // of the first micro-batch

struct Case {
  std::string arch;
  Objective objective;
  bool dropout;
  int64_t accumulation;
  double every_position = 0.0;  // of classifiers
  bool low_rank = false;        // LoRA's updates beside the token table and two linear layers of each block
};

/// A model and its micro-batches; the loss of a step is the mean over the targets of them all.
struct Step {
  Model model;
  std::vector<Batch> batches;
  int64_t targets = 0;

  Step(const Case& test, Backend& backend) : model(config_of(test), backend, true, updates_of(test)) {
    randomize(model, 3);
    for (int64_t i = 0; i < test.accumulation; ++i) {
      batches.push_back(small_batch(model.config(), test.objective, 2, 7, static_cast<uint64_t>(i)));
      batches.back().every_position = test.every_position;
      targets += model.target_count(batches.back());
    }
  }

  static ModelConfig config_of(const Case& test) {
    ModelConfig config = small_config(test.arch, test.objective);
    if (test.dropout)
      config.embedding_dropout = 0.1f, config.residual_dropout = 0.2f, config.attention_dropout = 0.3f;
    return config;
  }

  static std::map<std::string, LowRank> updates_of(const Case& test) {
    if (!test.low_rank) return {};
    std::map<std::string, LowRank> updates = {{"embedding.token", {3, 1.7, {}}}};
    for (const char* name :
         {"blocks.0.attention.qkv", "blocks.1.attention.qkv", "blocks.0.mlp.up", "blocks.1.mlp.up"})
      updates[name] = {3, 1.7, {}};
    return updates;
  }

  double run() {
    const double scale = 1.0 / static_cast<double>(targets);
    double sum = 0.0;
    for (size_t i = 0; i < batches.size(); ++i) {
      sum += model.train(batches[i], static_cast<float>(scale), kDropoutKey + i).sum;
    }
    return sum * scale;
  }
};

/// What the loss does along one direction of one parameter.
struct Probe {
  size_t parameter;
  std::vector<std::pair<int64_t, double>> direction;  // element, amount
  double slope;                                       // of the difference quotient
};

std::vector<Probe> measure(Step& step) {
  std::vector<Probe> probes;
  Random random(11);
  for (size_t i = 0; i < step.model.parameters().all().size(); ++i) {
    const Parameter& parameter = step.model.parameters().all()[i];
    for (int k = 0; k <= kCoordinates; ++k) {
      Probe probe{i, {}, 0.0};
      if (k == 0) {
        for (int64_t j = 0; j < parameter.size(); ++j) probe.direction.emplace_back(j, random.normal());
      } else {
        probe.direction.emplace_back(random.below(static_cast<uint64_t>(parameter.size())), 1.0);
      }
      double* values = parameter.value.as<double>();
      auto move = [&](double amount) {
        for (const auto& [j, part] : probe.direction) values[j] += amount * part;
      };
      const std::vector<double> before(values, values + parameter.size());
      move(kStep);
      const double above = step.run();
      std::copy(before.begin(), before.end(), values);
      move(-kStep);
      const double below = step.run();
      std::copy(before.begin(), before.end(), values);
      probe.slope = (above - below) / (2.0 * kStep);
      probes.push_back(std::move(probe));
    }
  }
  return probes;
}

/// The largest relative error of the gradients in `step` over all parameters: the difference of slopes along
/// the probes of one parameter, relative to the larger of those slopes and of the parameter's gradient
/// itself.
double worst_error(Step& step, const std::vector<Probe>& probes, std::string& where) {
  Parameters& parameters = step.model.parameters();
  step.model.backend().scale(parameters.gradients(), 0.0f);
  step.run();
  double total = 0.0, worst = 0.0;
  std::vector<std::vector<double>> gradients;
  for (const Parameter& parameter : parameters.all()) {
    gradients.push_back(read_doubles(step.model.backend(), parameter.gradient));
    for (const double g : gradients.back()) total += g * g;
  }
  for (const Probe& probe : probes) {
    const std::vector<double>& gradient = gradients[probe.parameter];
    double slope = 0.0, norm = 0.0, length = 0.0;
    for (const auto& [j, part] : probe.direction) slope += gradient[j] * part, length += part * part;
    for (const double g : gradient) norm += g * g;
    // A direction's slope has the size of |g| |direction| / sqrt(n); below it, and where a gradient is zero
    // but for rounding (a bias under a softmax over positions), no relative error can be asked for.
    const double typical = std::sqrt(norm * length / static_cast<double>(gradient.size()));
    const double error =
        std::abs(slope - probe.slope) / std::max({std::abs(probe.slope), typical, 1e-4 * std::sqrt(total)});
    if (error > worst) worst = error, where = parameters.all()[probe.parameter].name;
  }
  return worst;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* arch : {"gpt2", "bert", "distilbert", "llama", "qwen3", "seedling"}) {
    for (const Objective objective :
         {Objective::causal, Objective::masked, Objective::classifier, Objective::span}) {
      for (const bool dropout : {false, true}) {
        for (const int64_t accumulation : {1, 2}) all.push_back({arch, objective, dropout, accumulation});
      }
    }
  }
  for (const char* arch : {"gpt2", "bert"}) all.push_back({arch, Objective::classifier, true, 2, 0.4});
  all.push_back({"qwen3", Objective::causal, true, 2, 0.0, true});
  all.push_back({"gpt2", Objective::causal, false, 1, 0.0, true});
  all.push_back({"bert", Objective::classifier, true, 1, 0.0, true});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradient)

// The reference's own backward pass, and the CPU's in single precision at one and at two threads.
BOOST_AUTO_TEST_CASE(agrees_with_central_differences) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> one = make_backend({"cpu", "fp32", 1});
  const std::unique_ptr<Backend> two = make_backend({"cpu", "fp32", 2});
  struct Tried {
    const char* name;
    Backend& backend;
    double tolerance;
  };
  for (const Case& test : cases()) {
    Step exact(test, reference);
    const std::vector<Probe> probes = measure(exact);
    for (const Tried& tried : {Tried{"reference", reference, 1e-5}, Tried{"1 thread", *one, 1e-3},
                               Tried{"2 threads", *two, 1e-3}}) {
      Step step(test, tried.backend);
      std::string where;
      const double error = worst_error(step, probes, where);
      BOOST_TEST(error < tried.tolerance, test.arch << " " << name_of(test.objective) << ", dropout "
                                                    << test.dropout << ", accumulation " << test.accumulation
                                                    << ", every position " << test.every_position << ", "
                                                    << tried.name << ": " << where << " is wrong by "
                                                    << error);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
