// Matrix products: linear layers forward and backward, and plain ones. See op_families.h.
#include "unit/backend/op_families.h"

namespace seedling::test {

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

}  // namespace seedling::test
