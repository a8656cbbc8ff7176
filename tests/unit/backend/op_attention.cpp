// Attention, whole and with the cache. See op_families.h.
#include <cmath>

#include "unit/backend/op_families.h"

namespace seedling::test {

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

}  // namespace seedling::test
