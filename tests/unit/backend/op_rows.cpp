// Ops on rows: tables, normalisation, rotary positions, losses. See op_families.h.
#include "unit/backend/op_families.h"

namespace seedling::test {

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

}  // namespace seedling::test
