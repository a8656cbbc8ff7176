// Whole models on the GPU, real or emulated, against the CPU: five training steps, the same bits on a repeat,
// generation with the cache, and what the dashboard looks at.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "backend/devices.h"
#include "optimizer/optimizer.h"
#include "support/small_models.h"

namespace seedling {
namespace {

std::unique_ptr<Backend> make(const char* device, const char* precision) {
  DeviceOptions options;
  options.device = device, options.precision = precision, options.threads = 2;
  return options.device == "cuda" ? make_cuda_backend(options) : make_backend(options);
}

struct Kind {
  const char* arch;
  Objective objective;
  const char* optimizer;
};

const Kind kKinds[] = {{"gpt2", Objective::causal, "adamw"},     {"qwen3", Objective::causal, "muon"},
                       {"llama", Objective::causal, "adamw"},    {"seedling", Objective::causal, "muon"},
                       {"bert", Objective::masked, "adamw"},     {"bert", Objective::classifier, "adamw"},
                       {"distilbert", Objective::span, "adamw"}, {"gpt2", Objective::classifier, "muon"}};

struct Run {
  std::vector<double> losses, norms;
  std::vector<std::vector<float>> parameters;
};

/// Five steps of two micro-batches each, with dropout and clipping, from the same beginning on every device.
Run train(const Kind& kind, const char* device, const char* precision) {
  const std::unique_ptr<Backend> backend = make(device, precision);
  ModelConfig config = small_config(kind.arch, kind.objective);
  config.embedding_dropout = config.residual_dropout = config.attention_dropout = 0.1f;
  Model model(config, *backend, true);
  randomize(model, 3);
  OptimizerOptions options;
  options.kind = kind.optimizer;
  // Some gradients are zero but for rounding (a key's bias moves no probability); AdamW would step along the
  // rounding.
  options.epsilon = 1e-4;
  const auto optimizer = make_optimizer(options, model.parameters(), *backend);
  Run run;
  size_t chunks = 0;
  for (int64_t step = 1; step <= 5; ++step) {
    backend->fill(model.parameters().gradients(), 0.0f);
    double loss = 0.0;
    for (uint64_t part = 0; part < 2; ++part) {
      const Batch batch = small_batch(config, kind.objective, 3, 8, 10 * static_cast<uint64_t>(step) + part);
      loss += model.train(batch, 0.02f, derive_key(static_cast<uint64_t>(step), part)).sum;
    }
    const double norm = gradient_norm(model.parameters(), *backend);
    optimizer->step(2e-3, clip_scale(norm, 1.0), step);
    backend->parameters_changed();
    backend->synchronize();
    run.losses.push_back(loss);
    run.norms.push_back(norm);
    if (step == 1) chunks = model.arena().allocations();
  }
  BOOST_CHECK_EQUAL(model.arena().allocations(), chunks);  // no memory is asked for after the first step
  for (const Parameter& parameter : model.parameters().all())
    run.parameters.push_back(read_floats(*backend, parameter.value));
  return run;
}

std::string describe(const Kind& kind) {
  return std::string(kind.arch) + " " + name_of(kind.objective) + " " + kind.optimizer;
}

struct Tolerance {
  double loss, norm, parameters;
};
/// Muon's iteration is run in bf16 by the CPU, whatever the precision, and makes little of rounding errors.
Tolerance tolerance(const Kind& kind, bool single) {
  if (!single) return {2e-2, 0.15, 5e-2};
  if (std::string(kind.optimizer) == "muon") return {5e-4, 1e-2, 5e-3};
  return {1e-5, 1e-4, 1e-4};
}

/// The largest difference, relative to the largest value.
double difference(const std::vector<float>& got, const std::vector<float>& wanted) {
  BOOST_REQUIRE_EQUAL(got.size(), wanted.size());
  double largest = 1e-6, worst = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(wanted[i])));
    worst = std::max(worst, std::abs(static_cast<double>(got[i]) - static_cast<double>(wanted[i])));
    if (!std::isfinite(got[i])) return NAN;
  }
  return worst / largest;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cuda_training)

BOOST_AUTO_TEST_CASE(five_steps_equal_the_cpu) {
  for (const Kind& kind : kKinds) {
    const Run cpu = train(kind, "cpu", "fp32");
    for (const char* precision : {"fp32", "bf16"}) {
      const bool single = std::string(precision) == "fp32";
      const Run gpu = train(kind, "cuda", precision);
      double worst_loss = 0.0, worst_norm = 0.0, worst = 0.0;
      for (size_t step = 0; step < cpu.losses.size(); ++step) {
        worst_loss = std::max(worst_loss, std::abs(gpu.losses[step] / cpu.losses[step] - 1.0));
        worst_norm = std::max(worst_norm, std::abs(gpu.norms[step] / cpu.norms[step] - 1.0));
      }
      for (size_t i = 0; i < cpu.parameters.size(); ++i)
        worst = std::max(worst, difference(gpu.parameters[i], cpu.parameters[i]));
      BOOST_TEST_MESSAGE(describe(kind) << " " << precision << ": losses differ by " << worst_loss
                                        << ", norms by " << worst_norm << ", parameters by " << worst);
      const Tolerance allowed = tolerance(kind, single);
      const auto check = [&](const char* what, double found, double most) {
        BOOST_CHECK_MESSAGE(found <= most, describe(kind)
                                               << " " << precision << ": " << what << " differ by " << found);
      };
      check("losses", worst_loss, allowed.loss);
      check("norms", worst_norm, allowed.norm);
      check("parameters", worst, allowed.parameters);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_repeat_gives_the_same_bits) {
  for (const Kind& kind : {kKinds[1]}) {
    for (const char* precision : {"fp32", "bf16"}) {
      const Run one = train(kind, "cuda", precision), two = train(kind, "cuda", precision);
      BOOST_CHECK(one.losses == two.losses);
      BOOST_CHECK(one.parameters == two.parameters);
    }
  }
}

/// Five steps of a model without dropout, of several micro-batches, an evaluation between them. The optimizer
/// comes when some have been recorded, and needs more scratch memory than they had.
std::vector<std::vector<float>> train_steadily(const char* arch, const char* optimizer_kind,
                                               const char* precision) {
  const std::unique_ptr<Backend> backend = make("cuda", precision);
  const ModelConfig config = small_config(arch, Objective::causal);
  Model model(config, *backend, true);
  randomize(model, 3);
  OptimizerOptions options;
  options.kind = optimizer_kind;
  const auto optimizer = make_optimizer(options, model.parameters(), *backend);
  std::vector<std::vector<float>> seen;
  for (int64_t step = 1; step <= 5; ++step) {
    backend->fill(model.parameters().gradients(), 0.0f);
    for (uint64_t part = 0; part < (step == 1 ? 4 : 2); ++part) {
      const Batch batch =
          small_batch(config, Objective::causal, 3, 8, 10 * static_cast<uint64_t>(step) + part);
      seen.push_back({static_cast<float>(model.train(batch, 0.02f, 0).sum)});
    }
    if (step == 3) model.evaluate(small_batch(config, Objective::causal, 12, 8, 1));
    optimizer->step(2e-3, 1.0, step);
    backend->parameters_changed();
  }
  for (const Parameter& parameter : model.parameters().all())
    seen.push_back(read_floats(*backend, parameter.value));
  return seen;
}

BOOST_AUTO_TEST_CASE(recorded_steps_give_the_same_bits) {
  constexpr const char* kSteady[][3] = {{"gpt2", "adamw", "bf16"}, {"seedling", "muon", "fp32"}};
  for (const auto& [arch, optimizer, precision] : kSteady) {
    const auto recorded = train_steadily(arch, optimizer, precision);
    setenv("SEEDLING_CUDA_GRAPHS", "0", 1);
    const auto started_one_by_one = train_steadily(arch, optimizer, precision);
    unsetenv("SEEDLING_CUDA_GRAPHS");
    BOOST_CHECK(recorded == started_one_by_one);
  }
}

BOOST_AUTO_TEST_CASE(generation_and_inspection_equal_the_cpu) {
  for (const char* arch : {"gpt2", "qwen3"}) {
    const ModelConfig config = small_config(arch, Objective::causal);
    const std::unique_ptr<Backend> cpu = make("cpu", "fp32");
    Model wanted(config, *cpu, false);
    randomize(wanted, 5);
    for (const char* precision : {"fp32", "bf16"}) {
      const std::unique_ptr<Backend> gpu = make("cuda", precision);
      Model model(config, *gpu, false);
      randomize(model, 5);
      const double tolerance = std::string(precision) == "fp32" ? 1e-5 : 3e-2;
      const auto cache = model.make_cache(8), wanted_cache = wanted.make_cache(8);
      for (const std::vector<int32_t>& tokens :
           std::vector<std::vector<int32_t>>{{3, 1, 4}, {1}, {5}, {9, 2}}) {
        BOOST_CHECK_LE(
            difference(model.next_logits(tokens, *cache), wanted.next_logits(tokens, *wanted_cache)),
            tolerance);
      }
      const std::vector<float> heads(8, 0.5f);
      const Inspection seen = model.inspect({3, 1, 4, 1, 5}, {}, heads),
                       wanted_seen = wanted.inspect({3, 1, 4, 1, 5}, {}, heads);
      BOOST_CHECK_LE(difference(seen.logits, wanted_seen.logits), tolerance);
      for (size_t layer = 0; layer < seen.attention.size(); ++layer) {
        BOOST_CHECK_LE(difference(seen.attention[layer], wanted_seen.attention[layer]), tolerance);
        BOOST_CHECK_LE(difference(seen.hidden[layer], wanted_seen.hidden[layer]), tolerance);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(too_little_memory_says_what_to_do) {
  const std::unique_ptr<Backend> gpu = make("cuda", "fp32");
  try {
    gpu->allocate(size_t{1} << 50);
    BOOST_ERROR("a petabyte was given");
  } catch (const std::exception& error) {
    const std::string message = error.what();
    for (const char* words : {"Not enough memory on the GPU", "MiB too few", "--batch-size"})
      BOOST_CHECK_MESSAGE(message.find(words) != std::string::npos, message);
  }
  // And the device goes on.
  void* memory = gpu->allocate(4096);
  std::vector<float> zeros(1024, 1.0f);
  gpu->copy_to_host(zeros.data(), memory, 4096);
  BOOST_CHECK(std::all_of(zeros.begin(), zeros.end(), [](float x) { return x == 0.0f; }));
  gpu->release(memory, 4096);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
