// Blocks, panels and who multiplies them. See cpu_bf16.h.
#include "backend/cpu/cpu_bf16.h"

#include <algorithm>
#include <cstring>

namespace seedling {
namespace {

// Weights that fit in L2 stay there while one block of rows at a time passes, so that the output is written
// in order; past larger weights go as many rows as fit.
constexpr int64_t kSmallWeight = 800 * 1024, kManyLeft = 384 * 1024;  // elements
// Longer sums than this many steps are cut, so that a block of rows stays in L1 while the panels of a small
// weight pass, or in L2 with a panel of a larger one.
constexpr int64_t kSmallSteps = 16, kMaxSteps = 96;
// Gradients of weights: elements packed as left blocks at once (a quarter of an L2 of 2 MiB), and as right
// panels by each worker.
constexpr int64_t kWeightLeft = 256 * 1024, kWeightRight = 256 * 1024;
constexpr int64_t kLeastWeightRows = 256;
// Where the sums of all rows fit into so many elements a worker, they are kept until the last rows and added
// to the gradient once; else once for each part of the rows.
constexpr int64_t kKeptSums = 4 * 1024 * 1024;
// Of a worker's rows, and of its panels: pieces for others to take over while it has not begun them.
constexpr int64_t kRowPieces = 4, kPanelPieces = 2, kReadPieces = 8;
constexpr size_t kLargeOutput = size_t{2} << 20;  // bytes that no cache of a core holds until backward

/// Brings the rows of a block closer, while the products are made that they are wanted after: their lines lie
/// too far apart for the hardware to foresee them.
void fetch_rows(const uint16_t* rows, int64_t stride) {
  for (int64_t r = 0; r < kBlock; ++r) __builtin_prefetch(rows + r * stride);
}

/// Rows of x as a block that a unit may read 32 rows of: `width` columns and zeros up to `padded`. What lies
/// past `rows` is left as it was.
void copy_rows(uint16_t* to, int64_t padded, const uint16_t* x, int64_t stride, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, to += padded, x += stride) {
    std::memcpy(to, x, static_cast<size_t>(width) * sizeof(uint16_t));
    std::memset(to + width, 0, static_cast<size_t>(padded - width) * sizeof(uint16_t));
  }
}

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
  finish.pre_aside = pre && pre.bytes() > kLargeOutput && w.dim(0) % kBlock == 0 &&
                     reinterpret_cast<uintptr_t>(pre.raw()) % 64 == 0;
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

void Bf16Linear::backward_activated(const Tensor& dpre, const Tensor& dy, const Tensor& w, const Tensor& pre,
                                    int activation) {
  const uint16_t* panels = packed_weight(w, true);
  BlockFinish finish = {};
  finish.y = dpre.as<uint16_t>();
  finish.slope_at = pre.as<uint16_t>();
  finish.stride = w.columns(), finish.activation = activation;
  multiply(dy, panels, w.columns(), finish);
}

void Bf16Linear::multiply(const Tensor& left, const uint16_t* panels, int64_t N, const BlockFinish& finish) {
  const int64_t blocks = block_count(left.rows());
  if (blocks >= team_.size() && packed_elements(N, left.columns()) <= kSmallWeight) {
    // The rows pass one block at a time: any worker may take any of them.
    team_.share(blocks, std::max<int64_t>(1, blocks / (kRowPieces * team_.size())),
                [&](int worker, Range part) {
                  const Bf16Unit::Use use(unit_);
                  multiply_part(workers_[static_cast<size_t>(worker)], left, panels, N, part,
                                {0, block_count(N)}, finish);
                });
    return;
  }
  if (blocks < team_.size()) {  // as in generation: the panels are split, and read at the memory's speed
    const int64_t all = block_count(N);
    team_.share(all, std::max<int64_t>(1, all / (kReadPieces * team_.size())), [&](int worker, Range part) {
      const Bf16Unit::Use use(unit_);
      multiply_part(workers_[static_cast<size_t>(worker)], left, panels, N, {0, blocks}, part, finish);
    });
    return;
  }
  team_.run([&](int worker, int workers) {
    const Range part = split_range(blocks, worker, workers);
    if (part.size() <= 0) return;
    const Bf16Unit::Use use(unit_);
    multiply_part(workers_[static_cast<size_t>(worker)], left, panels, N, part, {0, block_count(N)}, finish);
  });
}

void Bf16Linear::multiply_part(Worker& worker, const Tensor& left, const uint16_t* panels, int64_t N,
                               Range blocks, Range panel_range, const BlockFinish& finish) {
  const int64_t M = left.rows(), K = left.columns(), steps = block_count(K);
  const bool small = packed_elements(N, K) <= kSmallWeight;
  // One block of rows (generation) reads every panel once: nothing would be gained by cutting.
  const int64_t chunk_steps = blocks.size() == 1 ? steps : std::min(steps, small ? kSmallSteps : kMaxSteps);
  const int64_t chunks = (steps + chunk_steps - 1) / chunk_steps;
  // Where sums of a large weight are cut, all of the worker's rows go together, so that the panels are read
  // once.
  const int64_t fitting =
      chunks > 1 ? blocks.size() : std::max<int64_t>(1, kManyLeft / (chunk_steps * kStepElements));
  const int64_t group = small ? 1 : std::min(fitting, blocks.size());
  // A row by itself stands for all 32 of its block.
  const int64_t row_stride = M == 1 ? 0 : K;
  const auto lies_ready = [&](int64_t block) {
    return K % kBlock == 0 && ((block + 1) * kBlock <= M || M == 1);
  };
  const bool all_ready = K % kBlock == 0 && (M % kBlock == 0 || M == 1);
  uint16_t* packed = all_ready ? nullptr : worker.left.reserve(group * chunk_steps * kStepElements);
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
        if (lies_ready(first + b)) continue;
        const int64_t row = (first + b) * kBlock;
        copy_rows(packed + b * these * kStepElements, these * kBlock, rows + row * K + k, K,
                  std::min(kBlock, M - row), width);
      }
      for (int64_t panel = panel_range.begin; panel < panel_range.end; ++panel) {
        const uint16_t* right = panels + (panel * steps + step) * kStepElements;
        const int64_t column = panel * kBlock, columns = std::min(kBlock, N - column);
        for (int64_t b = 0; b < count; ++b) {
          float* block =
              partial == nullptr ? sums : partial + ((panel - panel_range.begin) * group + b) * kStepElements;
          const int64_t row = (first + b) * kBlock, at = row * finish.stride + column;
          const LeftBlock from =
              lies_ready(first + b)
                  ? LeftBlock(rows + row * K + k, row_stride, kBlock, std::min(kBlock, M - row))
                  : LeftBlock(packed + b * these * kStepElements, these * kBlock, kBlock,
                              std::min(kBlock, M - row));
          if (chunk + 1 == chunks && finish.slope_at != nullptr)
            fetch_rows(finish.slope_at + at, finish.stride);
          (chunk == 0 ? unit_.product : unit_.add_product)(block, from, right, these);
          if (chunk + 1 < chunks) continue;
          BlockFinish here = finish;
          here.y += at;
          if (here.pre != nullptr) here.pre += at;
          if (here.residual != nullptr) here.residual += at;
          if (here.slope_at != nullptr) here.slope_at += at;
          if (here.bias != nullptr) here.bias += column;
          isa_.blocks.finish(here, block, std::min(kBlock, M - row), columns);
        }
      }
    }
  }
}

void Bf16Linear::backward_weight(const Tensor& dw, const Tensor& dy, const Tensor& x) {
  const int64_t N = dy.rows(), O = dy.columns(), I = x.columns();
  const bool turned = O > I;  // blocks of sums are those of dw^T
  const Tensor &narrow = turned ? x : dy, &wide = turned ? dy : x;
  const int64_t left_blocks = block_count(narrow.columns()), panels = block_count(wide.columns());
  const int64_t most_panels = (panels + team_.size() - 1) / team_.size();
  const bool keepable = most_panels * left_blocks * kStepElements <= kKeptSums;
  // All rows at once where they fit into L2, else parts of nearly equal size; half as many beside sums that
  // are kept.
  const int64_t left_size = keepable ? kWeightLeft / 2 : kWeightLeft;
  const int64_t fitting = std::max(kLeastWeightRows, left_size / (left_blocks * kBlock));
  const int64_t parts = (N + fitting - 1) / fitting,
                part_rows = block_count((N + parts - 1) / parts) * kBlock;
  const bool kept = keepable && parts > 1;
  if (kept) kept_sums_.reserve(panels * left_blocks * kStepElements * 2);
  for (int64_t first = 0; first < N; first += part_rows) {
    const Range rows = {first, std::min(first + part_rows, N)};
    const int64_t steps = block_count(rows.size()), columns = narrow.columns();
    uint16_t* left = left_.reserve(left_blocks * steps * kStepElements);
    team_.run([&](int worker, int workers) {
      const Range part = split_range(steps, worker, workers);
      if (part.size() <= 0) return;
      isa_.pack_bf16.pack_left_transposed(left, narrow.as<uint16_t>() + first * columns, columns, rows.size(),
                                          columns, part.begin, part.end);
    });
    team_.share(
        panels, std::max<int64_t>(1, panels / (kPanelPieces * team_.size())), [&](int worker, Range part) {
          const Bf16Unit::Use use(unit_);
          weight_part(workers_[static_cast<size_t>(worker)], dw, turned, wide, rows, left_blocks, part, kept);
        });
  }
}

void Bf16Linear::weight_part(Worker& worker, const Tensor& dw, bool turned, const Tensor& wide, Range rows,
                             int64_t left_blocks, Range panels, bool kept) {
  const int64_t W = wide.columns(), O = dw.rows(), I = dw.columns(), steps = block_count(rows.size());
  const int64_t group = std::clamp<int64_t>(kWeightRight / (steps * kStepElements), 1, panels.size());
  uint16_t* right = worker.right.reserve(group * steps * kStepElements);
  // Sums that are kept have a place for each panel; others are the worker's, for one panel after the other.
  float* held_sums = reinterpret_cast<float*>(kept ? kept_sums_.data()
                                                   : worker.sums.reserve(left_blocks * kStepElements * 2));
  const bool begins = !kept || rows.begin == 0, ends = !kept || rows.end == wide.rows();
  alignas(64) float turned_sums[kStepElements];
  for (int64_t first = panels.begin; first < panels.end; first += group) {
    const int64_t count = std::min(group, panels.end - first), column = first * kBlock;
    isa_.pack_bf16.pack_right(right, wide.as<uint16_t>() + rows.begin * W + column, W, rows.size(),
                              std::min(count * kBlock, W - column), 0, steps);
    for (int64_t p = 0; p < count; ++p) {
      float* sums = held_sums + (kept ? first + p : 0) * left_blocks * kStepElements;
      // Some steps of the panel stay in L1 while those of all left blocks pass.
      for (int64_t step = 0; step < steps; step += kSmallSteps) {
        const int64_t these = std::min(kSmallSteps, steps - step);
        for (int64_t b = 0; b < left_blocks; ++b) {
          (step == 0 && begins ? unit_.product : unit_.add_product)(
              sums + b * kStepElements, left_.data() + (b * steps + step) * kStepElements,
              right + (p * steps + step) * kStepElements, these);
        }
      }
      if (!ends) continue;
      for (int64_t b = 0; b < left_blocks; ++b) {
        const int64_t i = (turned ? first + p : b) * kBlock, j = (turned ? b : first + p) * kBlock;
        const float* block = sums + b * kStepElements;
        if (turned) isa_.blocks.transpose(turned_sums, block);
        isa_.blocks.add(dw.as<float>() + i * I + j, I, turned ? turned_sums : block, std::min(kBlock, O - i),
                        std::min(kBlock, I - j), 1.0f);
      }
    }
  }
}

}  // namespace seedling
