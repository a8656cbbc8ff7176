// Measurements (see speed.h).
#include "training/speed.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "backend/argmax_rows.h"
#include "backend/cpu/machine.h"
#include "base/clock.h"
#include "base/random.h"
#include "optimizer/optimizer.h"

namespace seedling {

namespace {

Batch random_batch(int64_t B, int64_t T, int64_t vocab_size, bool causal) {
  Batch batch;
  batch.B = B;
  batch.T = T;
  Random random(1);
  for (int64_t i = 0; i < B * T; ++i) {
    batch.tokens.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab_size))));
    const bool target = causal || random.below(100) < 15;  // a masked model predicts 15 %
    batch.targets.push_back(target ? static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab_size)))
                                   : -1);
  }
  return batch;
}

/// Random values, as in training: a GPU multiplies equal ones faster, since fewer of its wires change.
void fill_randomly(Backend& backend, const Tensor& matrix) {
  const int64_t rows = std::min<int64_t>(matrix.rows(), 64);
  std::vector<float> values(static_cast<size_t>(rows * matrix.columns()));
  Random random(2);
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  const Tensor first = matrix.row_range(0, rows);
  write_floats(backend, first, values);
  for (int64_t n = rows; n + rows <= matrix.rows(); n += rows)
    backend.copy(matrix.row_range(n, n + rows), first);
}

}  // namespace

double measure_ceiling(Backend& backend, int threads, double seconds) {
  const int64_t n = backend.name() == "cuda" ? 8192 : 1024;
  Arena arena(backend);
  const Tensor x = arena.take(backend.activation_type(), {n, n}),
               y = arena.take(backend.activation_type(), {n, n});
  const Tensor w = arena.take(backend.parameter_type(), {n, n});
  for (const Tensor& tensor : {x, w}) fill_randomly(backend, tensor);
  const double flops = 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  backend.linear_forward(y, x, w, {}, {});  // warm
  backend.synchronize();
  double best = 0.0;
  for (const Clock::time_point begin = Clock::now(); seconds_since(begin) < seconds;) {
    const Clock::time_point one = Clock::now();
    backend.linear_forward(y, x, w, {}, {});
    backend.synchronize();
    best = std::max(best, flops / seconds_since(one));
  }
  if (backend.name() == "cpu" && backend.activation_type() == DType::f32) {
    best = std::max(best, 1e9 * measure_sgemm_gflops(threads > 0 ? threads : cpu_info().cores, seconds));
  }
  return best;
}

double measure_copy(Backend& backend, double seconds) {
  const int64_t size = int64_t{1} << (backend.name() == "cuda" ? 28 : 25);
  Arena arena(backend);
  const Tensor from = arena.take(DType::f32, {size}), to = arena.take(DType::f32, {size});
  backend.copy(to, from);
  backend.synchronize();
  double best = 0.0;
  for (const Clock::time_point begin = Clock::now(); seconds_since(begin) < seconds;) {
    const Clock::time_point one = Clock::now();
    backend.copy(to, from);
    backend.synchronize();
    best = std::max(best, 2.0 * static_cast<double>(from.bytes()) / seconds_since(one));
  }
  return best;
}

std::vector<double> measure_training(Model& model, const SpeedOptions& options) {
  OptimizerOptions optimizer_options;
  optimizer_options.kind = options.optimizer;
  Backend& backend = model.backend();
  const auto optimizer = make_optimizer(optimizer_options, model.parameters(), backend);
  const ModelConfig& config = model.config();
  model.set_recompute(options.recompute);
  const Batch batch =
      random_batch(options.batch_size, options.context_length, config.vocab_size, config.causal);
  const float scale = 1.0f / static_cast<float>(std::max<int64_t>(1, batch.target_count()));
  int64_t steps = 0;
  const auto step = [&] {
    backend.fill(model.parameters().gradients(), 0.0f);
    model.train(batch, scale, static_cast<uint64_t>(steps));
    const double norm = gradient_norm(model.parameters(), backend);
    optimizer->step(1e-4, clip_scale(norm, 1.0), ++steps);
    backend.parameters_changed();
    backend.synchronize();
  };
  for (int i = 0; i < options.warmup; ++i) step();
  std::vector<double> speeds;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const int64_t before = steps;
    const Clock::time_point begin = Clock::now();
    do {
      step();
    } while (seconds_since(begin) < options.seconds_each);
    speeds.push_back(static_cast<double>((steps - before) * options.batch_size * options.context_length) /
                     seconds_since(begin));
  }
  return speeds;
}

Profile measure_profile(const ModelConfig& config, Backend& backend, const SpeedOptions& options, int steps) {
  ProfiledBackend profiled(backend);
  Model model(config, profiled, true);
  model.initialize(1);
  SpeedOptions one_each = options;
  one_each.repeats = 0;
  measure_training(model, one_each);  // warm
  one_each.warmup = 0, one_each.repeats = steps, one_each.seconds_each = 0.0;
  profiled.take();
  Profile profile;
  profile.steps = steps;
  for (const double speed : measure_training(model, one_each)) {
    profile.seconds += static_cast<double>(options.batch_size * options.context_length) / speed;
  }
  profile.ops = profiled.take();
  return profile;
}

double measure_memory(Backend& backend) {
  Arena arena(backend);
  const Tensor x = arena.take(DType::f32, {int64_t{64} << 20});
  backend.fill(x, 1.0f);
  double best = 0.0;
  for (int pass = 0; pass < 5; ++pass) {
    const Clock::time_point begin = Clock::now();
    backend.squared_norm(x);
    best = std::max(best, static_cast<double>(x.bytes()) / seconds_since(begin));
  }
  return best;
}

std::vector<GenerationSpeed> measure_generation(Model& model, int64_t tokens, int repeats) {
  std::vector<GenerationSpeed> speeds;
  double before = measure_memory(model.backend());
  for (int repeat = 0; repeat <= repeats; ++repeat) {  // the first is warm-up
    const std::unique_ptr<KvCache> cache = model.make_cache(tokens + 1);
    std::vector<float> logits = model.next_logits({0}, *cache);
    const Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < tokens; ++i) {
      const Tensor row(logits.data(), DType::f32, {static_cast<int64_t>(logits.size())});
      logits = model.next_logits({argmax_of_row(row)}, *cache);
    }
    const double speed = static_cast<double>(tokens) / seconds_since(begin);
    const double after = measure_memory(model.backend());
    if (repeat > 0) speeds.push_back({speed, (before + after) / 2});
    before = after;
  }
  return speeds;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

int64_t peak_memory() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return int64_t{1024} * usage.ru_maxrss;  // Linux counts in KiB
#endif
}

}  // namespace seedling
