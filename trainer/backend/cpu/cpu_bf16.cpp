// Blocks, panels and who multiplies them. See cpu_bf16.h.
#include "backend/cpu/cpu_bf16.h"

#include <algorithm>

namespace seedling {
namespace {

// Weights that fit in L2 stay there while few rows at a time pass, so that the output is written in order;
// past larger weights go as many rows as fit.
constexpr int64_t kSmallWeight = 640 * 1024, kFewLeft = 48 * 1024, kManyLeft = 384 * 1024;  // elements
// Longer sums than this many steps are cut, so that a block and a panel stay in L2.
constexpr int64_t kMaxSteps = 96;
// Rows whose gradients of weights are added at once, and columns of dy packed at once (a vocabulary is cut).
constexpr int64_t kWeightRows = 1024, kWeightColumns = 8192;

}  // namespace

Bf16Linear::Bf16Linear(const IsaKernels& isa, ThreadTeam& team)
    : isa_(isa), unit_(choose_bf16_unit(isa)), team_(team), workers_(static_cast<size_t>(team.size())) {}

void Bf16Linear::forget(const void* memory, size_t bytes) {
  const std::byte* begin = static_cast<const std::byte*>(memory);
  std::erase_if(weights_, [&](const auto& entry) {
    const std::byte* at = static_cast<const std::byte*>(std::get<0>(entry.first));
    return at >= begin && at < begin + bytes;
  });
}

const uint16_t* Bf16Linear::packed_weight(const Tensor& w, bool backward) {
  const int64_t O = w.dim(0), I = w.columns();
  Weight& weight = weights_[Key(w.raw(), O, I, backward)];
  if (weight.version == version_) return weight.panels.data();
  const float* from = w.as<float>();
  uint16_t* panels = weight.panels.reserve(backward ? packed_elements(I, O) : packed_elements(O, I));
  team_.run([&](int worker, int workers) {
    // Either way a worker takes blocks of 32 of w's rows.
    const Range part = split_range(block_count(O), worker, workers);
    if (part.size() <= 0) return;
    if (backward) {
      isa_.pack_f32.pack_right(panels, from, I, O, I, part.begin, part.end);
    } else {
      isa_.pack_f32.pack_right_transposed(panels, from, I, I, O, part.begin, part.end);
    }
  });
  weight.version = version_;
  return panels;
}

void Bf16Linear::forward(const Tensor& y, const Tensor& pre, const Tensor& x, const Tensor& w,
                         const Tensor& bias, const Tensor& residual, int activation) {
  const uint16_t* panels = packed_weight(w, false);
  BlockFinish finish = {};
  finish.y = y.as<uint16_t>();
  finish.pre = pre ? pre.as<uint16_t>() : nullptr;
  finish.bias = bias ? bias.as<float>() : nullptr;
  finish.residual = residual ? residual.as<uint16_t>() : nullptr;
  finish.stride = w.dim(0), finish.activation = activation;
  multiply(x, panels, w.dim(0), finish);
}

void Bf16Linear::backward_input(const Tensor& dx, const Tensor& dy, const Tensor& w, bool accumulate) {
  const uint16_t* panels = packed_weight(w, true);
  BlockFinish finish = {};
  finish.y = dx.as<uint16_t>();
  finish.residual = accumulate ? dx.as<uint16_t>() : nullptr;
  finish.stride = w.columns(), finish.activation = kNoActivation;
  multiply(dy, panels, w.columns(), finish);
}

void Bf16Linear::multiply(const Tensor& left, const uint16_t* panels, int64_t N, const BlockFinish& finish) {
  const int64_t blocks = block_count(left.rows());
  // With fewer blocks of rows than workers (generation), the panels are split instead.
  const bool by_rows = blocks >= team_.size();
  team_.run([&](int worker, int workers) {
    const Range all = {0, by_rows ? block_count(N) : blocks};
    const Range part = split_range(by_rows ? blocks : block_count(N), worker, workers);
    if (part.size() <= 0) return;
    const Bf16Unit::Use use(unit_);
    multiply_part(workers_[static_cast<size_t>(worker)], left, panels, N, by_rows ? part : all,
                  by_rows ? all : part, finish);
  });
}

void Bf16Linear::multiply_part(Worker& worker, const Tensor& left, const uint16_t* panels, int64_t N,
                               Range blocks, Range panel_range, const BlockFinish& finish) {
  const int64_t M = left.rows(), K = left.columns(), steps = block_count(K);
  const int64_t chunk_steps = std::min(steps, kMaxSteps), chunks = (steps + chunk_steps - 1) / chunk_steps;
  const int64_t left_elements = packed_elements(N, K) <= kSmallWeight ? kFewLeft : kManyLeft;
  // Where sums are cut, all of the worker's rows go together, so that the panels are read once.
  const int64_t fitting = std::max<int64_t>(1, left_elements / (chunk_steps * kStepElements));
  const int64_t group = chunks > 1 ? blocks.size() : std::min(fitting, blocks.size());
  uint16_t* packed = worker.left.reserve(group * chunk_steps * kStepElements);
  float* partial = nullptr;  // sums of all blocks of the group, when they are cut
  if (chunks > 1) {
    partial = reinterpret_cast<float*>(worker.sums.reserve(group * panel_range.size() * kStepElements * 2));
  }
  alignas(64) float sums[kStepElements];
  const uint16_t* rows = left.as<uint16_t>();
  for (int64_t first = blocks.begin; first < blocks.end; first += group) {
    const int64_t count = std::min(group, blocks.end - first);
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const int64_t step = chunk * chunk_steps, these = std::min(chunk_steps, steps - step);
      const int64_t k = step * kBlock, width = std::min(these * kBlock, K - k);
      for (int64_t b = 0; b < count; ++b) {
        const int64_t row = (first + b) * kBlock;
        isa_.pack_bf16.pack_left(packed + b * these * kStepElements, rows + row * K + k, K,
                                 std::min(kBlock, M - row), width);
      }
      for (int64_t panel = panel_range.begin; panel < panel_range.end; ++panel) {
        const uint16_t* right = panels + (panel * steps + step) * kStepElements;
        const int64_t column = panel * kBlock, columns = std::min(kBlock, N - column);
        for (int64_t b = 0; b < count; ++b) {
          float* block = sums;
          float* kept = partial == nullptr
                            ? nullptr
                            : partial + ((panel - panel_range.begin) * group + b) * kStepElements;
          if (chunk == 0 && kept != nullptr) block = kept;
          unit_.product(block, packed + b * these * kStepElements, right, these);
          if (chunk > 0) isa_.blocks.add(kept, kBlock, sums, kBlock, kBlock, 1.0f);
          if (chunk + 1 < chunks) continue;
          const int64_t row = (first + b) * kBlock, at = row * finish.stride + column;
          BlockFinish here = finish;
          here.y += at;
          if (here.pre != nullptr) here.pre += at;
          if (here.residual != nullptr) here.residual += at;
          if (here.bias != nullptr) here.bias += column;
          isa_.blocks.finish(here, kept == nullptr ? sums : kept, std::min(kBlock, M - row), columns);
        }
      }
    }
  }
}

void Bf16Linear::backward_weight(const Tensor& dw, const Tensor& dy, const Tensor& x) {
  const int64_t N = dy.rows(), O = dy.columns(), I = x.columns(), I_panels = block_count(I);
  float* to = dw.as<float>();
  for (int64_t first = 0; first < N; first += kWeightRows) {
    const int64_t rows = std::min(kWeightRows, N - first), steps = block_count(rows);
    uint16_t* right = right_.reserve(packed_elements(I, rows));
    const uint16_t* inputs = x.as<uint16_t>() + first * I;
    for (int64_t column = 0; column < O; column += kWeightColumns) {
      const int64_t columns = std::min(kWeightColumns, O - column), O_blocks = block_count(columns);
      uint16_t* left = left_.reserve(packed_elements(columns, rows));
      const uint16_t* from = dy.as<uint16_t>() + first * O + column;
      team_.run([&](int worker, int workers) {
        const Range part = split_range(steps, worker, workers);
        if (part.size() <= 0) return;
        if (column == 0) isa_.pack_bf16.pack_right(right, inputs, I, rows, I, part.begin, part.end);
        isa_.pack_bf16.pack_left_transposed(left, from, O, rows, columns, part.begin, part.end);
      });
      team_.run([&](int worker, int workers) {
        const bool by_rows = O_blocks >= I_panels;
        const Range part = split_range(by_rows ? O_blocks : I_panels, worker, workers);
        const Range blocks = by_rows ? part : Range{0, O_blocks},
                    panels = by_rows ? Range{0, I_panels} : part;
        if (part.size() <= 0) return;
        const Bf16Unit::Use use(unit_);
        alignas(64) float sums[kStepElements];
        for (int64_t b = blocks.begin; b < blocks.end; ++b) {
          for (int64_t p = panels.begin; p < panels.end; ++p) {
            unit_.product(sums, left + b * steps * kStepElements, right + p * steps * kStepElements, steps);
            isa_.blocks.add(to + (column + b * kBlock) * I + p * kBlock, I, sums,
                            std::min(kBlock, columns - b * kBlock), std::min(kBlock, I - p * kBlock), 1.0f);
          }
        }
      });
    }
  }
}

}  // namespace seedling
