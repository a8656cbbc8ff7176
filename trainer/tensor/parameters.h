// Named parameters: all values in one slab, all gradients in another.
//
// One slab each makes zeroing, clipping, all-reduce and the optimizer a single pass over memory, and makes a
// checkpoint a list of views. Layers declare what they need (add), then allocate() lays out both slabs once.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/arena.h"
#include "tensor/tensor.h"

namespace seedling {

/// What a parameter is, which decides its decay and its optimizer (Muon takes `matrix` alone).
enum class ParameterKind : uint8_t { matrix, embedding, head, vector };

struct Parameter {
  std::string name;  // "blocks.3.attention.qkv.weight"; checkpoint/ maps it to Hugging Face's names
  ParameterKind kind;
  std::vector<int64_t> shape;
  /// Rows of the matrices stacked in this one (q, k, v: {C, C, C}); empty = one matrix.
  std::vector<int64_t> row_blocks;
  bool trainable = true;
  Tensor value;     // parameter_type of the backend (f32)
  Tensor gradient;  // the same type; accumulated (+=) by backward passes

  int64_t size() const;
  /// Weight decay applies to matrices, embeddings and heads, never to biases and gains (nanoGPT's rule).
  bool decays() const { return kind != ParameterKind::vector; }
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
  Allocator* allocator_ = nullptr;
  Tensor values_, gradients_;
};

}  // namespace seedling
