// The table of ops, on sizes that fit vectors and blocks and on sizes that do not. Called by: test_ops.cpp
// and the tests of the CUDA backend.
#include "unit/backend/op_families.h"

namespace seedling::test {

std::vector<OpCase> op_table() {
  std::vector<OpCase> table;
  linear(table, 64, 32, 48, true, true);
  linear(table, 37, 19, 65, true, false);
  linear(table, 300, 64, 96, false, true);
  linear(table, 1, 40, 130, true, true);  // generation: columns are split
  linear(table, 3, 128, 1, false, false);
  linear(table, 130, 48, 5, true, true);
  many_rows(table, 2900, 96, 130);
  many_rows(table, 2900, 130, 96);
  linear_activation(table, 70, 24, 33, true, Activation::gelu_tanh);
  linear_activation(table, 520, 32, 64, false, Activation::relu_squared);
  linear_activation(table, 2, 32, 100, true, Activation::silu);
  linear_activation(table, 1030, 32, 1056, true, Activation::gelu_tanh);  // more than caches hold
  linear_activation_backward(table, 70, 24, 33, Activation::gelu_tanh);
  linear_activation_backward(table, 520, 64, 32, Activation::gelu_tanh);
  linear_activation_backward(table, 13, 100, 32, Activation::relu_squared);
  for (bool transpose_a : {false, true}) {
    for (bool transpose_b : {false, true}) {
      matmul(table, 48, 64, 32, transpose_a, transpose_b);
      matmul(table, 7, 21, 13, transpose_a, transpose_b);
    }
  }
  tables(table, 24, 32, 11);
  tables(table, 5, 19, 65);
  tables(table, 4500, 8, 300);  // many tokens, and runs of one token longer than a block
  tables(table, 200, 40, 2);
  for (NormKind kind : {NormKind::layer, NormKind::rms}) {
    norm(table, 16, 64, kind, true, kind == NormKind::layer, false);
    norm(table, 21, 37, kind, true, kind == NormKind::layer, true);
    norm(table, 2, 96, kind, false, false, true);
    norm(table, 70, 520, kind, true, kind == NormKind::layer, true);
    norm(table, 9, 1024, kind, true, kind == NormKind::layer, false);
    norm(table, 3, 1040, kind, true, kind == NormKind::layer, true);
  }
  norm(table, 3300, 16, NormKind::layer, true, true, true);  // more rows than a GPU takes at a time
  rotate(table, 12, 4, 2, 32, true, 10000.0f);
  rotate(table, 9, 3, 3, 10, false, 1000.0f);
  rotate(table, 5, 2, 1, 24, true, 0.0f);
  attention(table, {2, 64, 4, 4, 32, true});
  attention(table, {3, 33, 2, 2, 16, true});
  attention(table, {2, 21, 4, 2, 24, true, 0.2f});
  attention(table, {3, 40, 2, 1, 32, false, 0.0f, true, true});
  attention(table, {2, 70, 6, 3, 64, false, 0.3f, true, true});
  attention(table, {1, 7, 1, 1, 5, true, 0.0f, true, false});
  attention(table, {1, 1, 2, 2, 8, true});
  attention(table, {1, 150, 2, 1, 128, true});
  attention(table, {1, 97, 2, 2, 80, true, 0.1f, true, true});
  attention_cached(table, 0, 9, 4, 2, 32, false);
  attention_cached(table, 17, 1, 4, 4, 20, true);
  elements(table, 13, 48);
  elements(table, 3, 17);
  shift(table, 3, 8, 32, false);
  shift(table, 2, 5, 19, true);
  loss(table, 20, 65);
  loss(table, 6, 1000);
  loss(table, 9, 2);
  loss(table, 4, 4120);  // a GPU keeps such rows in shared memory
  optimizer(table, 1000);
  optimizer(table, 40001);
  muon(table, {{64, 96}, {96, 64}, {7, 4}, {3, 40}, {33, 33}, {1, 5}, {70, 31}});
  muon(table, {{32, 48}, {48, 32}, {32, 48}, {9, 5}, {32, 48}, {48, 32}, {9, 5}});  // several of a shape
  muon(table, {{320, 736}, {736, 320}});  // large enough for the whole team
  return table;
}

}  // namespace seedling::test
