// The families of the table of ops: each adds its ops, at the sizes it is given, to the table.
// Called by: op_table.cpp. Written in: op_products.cpp, op_rows.cpp, op_elements.cpp, op_attention.cpp,
// op_optimizer.cpp.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/random.h"
#include "unit/backend/op_case.h"

namespace seedling::test {

inline std::vector<int32_t> random_indices(uint64_t seed, int64_t n, int64_t below) {
  Random random(seed);
  std::vector<int32_t> indices(static_cast<size_t>(n));
  for (int32_t& i : indices) i = static_cast<int32_t>(random.below(static_cast<uint64_t>(below)));
  return indices;
}

// --- op_products.cpp
void linear(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O, bool bias, bool residual);
void many_rows(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O);
void linear_activation(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O, bool bias,
                       Activation kind);
void linear_activation_backward(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O, Activation kind);
void matmul(std::vector<OpCase>& table, int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b);

// --- op_rows.cpp: rows of tables, normalisation, rotary positions, losses
void tables(std::vector<OpCase>& table, int64_t N, int64_t C, int64_t V);
void norm(std::vector<OpCase>& table, int64_t N, int64_t C, NormKind kind, bool with_gain, bool with_bias,
          bool accumulate);
void rotate(std::vector<OpCase>& table, int64_t N, int64_t NH, int64_t NK, int64_t HS, bool gains,
            float theta);
void loss(std::vector<OpCase>& table, int64_t N, int64_t V);

// --- op_elements.cpp
void elements(std::vector<OpCase>& table, int64_t N, int64_t C);
void shift(std::vector<OpCase>& table, int64_t B, int64_t T, int64_t C, bool accumulate);

// --- op_attention.cpp
struct AttentionSizes {
  int64_t B, T, NH, NK, HS;
  bool causal;
  float dropout = 0.0f;
  bool lengths = false, head_scale = false;
};
void attention(std::vector<OpCase>& table, const AttentionSizes& s);
void attention_cached(std::vector<OpCase>& table, int64_t past, int64_t T, int64_t NH, int64_t NK, int64_t HS,
                      bool head_scale);

// --- op_optimizer.cpp
void muon(std::vector<OpCase>& table, const std::vector<std::pair<int64_t, int64_t>>& sizes);
void optimizer(std::vector<OpCase>& table, int64_t n);

}  // namespace seedling::test
