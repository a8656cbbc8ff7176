// Named parameters: all values in one slab, all gradients in another.
//
// One slab each makes zeroing, clipping, all-reduce and the optimizer a single pass over memory, and makes a
// checkpoint a list of views. Layers declare what they need (add), then allocate() lays out both slabs once.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/arena.h"
#include "tensor/tensor.h"

namespace seedling {

/// What a parameter is, which decides its decay and its optimizer (Muon takes `matrix` alone).
enum class ParameterKind : uint8_t { matrix, embedding, head, vector };

struct Parameter {
  std::string name;  // "blocks.3.attention.qkv.weight"; checkpoint/ maps it to Hugging Face's names
  ParameterKind kind = ParameterKind::matrix;
  std::vector<int64_t> shape;
  /// Rows of the matrices stacked in this one (q, k, v: {C, C, C}); empty = one matrix.
  std::vector<int64_t> row_blocks;
  bool trainable = true;
  double rate = 1.0;  // multiplies the optimizer's learning rate (layer-wise decay)
  Tensor value;       // parameter_type of the backend (f32)
  Tensor gradient;    // the same type; accumulated (+=) by backward passes

  int64_t size() const;
  /// Weight decay applies to matrices, embeddings and heads, never to biases and gains (nanoGPT's rule).
  bool decays() const { return kind != ParameterKind::vector; }
};

/// A low-rank update of a matrix W (O, I), beside it and trained in its stead (Hu et al. 2021, LoRA):
///   y = x W^T + scale (x A^T) B^T,  A (rank, I) called NAME.lora_a, B (O, rank) called NAME.lora_b
/// Of a table (V, C), row v gets scale B[v] A.
struct LowRank {
  int64_t rank = 0;
  double scale = 1.0;
  /// The rows [begin, end) of W that may change; the others' rows of B stay zero. Empty: all.
  std::vector<std::pair<int64_t, int64_t>> rows;
};

class Parameters {
 public:
  Parameters() = default;
  ~Parameters();
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  /// Declares a parameter; the returned address stays valid. Must come before allocate().
  Parameter* add(std::string name, ParameterKind kind, std::vector<int64_t> shape,
                 std::vector<int64_t> row_blocks = {});
  /// Asks the linear layer or table of this name ("blocks.0.attention.qkv", "embedding.token") for a low-rank
  /// update. Before the layer is declared.
  void want_low_rank(std::string name, LowRank update) { low_rank_[std::move(name)] = std::move(update); }
  /// Null when there is none.
  const LowRank* low_rank(const std::string& name) const {
    const auto found = low_rank_.find(name);
    return found == low_rank_.end() ? nullptr : &found->second;
  }
  /// Lays out the slabs: values, and gradients when `with_gradients` (inference needs none).
  void allocate(Allocator& allocator, DType dtype, bool with_gradients);

  std::deque<Parameter>& all() { return parameters_; }
  const std::deque<Parameter>& all() const { return parameters_; }
  /// Null when there is none of that name.
  Parameter* find(std::string_view name);
  /// Number of scalar parameters (trainable ones alone if asked).
  int64_t count(bool trainable_only = false) const;

  /// The whole slabs as one row each; every parameter starts at a multiple of 16 elements (the gaps are
  /// zero).
  Tensor values() const { return values_; }
  Tensor gradients() const { return gradients_; }

 private:
  std::deque<Parameter> parameters_;
  std::map<std::string, LowRank> low_rank_;
  Allocator* allocator_ = nullptr;
  Tensor values_, gradients_;
};

}  // namespace seedling
