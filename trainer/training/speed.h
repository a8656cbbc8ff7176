// How fast this machine is: the ceiling of matrix products, and real training steps.
//
// Called by the trainer's makers (mfu), the autopilot and `seedling bench`.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.h"
#include "backend/profiled_backend.h"
#include "model/model.h"

namespace seedling {

/// FLOP/s of the best 1024 x 1024 x 1024 product found in about `seconds`, in the backend's own precision; on
/// the CPU in fp32 the library's own product is tried too. What mfu is held against.
double measure_ceiling(Backend& backend, int threads, double seconds = 0.1);

/// Bytes a second that the device's memory copies, those read and those written counted together, found in
/// about `seconds`.
double measure_copy(Backend& backend, double seconds = 0.2);

/// Tokens a second of training steps (forward, backward, clipping, optimizer) on random tokens: `repeats`
/// figures after `warmup` steps, each of the steps that fit into `seconds_each` (at least one).
struct SpeedOptions {
  int64_t batch_size = 12, context_length = 64;
  const char* optimizer = "adamw";
  bool recompute = false;  // see Model::set_recompute
  int warmup = 2, repeats = 5;
  double seconds_each = 0.5;
};
std::vector<double> measure_training(Model& model, const SpeedOptions& options);

/// What each op took in `steps` training steps of `config` on random tokens, the longest first (OpTime's
/// numbers are of all the steps together), and the seconds of the steps.
struct Profile {
  std::vector<OpTime> ops;
  int steps = 0;
  double seconds = 0.0;
};
Profile measure_profile(const ModelConfig& config, Backend& backend, const SpeedOptions& options, int steps);

/// Bytes a second that the device reads from memory outside its caches: the best of some passes over 256 MiB.
double measure_memory(Backend& backend);

/// One after the other for one sequence with the KV cache, and what the memory gave (measure_memory) before
/// and after, on average: on a machine shared with others it changes within seconds.
struct GenerationSpeed {
  double tokens_per_second = 0.0, memory = 0.0;
};
/// `repeats` figures of `tokens` each.
std::vector<GenerationSpeed> measure_generation(Model& model, int64_t tokens, int repeats);

double median(std::vector<double> values);

/// The most memory this process ever held, in bytes (ru_maxrss).
int64_t peak_memory();

}  // namespace seedling
