// Ops element by element, and the token shift. See op_families.h.
#include "unit/backend/op_families.h"

namespace seedling::test {
namespace {

constexpr Activation kActivations[] = {Activation::gelu_tanh, Activation::gelu_erf,     Activation::silu,
                                       Activation::relu,      Activation::relu_squared, Activation::tanh};

}  // namespace

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

}  // namespace seedling::test
