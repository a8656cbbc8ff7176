// The optimizers' passes, and norms of whole tensors. See op_families.h.
#include "unit/backend/op_families.h"

namespace seedling::test {

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

}  // namespace seedling::test
