// How fast each op of one training step is, against this machine's matrix product ceiling.
//
//   bench_ops [nano|baby|gpt2|all] [threads] [fp32|bf16]
//
// For every op: how often a step calls it, its time (the best of repeats, for the machine is often shared; on
// one thread its CPU time), GFLOP/s or GB/s, and its share of the step. The last line adds them up: the
// tokens/s and the model FLOP utilisation that a step of these ops alone has.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "backend/cpu/blas.h"
#include "backend/cpu/machine.h"
#include "base/random.h"
#include "tensor/arena.h"

using namespace seedling;

namespace {

struct Preset {
  const char* name;
  int64_t B, T, L, NH, C, V;
};

constexpr Preset kPresets[] = {
    {"nano", 12, 64, 4, 4, 128, 65}, {"baby", 12, 256, 6, 6, 384, 65}, {"gpt2", 1, 1024, 12, 12, 768, 50257}};

struct Entry {
  const char* name;
  double calls;  // in one step
  double flops, bytes;
  std::function<void()> op;
};

bool g_cpu_time = false;

double now() {
  timespec t = {};
  clock_gettime(g_cpu_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double best_seconds(const std::function<void()>& op) {
  double best = 1e30;
  const double start = now();
  for (int repeat = 0; repeat < 3 || now() - start < 0.15; ++repeat) {
    const double begin = now();
    op();
    best = std::min(best, now() - begin);
  }
  return best;
}

/// GFLOP/s of the BLAS on this thread, by the same clock as the ops.
double one_thread_ceiling() {
  std::vector<float> a(1 << 20, 0.5f), b(1 << 20, 0.5f), c(1 << 20);
  return 2.147483648 / best_seconds([&] {
           sgemm(false, true, 1024, 1024, 1024, 1.0f, a.data(), 1024, b.data(), 1024, 0.0f, c.data(), 1024);
         });
}

void fill_random(Backend& backend, const Tensor& t, double spread) {
  std::vector<float> values(static_cast<size_t>(t.size()));
  Random random(values.size());
  for (float& x : values) x = static_cast<float>((random.uniform() - 0.5) * spread);
  backend.copy(t, Tensor(values.data(), DType::f32, {t.rows(), t.columns()}));
}

void bench(Backend& backend, const Preset& p, double ceiling) {
  const int64_t N = p.B * p.T, C = p.C, F = 4 * C, HS = C / p.NH, V = p.V;
  const double n = static_cast<double>(N), c = static_cast<double>(C), L = static_cast<double>(p.L);
  const DType type = backend.activation_type();
  const double e = static_cast<double>(size_of(type));
  Arena arena(backend);
  const auto activation = [&](int64_t columns) {
    Tensor t = arena.take(type, {N, columns});
    fill_random(backend, t, 2.0);
    return t;
  };
  const auto parameter = [&](int64_t rows, int64_t columns) {
    Tensor t = arena.take(DType::f32, {rows, columns});
    fill_random(backend, t, 0.1);
    return t;
  };
  Tensor x = activation(C), y = activation(C), dx = activation(C), qkv = activation(3 * C),
         dqkv = activation(3 * C);
  Tensor hidden = activation(F), pre = activation(F), dhidden = activation(F), logits = activation(V);
  Tensor w_qkv = parameter(3 * C, C), w_out = parameter(C, C), w_up = parameter(F, C),
         w_down = parameter(C, F);
  Tensor table = parameter(V, C), dw_qkv = parameter(3 * C, C), dw_out = parameter(C, C),
         dw_up = parameter(F, C);
  Tensor dw_down = parameter(C, F), dtable = parameter(V, C), gain = parameter(1, C), dgain = parameter(1, C);
  Tensor bias = parameter(1, F), dbias = parameter(1, F), stats = parameter(N, 2), lse = parameter(N, p.NH);
  Tensor losses = parameter(N, 1), index = arena.take(DType::i32, {N});
  const auto row = [](const Tensor& t, int64_t columns) { return Tensor(t.raw(), DType::f32, {columns}); };
  const Tensor gain_ = row(gain, C), dgain_ = row(dgain, C), bias_F = row(bias, F), dbias_F = row(dbias, F);
  const Tensor bias_C = row(bias, C), dbias_C = row(dbias, C), bias_QKV = row(bias, 3 * C),
               dbias_QKV = row(dbias, 3 * C);
  std::vector<int32_t> tokens(static_cast<size_t>(N));
  for (size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<int32_t>(mix64(i) % static_cast<uint64_t>(V));
  backend.copy_to_device(index.raw(), tokens.data(), tokens.size() * 4);
  const double matrices = 12 * L * c * c, all = matrices + static_cast<double>(V) * c;
  const int64_t slab_size = static_cast<int64_t>(all);
  Tensor w = parameter(1, slab_size), g = parameter(1, slab_size), m = parameter(1, slab_size),
         v = parameter(1, slab_size);
  backend.fill(v, 0.01f);
  AttentionShape shape{p.B, p.T, p.NH, p.NH, HS, true, 0.125f};
  const double score_flops =
      n * static_cast<double>(p.T) * c;  // of one causal product of queries and keys: half
  const double vocab = static_cast<double>(V);
  std::vector<MuonMatrix> moved;
  int64_t muon_at = 0;
  for (int64_t layer = 0; layer < p.L; ++layer) {
    for (const auto& [rows, columns] : {std::pair{C, C}, {C, C}, {C, C}, {C, C}, {F, C}, {C, F}}) {
      const auto cut = [&](const Tensor& slab) {
        return slab.view({slab_size, 1}).row_range(muon_at, muon_at + rows * columns).view({rows, columns});
      };
      moved.push_back({cut(w), cut(g), cut(m), 1e-3f});
      muon_at += rows * columns;
    }
  }
  const int64_t muon_room = Backend::muon_scratch(F, C);
  const MuonStep muon_step{0.95f, 1.0f, parameter(1, muon_room).view({muon_room})};
  const double muon_flops =
      5 * c * c * c * (4 * (4 + 2) + 2 * (4 * 4 + 2));  // Newton-Schulz, every product whole

  const std::vector<Entry> entries = {
      {"gather_rows", 1, 0, n * c * 8, [&] { backend.gather_rows(x, table, index, false); }},
      {"norm_forward", 2 * L + 1, 0, n * c * 2 * e,
       [&] { backend.norm_forward(y, stats, x, gain_, bias_C, NormKind::layer, 1e-5f); }},
      {"linear qkv", L, 6 * n * c * c, 0, [&] { backend.linear_forward(qkv, x, w_qkv, bias_QKV, {}); }},
      {"attention_forward", L, 2 * score_flops, 0, [&] { backend.attention_forward(y, lse, qkv, shape); }},
      {"linear out + residual", L, 2 * n * c * c, 0,
       [&] { backend.linear_forward(dx, x, w_out, bias_C, dx); }},
      {"linear up + gelu", L, 8 * n * c * c, 0,
       [&] { backend.linear_activation_forward(hidden, pre, x, w_up, bias_F, Activation::gelu_tanh); }},
      {"linear down + residual", L, 8 * n * c * c, 0,
       [&] { backend.linear_forward(dx, hidden, w_down, bias_C, dx); }},
      {"linear vocabulary", 1, 2 * n * c * vocab, 0,
       [&] { backend.linear_forward(logits, x, table, {}, {}); }},
      {"softmax_cross_entropy", 1, 0, n * vocab * 2 * e,
       [&] { backend.softmax_cross_entropy(losses, logits, index, 1e-3f); }},
      {"dx vocabulary", 1, 2 * n * c * vocab, 0,
       [&] { backend.linear_backward_input(dx, logits, table, false); }},
      {"dw vocabulary", 1, 2 * n * c * vocab, 0,
       [&] { backend.linear_backward_weight(dtable, {}, logits, x); }},
      {"dx down", L, 8 * n * c * c, 0, [&] { backend.linear_backward_input(dhidden, y, w_down, false); }},
      {"dw down", L, 8 * n * c * c, 0, [&] { backend.linear_backward_weight(dw_down, dbias_C, y, hidden); }},
      {"activation_backward", L, 0, n * c * 4 * 3 * e,
       [&] { backend.activation_backward(dhidden, hidden, pre, Activation::gelu_tanh); }},
      {"dx up", L, 8 * n * c * c, 0, [&] { backend.linear_backward_input(dx, hidden, w_up, false); }},
      {"dw up", L, 8 * n * c * c, 0, [&] { backend.linear_backward_weight(dw_up, dbias_F, hidden, x); }},
      {"norm_backward", 2 * L + 1, 0, n * c * 4 * e,
       [&] { backend.norm_backward(dx, dgain_, dbias_C, y, x, stats, gain_, NormKind::layer, true); }},
      {"dx out", L, 2 * n * c * c, 0, [&] { backend.linear_backward_input(dx, y, w_out, false); }},
      {"dw out", L, 2 * n * c * c, 0, [&] { backend.linear_backward_weight(dw_out, dbias_C, y, x); }},
      {"attention_backward", L, 5 * score_flops, 0,
       [&] { backend.attention_backward(dqkv, x, y, lse, qkv, shape); }},
      {"dx qkv", L, 6 * n * c * c, 0, [&] { backend.linear_backward_input(dx, qkv, w_qkv, false); }},
      {"dw qkv", L, 6 * n * c * c, 0, [&] { backend.linear_backward_weight(dw_qkv, dbias_QKV, qkv, x); }},
      {"scatter_add_rows", 1, 0, n * c * (e + 8), [&] { backend.scatter_add_rows(dtable, index, x); }},
      {"fill gradients", 1, 0, all * 4, [&] { backend.fill(g, 0.0f); }},
      {"squared_norm", 1, 0, all * 4, [&] { backend.squared_norm(g); }},
      {"adamw", 1, 0, all * 28,
       [&] {
         backend.adamw(w, g, m, v, {1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, 1.0f, 10});
       }},
      // beside the step: what Muon takes in AdamW's place, and without the CPU's own way of doing it
      {"muon", 0, L * muon_flops, 0, [&] { backend.muon(moved, muon_step); }},
      {"muon by other ops", 0, L * muon_flops, 0, [&] { backend.Backend::muon(moved, muon_step); }},
  };

  std::vector<double> seconds;
  double step = 0.0;
  for (const Entry& entry : entries) {
    seconds.push_back(best_seconds(entry.op));
    step += seconds.back() * entry.calls;
    fill_random(backend, logits, 2.0);  // it became a gradient
  }
  std::printf("%s: %lld x %lld\n", p.name, static_cast<long long>(p.B), static_cast<long long>(p.T));
  for (size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const double t = seconds[i];
    std::printf("  %-24s x%-3.0f %9.1f us  %5.1f %%  ", entry.name, entry.calls, t * 1e6,
                100 * t * entry.calls / step);
    if (entry.flops > 0) {
      std::printf("%7.1f GFLOP/s  %5.1f %% of the ceiling\n", entry.flops / t * 1e-9,
                  entry.flops / t * 1e-7 / ceiling);
    } else {
      std::printf("%7.1f GB/s\n", entry.bytes / t * 1e-9);
    }
  }
  const double flops = n * (6 * all + 12 * L * c * static_cast<double>(p.T));
  std::printf("  step %.2f ms, %.0f tokens/s, MFU %.1f %%\n\n", step * 1e3, n / step,
              flops / step * 1e-7 / ceiling);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string which = argc > 1 ? argv[1] : "all";
  DeviceOptions options;
  options.device = "cpu";
  options.threads = argc > 2 ? std::atoi(argv[2]) : 0;
  options.precision = argc > 3 ? argv[3] : "fp32";
  const std::unique_ptr<Backend> backend = make_backend(options);
  const int threads = options.threads > 0 ? options.threads : cpu_info().cores;
  g_cpu_time = threads == 1;
  for (const Preset& preset : kPresets) {
    if (which != "all" && which != preset.name) continue;
    const double ceiling = threads == 1 ? one_thread_ceiling() : measure_sgemm_gflops(threads, 0.5);
    std::printf("%s, %s, %d threads, sgemm ceiling %.0f GFLOP/s\n", cpu_info().model.c_str(),
                blas_info().kernel.c_str(), threads, ceiling);
    bench(*backend, preset, ceiling);
  }
  return 0;
}
