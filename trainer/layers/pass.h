// What every layer needs to know about the pass it is part of: the device, the memory, the batch's shape,
// whether backward will follow.
//
// Made by: model/model.cpp, one for each forward (and the backward that follows it). Read by all layers.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.h"
#include "tensor/arena.h"

namespace seedling {

/// Keys and values of the positions seen so far, of one layer: (capacity, NK HS) each.
struct CachedKeys {
  Tensor keys, values;
};

/// The caches of all layers of one sequence among several, and how many positions they hold.
struct CachedSequence {
  const std::vector<CachedKeys>* layers;
  int64_t past;
};

/// Someone who looks on (model/model.cpp, Model::inspect). `layer` counts from 0; the embedding's output is
/// layer -1.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void hidden(int64_t layer, const Tensor& x) = 0;
  /// `qkv` as attention reads it (after rotation).
  virtual void attention(int64_t layer, const Tensor& qkv, const AttentionShape& shape) = 0;
};

/// Dropout probabilities of this pass (all 0 unless training) and the key their masks come from.
struct DropoutRates {
  float embedding = 0.0f, residual = 0.0f, attention = 0.0f;
  uint64_t key = 0;
  bool any() const { return embedding > 0.0f || residual > 0.0f || attention > 0.0f; }
};

struct Pass {
  Backend& backend;
  Arena& arena;
  int64_t B = 0, T = 0;    // N = B * T rows
  bool training = false;   // backward follows: what it needs must stay in the arena
  bool see_ahead = false;  // attention without the causal mask
  bool recompute = false;  // of the blocks their inputs alone stay; the rest is computed again for backward
  DropoutRates dropout{};
  Tensor tokens{}, types{}, positions{},
      trigrams{};         // i32 (N); types and trigrams only where the model has them
  Tensor head_rows[3]{};  // i32: which rows of qkv, seen as (N (NH + 2 NK), HS), q, k and v fill; only where
                          // tokens are shifted
  Tensor lengths{};       // i32 (B), absent = all T
  Tensor head_scale{};    // parameter_type (L, NH), absent = 1
  const std::vector<CachedKeys>* cache = nullptr;  // generation: one entry a layer
  int64_t past = 0;                                // how many positions the cache holds
  std::vector<CachedSequence> caches{};            // generation of B sequences at once, T = 1: a cache each
  Recorder* recorder = nullptr;

  int64_t rows() const { return B * T; }
  /// An activation of the arena.
  Tensor take(int64_t rows, int64_t columns) const {
    return arena.take(backend.activation_type(), {rows, columns});
  }
  /// Statistics of the arena.
  Tensor take_stats(int64_t rows, int64_t columns) const {
    return arena.take(backend.parameter_type(), {rows, columns});
  }
  /// Host indices as an i32 tensor of the arena.
  Tensor take_indices(const std::vector<int32_t>& indices) const;
};

/// Elements of a tensor (f32, bf16 or f64) as host floats or doubles, and back.
std::vector<float> read_floats(Backend& backend, const Tensor& tensor);
std::vector<double> read_doubles(Backend& backend, const Tensor& tensor);
void write_floats(Backend& backend, const Tensor& tensor, const std::vector<float>& values);
void write_doubles(Backend& backend, const Tensor& tensor, const std::vector<double>& values);

}  // namespace seedling
