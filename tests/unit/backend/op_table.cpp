// The table of ops: matrix products, tables, norms, attention, elements, loss and optimizer, on sizes that
// fit vectors and blocks and on sizes that do not. Called by: test_ops.cpp.
#include <cmath>

#include "base/random.h"
#include "unit/backend/op_case.h"

namespace seedling::test {
namespace {

constexpr Activation kActivations[] = {Activation::gelu_tanh, Activation::gelu_erf,     Activation::silu,
                                       Activation::relu,      Activation::relu_squared, Activation::tanh};

std::vector<int32_t> random_indices(uint64_t seed, int64_t n, int64_t below) {
  Random random(seed);
  std::vector<int32_t> indices(static_cast<size_t>(n));
  for (int32_t& i : indices) i = static_cast<int32_t>(random.below(static_cast<uint64_t>(below)));
  return indices;
}

// --- linear layers
// --------------------------------------------------------------------------------------------

void linear(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O, bool bias, bool residual) {
  {
    OpCase c("linear_forward", 1);
    const int y = c.activation({N, O}, Role::out), x = c.activation({N, I}), w = c.parameter({O, I});
    const int b = bias ? c.parameter({O}) : kAbsent, r = residual ? c.activation({N, O}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) { d.linear_forward(t[y], t[x], t[w], t[b], t[r]); };
    table.push_back(c);
  }
  {
    OpCase c("linear_forward in place", 2);
    const int y = c.activation({N, O}, Role::sum), x = c.activation({N, I}), w = c.parameter({O, I});
    const int b = bias ? c.parameter({O}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) { d.linear_forward(t[y], t[x], t[w], t[b], t[y]); };
    table.push_back(c);
  }
  {
    OpCase c("linear_backward_input", 3);
    const int dx = c.activation({N, I}, residual ? Role::sum : Role::out), dy = c.activation({N, O});
    const int w = c.parameter({O, I}), x = c.activation({N, I});
    c.call = [=](Backend& d, const Operands& t) { d.linear_backward_input(t[dx], t[dy], t[w], residual); };
    c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.linear_forward(y, t[x], t[w], {}, {}); };
    c.y_shape = {N, O}, c.dy = dy, c.pairs = {{dx, x}};
    table.push_back(c);
  }
  {
    OpCase c("linear_backward_weight", 4);
    const int dw = c.parameter({O, I}, Role::sum), db = bias ? c.parameter({O}, Role::sum) : kAbsent;
    const int dy = c.activation({N, O}), x = c.activation({N, I}), w = c.parameter({O, I});
    const int b = bias ? c.parameter({O}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) { d.linear_backward_weight(t[dw], t[db], t[dy], t[x]); };
    c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.linear_forward(y, t[x], t[w], t[b], {}); };
    c.y_shape = {N, O}, c.dy = dy, c.pairs = {{dw, w}};
    if (bias) c.pairs.push_back({db, b});
    table.push_back(c);
  }
}

/// More rows than are taken at a time, so that sums go on from part to part.
void many_rows(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O) {
  OpCase c("linear_backward_weight of many rows", 42);
  const int dw = c.parameter({O, I}, Role::sum), dy = c.activation({N, O}), x = c.activation({N, I});
  c.call = [=](Backend& d, const Operands& t) { d.linear_backward_weight(t[dw], {}, t[dy], t[x]); };
  table.push_back(c);
}

void linear_activation(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O, bool bias,
                       Activation kind) {
  OpCase c("linear_activation_forward", 5);
  const int y = c.activation({N, O}, Role::out), pre = c.activation({N, O}, Role::out),
            x = c.activation({N, I});
  const int w = c.parameter({O, I}, Role::in, 0.3), b = bias ? c.parameter({O}) : kAbsent;
  c.call = [=](Backend& d, const Operands& t) {
    d.linear_activation_forward(t[y], t[pre], t[x], t[w], t[b], kind);
  };
  table.push_back(c);
}

void linear_activation_backward(std::vector<OpCase>& table, int64_t N, int64_t I, int64_t O,
                                Activation kind) {
  OpCase c("linear_activation_backward", 41);
  const int dpre = c.activation({N, I}, Role::out), h = c.activation({N, I}, Role::out),
            dy = c.activation({N, O});
  const int pre = c.activation({N, I}), w = c.parameter({O, I}, Role::in, 0.3);
  c.prepare = [=](Backend& d, const Operands& t) { d.activation_forward(t[h], t[pre], kind); };
  c.call = [=](Backend& d, const Operands& t) {
    d.linear_activation_backward(t[dpre], t[dy], t[w], t[pre], kind);
  };
  c.forward = [=](Backend& d, const Operands& t, Tensor y) {
    d.activation_forward(t[h], t[pre], kind);
    d.linear_forward(y, t[h], t[w], {}, {});
  };
  c.y_shape = {N, O}, c.dy = dy, c.pairs = {{dpre, pre}};
  table.push_back(c);
}

void matmul(std::vector<OpCase>& table, int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b) {
  OpCase c("matmul", 6);
  const int product = c.parameter({m, n}, Role::sum);
  const int a = transpose_a ? c.parameter({k, m}) : c.parameter({m, k});
  const int b = transpose_b ? c.parameter({n, k}) : c.parameter({k, n});
  c.call = [=](Backend& d, const Operands& t) {
    d.matmul(t[product], t[a], transpose_a, t[b], transpose_b, 0.5f, -2.0f);
  };
  table.push_back(c);
}

// --- tables
// ---------------------------------------------------------------------------------------------------

void tables(std::vector<OpCase>& table, int64_t N, int64_t C, int64_t V) {
  for (bool accumulate : {false, true}) {
    OpCase c("gather_rows", 7);
    const int y = c.activation({N, C}, accumulate ? Role::sum : Role::out), rows = c.parameter({V, C});
    const int index = c.index(random_indices(1, N, V));
    c.call = [=](Backend& d, const Operands& t) { d.gather_rows(t[y], t[rows], t[index], accumulate); };
    table.push_back(c);
  }
  {
    OpCase c("scatter_add_rows", 8);
    const int drows = c.parameter({V, C}, Role::sum), dy = c.activation({N, C}), rows = c.parameter({V, C});
    const int index = c.index(random_indices(2, N, V));
    c.call = [=](Backend& d, const Operands& t) { d.scatter_add_rows(t[drows], t[index], t[dy]); };
    c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.gather_rows(y, t[rows], t[index], false); };
    c.y_shape = {N, C}, c.dy = dy, c.pairs = {{drows, rows}};
    table.push_back(c);
  }
  const int64_t M = (N + 1) / 2;
  std::vector<int32_t> picked;
  for (int64_t m = 0; m < M; ++m) picked.push_back(static_cast<int32_t>(2 * m));
  {
    OpCase c("pick_rows", 9);
    const int y = c.activation({M, C}, Role::out), x = c.activation({N, C}), index = c.index(picked);
    c.call = [=](Backend& d, const Operands& t) { d.pick_rows(t[y], t[x], t[index]); };
    table.push_back(c);
  }
  {
    OpCase c("unpick_rows", 10);
    const int dx = c.activation({N, C}, Role::sum), dy = c.activation({M, C}), index = c.index(picked);
    c.call = [=](Backend& d, const Operands& t) { d.unpick_rows(t[dx], t[dy], t[index]); };
    table.push_back(c);
  }
}

// --- normalisation
// --------------------------------------------------------------------------------------------

void norm(std::vector<OpCase>& table, int64_t N, int64_t C, NormKind kind, bool with_gain, bool with_bias,
          bool accumulate) {
  {
    OpCase c("norm_forward", 11);
    const int y = c.activation({N, C}, Role::out), stats = c.parameter({N, 2}, Role::out),
              x = c.activation({N, C});
    const int gain = with_gain ? c.parameter({C}) : kAbsent, bias = with_bias ? c.parameter({C}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) {
      d.norm_forward(t[y], t[stats], t[x], t[gain], t[bias], kind, 1e-5f);
    };
    table.push_back(c);
  }
  {
    OpCase c("norm_backward", 12);
    const int dx = c.activation({N, C}, accumulate ? Role::sum : Role::out),
              x = c.activation({N, C}, Role::in, 3.0);
    const int dy = c.activation({N, C}), stats = c.parameter({N, 2}, Role::out),
              y = c.activation({N, C}, Role::out);
    const int gain = with_gain ? c.parameter({C}) : kAbsent, bias = with_bias ? c.parameter({C}) : kAbsent;
    const int dgain = with_gain ? c.parameter({C}, Role::sum) : kAbsent;
    const int dbias = with_bias ? c.parameter({C}, Role::sum) : kAbsent;
    c.prepare = [=](Backend& d, const Operands& t) {
      d.norm_forward(t[y], t[stats], t[x], t[gain], t[bias], kind, 1e-5f);
    };
    c.call = [=](Backend& d, const Operands& t) {
      d.norm_backward(t[dx], t[dgain], t[dbias], t[dy], t[x], t[stats], t[gain], kind, accumulate);
    };
    c.forward = [=](Backend& d, const Operands& t, Tensor y_) {
      d.norm_forward(y_, t[stats], t[x], t[gain], t[bias], kind, 1e-5f);
    };
    c.y_shape = {N, C}, c.dy = dy, c.pairs = {{dx, x}};
    if (with_gain) c.pairs.push_back({dgain, gain});
    if (with_bias) c.pairs.push_back({dbias, bias});
    table.push_back(c);
  }
}

void rotate(std::vector<OpCase>& table, int64_t N, int64_t NH, int64_t NK, int64_t HS, bool gains,
            float theta) {
  const int64_t width = (NH + 2 * NK) * HS;
  {
    OpCase c("rotate_heads_forward", 13);
    const int y = c.activation({N, width}, Role::out), x = c.activation({N, width});
    const int stats = c.parameter({N, NH + NK}, gains ? Role::out : Role::in);
    const int positions = c.index(random_indices(3, N, 300));
    const int gq = gains ? c.parameter({HS}) : kAbsent, gk = gains ? c.parameter({HS}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) {
      d.rotate_heads_forward(t[y], gains ? t[stats] : Tensor(), t[x], t[positions], t[gq], t[gk], NH, NK, HS,
                             1e-6f, theta);
    };
    table.push_back(c);
  }
  for (bool in_place : {false, true}) {
    OpCase c(in_place ? "rotate_heads_backward in place" : "rotate_heads_backward", 14);
    const int dy = c.activation({N, width}, in_place ? Role::sum : Role::in), x = c.activation({N, width});
    const int dx = in_place ? dy : c.activation({N, width}, Role::out),
              y = c.activation({N, width}, Role::out);
    const int stats = c.parameter({N, NH + NK}, gains ? Role::out : Role::in);
    const int positions = c.index(random_indices(4, N, 20));
    const int gq = gains ? c.parameter({HS}) : kAbsent, gk = gains ? c.parameter({HS}) : kAbsent;
    const int dgq = gains ? c.parameter({HS}, Role::sum) : kAbsent,
              dgk = gains ? c.parameter({HS}, Role::sum) : kAbsent;
    const auto forward = [=](Backend& d, const Operands& t, Tensor out) {
      d.rotate_heads_forward(out, gains ? t[stats] : Tensor(), t[x], t[positions], t[gq], t[gk], NH, NK, HS,
                             1e-6f, theta);
    };
    c.prepare = [=](Backend& d, const Operands& t) { forward(d, t, t[y]); };
    c.call = [=](Backend& d, const Operands& t) {
      d.rotate_heads_backward(t[dx], t[dgq], t[dgk], t[dy], t[x], gains ? t[stats] : Tensor(), t[positions],
                              t[gq], t[gk], NH, NK, HS, theta);
    };
    if (!in_place) {
      c.forward = forward;
      c.y_shape = {N, width}, c.dy = dy, c.pairs = {{dx, x}};
      if (gains) c.pairs.push_back({dgq, gq}), c.pairs.push_back({dgk, gk});
    }
    table.push_back(c);
  }
}

// --- attention
// ------------------------------------------------------------------------------------------------

struct AttentionSizes {
  int64_t B, T, NH, NK, HS;
  bool causal;
  float dropout = 0.0f;
  bool lengths = false, head_scale = false;
};

void attention(std::vector<OpCase>& table, const AttentionSizes& s) {
  const int64_t N = s.B * s.T, width = (s.NH + 2 * s.NK) * s.HS;
  std::vector<int32_t> lengths(static_cast<size_t>(s.B));
  for (int64_t b = 0; b < s.B; ++b)
    lengths[static_cast<size_t>(b)] = static_cast<int32_t>(1 + (5 * b + 3) % s.T);
  const auto shape_of = [=](const Operands& t, int length, int head_scale) {
    AttentionShape shape{s.B, s.T, s.NH, s.NK, s.HS, s.causal, 1.0f / std::sqrt(static_cast<float>(s.HS))};
    shape.dropout = s.dropout, shape.dropout_key = 77;
    shape.lengths = t[length], shape.head_scale = t[head_scale];
    return shape;
  };
  {
    OpCase c("attention_forward", 15);
    const int out = c.activation({N, s.NH * s.HS}, Role::out), lse = c.parameter({s.B, s.NH, s.T}, Role::out);
    const int qkv = c.activation({N, width}), length = s.lengths ? c.index(lengths) : kAbsent;
    const int scale = s.head_scale ? c.parameter({s.NH}) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) {
      d.attention_forward(t[out], t[lse], t[qkv], shape_of(t, length, scale));
    };
    table.push_back(c);
  }
  {
    OpCase c("attention_backward", 16);
    const int dqkv = c.activation({N, width}, Role::out), dout = c.activation({N, s.NH * s.HS});
    const int out = c.activation({N, s.NH * s.HS}, Role::out), lse = c.parameter({s.B, s.NH, s.T}, Role::out);
    const int qkv = c.activation({N, width}), length = s.lengths ? c.index(lengths) : kAbsent;
    const int scale = s.head_scale ? c.parameter({s.NH}) : kAbsent;
    c.prepare = [=](Backend& d, const Operands& t) {
      d.attention_forward(t[out], t[lse], t[qkv], shape_of(t, length, scale));
    };
    c.call = [=](Backend& d, const Operands& t) {
      d.attention_backward(t[dqkv], t[dout], t[out], t[lse], t[qkv], shape_of(t, length, scale));
    };
    c.forward = [=](Backend& d, const Operands& t, Tensor y) {
      d.attention_forward(y, t[lse], t[qkv], shape_of(t, length, scale));
    };
    c.y_shape = {N, s.NH * s.HS}, c.dy = dout, c.pairs = {{dqkv, qkv}};
    table.push_back(c);
  }
  {
    OpCase c("attention_probabilities", 17);
    const int p = c.parameter({s.NH, s.T, s.T}, Role::out), qkv = c.activation({N, width});
    const int length = s.lengths ? c.index(lengths) : kAbsent;
    c.call = [=](Backend& d, const Operands& t) {
      d.attention_probabilities(t[p], t[qkv], s.B - 1, shape_of(t, length, kAbsent));
    };
    table.push_back(c);
  }
}

void attention_cached(std::vector<OpCase>& table, int64_t past, int64_t T, int64_t NH, int64_t NK, int64_t HS,
                      bool head_scale) {
  OpCase c("attention_cached", 18);
  const int64_t capacity = past + T + 2;
  const int out = c.activation({T, NH * HS}, Role::out), qkv = c.activation({T, (NH + 2 * NK) * HS});
  const int keys = c.activation({capacity, NK * HS}, Role::sum),
            values = c.activation({capacity, NK * HS}, Role::sum);
  const int scale = head_scale ? c.parameter({NH}) : kAbsent;
  c.call = [=](Backend& d, const Operands& t) {
    AttentionShape shape{1, T, NH, NK, HS, true, 1.0f / std::sqrt(static_cast<float>(HS))};
    shape.head_scale = t[scale];
    d.attention_cached(t[out], t[keys], t[values], t[qkv], past, shape);
  };
  table.push_back(c);
}

// --- element by element
// ---------------------------------------------------------------------------------------

void elements(std::vector<OpCase>& table, int64_t N, int64_t C) {
  for (Activation kind : kActivations) {
    {
      OpCase c("activation_forward", 19);
      const int y = c.activation({N, C}, Role::out), x = c.activation({N, C}, Role::in, 3.0);
      c.call = [=](Backend& d, const Operands& t) { d.activation_forward(t[y], t[x], kind); };
      table.push_back(c);
    }
    {
      OpCase c("activation_backward", 20);
      const int dx = c.activation({N, C}, Role::out), dy = c.activation({N, C});
      const int x = c.activation({N, C}, Role::in, 3.0);
      c.call = [=](Backend& d, const Operands& t) { d.activation_backward(t[dx], t[dy], t[x], kind); };
      c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.activation_forward(y, t[x], kind); };
      c.y_shape = {N, C}, c.dy = dy, c.pairs = {{dx, x}};
      table.push_back(c);
    }
    {
      OpCase c("gated_forward", 21);
      const int y = c.activation({N, C}, Role::out), x = c.activation({N, 2 * C});
      c.call = [=](Backend& d, const Operands& t) { d.gated_forward(t[y], t[x], kind); };
      table.push_back(c);
    }
    {
      OpCase c("gated_backward", 22);
      const int dx = c.activation({N, 2 * C}, Role::out), dy = c.activation({N, C}),
                x = c.activation({N, 2 * C});
      c.call = [=](Backend& d, const Operands& t) { d.gated_backward(t[dx], t[dy], t[x], kind); };
      c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.gated_forward(y, t[x], kind); };
      c.y_shape = {N, C}, c.dy = dy, c.pairs = {{dx, x}};
      table.push_back(c);
    }
  }
  for (float p : {0.0f, 0.3f}) {
    OpCase c("dropout", 23);
    const int y = c.activation({N, C}, Role::out), x = c.activation({N, C});
    c.call = [=](Backend& d, const Operands& t) { d.dropout(t[y], t[x], p, 0x123456789ABCDEFull); };
    table.push_back(c);
  }
  {
    OpCase c("add", 24);
    const int y = c.activation({N, C}, Role::out), a = c.activation({N, C}), b = c.activation({N, C});
    c.call = [=](Backend& d, const Operands& t) { d.add(t[y], t[a], t[b]); };
    table.push_back(c);
  }
  {
    OpCase c("copy", 25);
    const int y = c.parameter({N, C}, Role::out), x = c.activation({N, C});
    const int back = c.activation({N, C}, Role::out);
    c.call = [=](Backend& d, const Operands& t) { d.copy(t[y], t[x]), d.copy(t[back], t[y]); };
    table.push_back(c);
  }
  {
    OpCase c("fill and scale", 26);
    const int y = c.activation({N, C}, Role::out), z = c.activation({N, C}, Role::sum);
    c.call = [=](Backend& d, const Operands& t) { d.fill(t[y], 0.75f), d.scale(t[z], -0.25f); };
    table.push_back(c);
  }
}

void shift(std::vector<OpCase>& table, int64_t B, int64_t T, int64_t C, bool accumulate) {
  const int64_t N = B * T;
  {
    OpCase c("shift_forward", 27);
    const int y = c.activation({N, C}, Role::out), x = c.activation({N, C}), s = c.parameter({C});
    c.call = [=](Backend& d, const Operands& t) { d.shift_forward(t[y], t[x], t[s], T); };
    table.push_back(c);
  }
  {
    OpCase c("shift_backward", 28);
    const int dx = c.activation({N, C}, accumulate ? Role::sum : Role::out), ds = c.parameter({C}, Role::sum);
    const int dy = c.activation({N, C}), x = c.activation({N, C}), s = c.parameter({C});
    c.call = [=](Backend& d, const Operands& t) {
      d.shift_backward(t[dx], t[ds], t[dy], t[x], t[s], T, accumulate);
    };
    c.forward = [=](Backend& d, const Operands& t, Tensor y) { d.shift_forward(y, t[x], t[s], T); };
    c.y_shape = {N, C}, c.dy = dy, c.pairs = {{dx, x}, {ds, s}};
    table.push_back(c);
  }
}

// --- loss and optimizer
// ---------------------------------------------------------------------------------------

void loss(std::vector<OpCase>& table, int64_t N, int64_t V) {
  std::vector<int32_t> targets = random_indices(5, N, V);
  for (size_t n = 0; n < targets.size(); n += 3) targets[n] = -1;
  for (float gradient_scale : {0.0f, 0.125f}) {
    OpCase c("softmax_cross_entropy", 29);
    const int losses = c.parameter({N}, Role::out), logits = c.activation({N, V}, Role::sum, 4.0);
    const int target = c.index(targets);
    c.call = [=](Backend& d, const Operands& t) {
      d.softmax_cross_entropy(t[losses], t[logits], t[target], gradient_scale);
    };
    table.push_back(c);
  }
  {
    OpCase c("softmax", 30);
    const int logits = c.activation({N, V}, Role::sum, 4.0);
    c.call = [=](Backend& d, const Operands& t) { d.softmax(t[logits]); };
    table.push_back(c);
  }
}

/// The CPU iterates in bf16 whatever its activations are: 8 bits, five times, and small singular values grow
/// most, so the largest element may be off by some percent.
void muon(std::vector<OpCase>& table, const std::vector<std::pair<int64_t, int64_t>>& sizes) {
  OpCase c("muon", 35);
  std::vector<int> operands;
  int64_t largest = 0;
  for (const auto& [rows, columns] : sizes) {
    operands.push_back(c.parameter({rows, columns}, Role::sum, 0.001));  // small beside the update
    operands.push_back(c.parameter({rows, columns}));
    operands.push_back(c.parameter({rows, columns}, Role::sum));
    largest = std::max(largest, Backend::muon_scratch(rows, columns));
  }
  c.call = [=](Backend& d, const Operands& t) {
    const size_t bytes = static_cast<size_t>(largest) * size_of(d.parameter_type());
    void* scratch = d.allocate(bytes);
    std::vector<MuonMatrix> matrices;
    for (size_t i = 0; i < operands.size(); i += 3)
      matrices.push_back({t[operands[i]], t[operands[i + 1]], t[operands[i + 2]], 0.5f});
    d.muon(matrices, {0.9f, 0.5f, Tensor(scratch, d.parameter_type(), {largest})});
    d.release(scratch, bytes);
  };
  c.tolerance = 0.06;
  table.push_back(c);
}

void optimizer(std::vector<OpCase>& table, int64_t n) {
  for (int64_t step : {1, 100}) {
    OpCase c("adamw", 31);
    // Spans of a length, of a few elements, and of more than a block of a GPU takes.
    const int64_t sizes[] = {n, 3, 9001};
    int w[3], g[3], m[3], v[3];
    for (int i = 0; i < 3; ++i) {
      w[i] = c.parameter({sizes[i]}, Role::sum), g[i] = c.parameter({sizes[i]});
      m[i] = c.parameter({sizes[i]}, Role::sum, 0.1), v[i] = c.parameter({sizes[i]}, Role::sum, 0.1);
      for (double& x : c.operands[static_cast<size_t>(v[i])].values) x = static_cast<float>(x * x);
    }
    c.call = [=](Backend& d, const Operands& t) {
      std::vector<AdamWSpan> spans;
      for (int i = 0; i < 3; ++i)
        spans.push_back({t[w[i]], t[g[i]], t[m[i]], t[v[i]], 1e-2f * static_cast<float>(i + 1), 0.1f});
      d.adamw(spans, {0.9f, 0.95f, 1e-8f, 0.5f, step});
    };
    table.push_back(c);
  }
  for (bool nesterov : {false, true}) {
    OpCase c("momentum", 32);
    const int update = c.parameter({n}, Role::out), m = c.parameter({n}, Role::sum), g = c.parameter({n});
    c.call = [=](Backend& d, const Operands& t) { d.momentum(t[update], t[m], t[g], 0.5f, 0.9f, nesterov); };
    table.push_back(c);
  }
  {
    OpCase c("apply_update", 33);
    const int w = c.parameter({n}, Role::sum), update = c.parameter({n});
    c.call = [=](Backend& d, const Operands& t) { d.apply_update(t[w], t[update], 0.05f, 0.1f); };
    table.push_back(c);
  }
  {
    OpCase c("squared_norm", 34);
    const int x = c.parameter({n}), sum = c.parameter({1}, Role::out);
    c.call = [=](Backend& d, const Operands& t) {
      const double value = d.squared_norm(t[x]);
      d.fill(t[sum], static_cast<float>(value));
    };
    table.push_back(c);
  }
}

}  // namespace

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
