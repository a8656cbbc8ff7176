// Tiles, phases and who does them. See cpu_muon.h.
#include "backend/cpu/cpu_muon.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/optimizer.h"

namespace seedling {
namespace {

using Schulz = kernels::NewtonSchulz;

/// Tile products of one iteration: what a matrix costs.
int64_t cost_of(const MuonMatrix& matrix) {
  const int64_t a = block_count(matrix.value.rows()), b = block_count(matrix.value.columns());
  const int64_t m = std::min(a, b), n = std::max(a, b);
  return m * (m + 1) / 2 * (n + m) + m * m * n;
}
/// A matrix below this is not worth the team's meeting after every phase (about 0.1 ms on tiles).
constexpr int64_t kShared = 1500;

/// Units [begin, end) of the tiles (i, j), i <= j, of a square of `blocks` x `blocks`, row after row.
template <typename Work>
void for_upper_tiles(int64_t blocks, Range units, Work work) {
  int64_t i = 0, j = 0;
  for (int64_t skip = units.begin; skip > 0;) {
    const int64_t row = blocks - i;
    if (skip < row) {
      j = i + skip;
      break;
    }
    skip -= row, ++i, j = i;
  }
  for (int64_t unit = units.begin; unit < units.end; ++unit) {
    work(i, j);
    if (++j == blocks) ++i, j = i;
  }
}

uint16_t* tile_of(const PackedMemory& packed, int64_t block, int64_t steps, int64_t step) {
  return packed.data() + (block * steps + step) * kStepElements;
}

}  // namespace

Bf16Muon::Bf16Muon(const IsaKernels& isa, const Bf16Unit& unit, ThreadTeam& team)
    : isa_(isa),
      unit_(unit),
      team_(team),
      iterates_(static_cast<size_t>(team.size())),
      deal_(static_cast<size_t>(team.size())) {}

void Bf16Muon::step(const std::vector<MuonMatrix>& matrices, const MuonStep& step) {
  const int64_t workers = team_.size();
  int64_t total = 0;
  for (const MuonMatrix& matrix : matrices) total += cost_of(matrix);
  std::vector<size_t> order(matrices.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return cost_of(matrices[a]) > cost_of(matrices[b]); });
  for (std::vector<size_t>& hand : deal_) hand.clear();
  std::vector<int64_t> load(static_cast<size_t>(workers));
  for (const size_t i : order) {
    const int64_t cost = cost_of(matrices[i]);
    if (workers > 1 && cost >= kShared && cost * 2 * workers > total) {
      move(iterates_[0], matrices[i], step, [&](int64_t units, auto&& phase) {
        team_.run([&](int worker, int size) {
          const Range part = split_range(units, worker, size);
          if (part.size() <= 0) return;
          const Bf16Unit::Use use(unit_);
          phase(part);
        });
      });
      continue;
    }
    const auto idlest = std::min_element(load.begin(), load.end());
    *idlest += cost;
    deal_[static_cast<size_t>(idlest - load.begin())].push_back(i);
  }
  team_.run([&](int worker, int) {
    const Bf16Unit::Use use(unit_);
    for (const size_t i : deal_[static_cast<size_t>(worker)]) {
      move(iterates_[static_cast<size_t>(worker)], matrices[i], step, [](int64_t units, auto&& phase) {
        phase(Range{0, units});
      });
    }
  });
}

/// The whole way of one matrix. spread(units, phase) does phase(range) for all units, on this worker or on
/// all, and returns when they are done.
template <typename Spread>
void Bf16Muon::move(Iterate& x, const MuonMatrix& matrix, const MuonStep& step, Spread&& spread) {
  reserve(x, matrix);
  const int64_t row_blocks = block_count(matrix.value.rows());
  spread(row_blocks, [&](Range part) {
    for (int64_t b = part.begin; b < part.end; ++b) update_block(x, matrix, step, b);
  });
  const double length = std::sqrt(std::accumulate(x.lengths.begin(), x.lengths.end(), 0.0));
  const float factor = static_cast<float>(1.0 / (length + Schulz::kEpsilon));
  spread(row_blocks, [&](Range part) {
    for (int64_t b = part.begin; b < part.end; ++b) pack_block(x, matrix, factor, b);
  });
  const int64_t upper = x.m_blocks * (x.m_blocks + 1) / 2;
  for (int iteration = 0; iteration < Schulz::kIterations; ++iteration) {
    const auto& [a, b, c] = Schulz::kCoefficients[iteration];
    spread(upper, [&](Range part) {
      for_upper_tiles(x.m_blocks, part, [&](int64_t i, int64_t j) { square_tile(x, i, j); });
    });
    spread(upper, [&](Range part) {
      for_upper_tiles(x.m_blocks, part, [&](int64_t i, int64_t j) { polynomial_tile(x, b, c, i, j); });
    });
    const bool last = iteration + 1 == Schulz::kIterations;
    spread(x.n_blocks, [&](Range part) {
      for (int64_t j = part.begin; j < part.end; ++j) {
        for (int64_t i = 0; i < x.m_blocks; ++i) {
          if (last) {
            last_tile(x, matrix, a, i, j);
          } else {
            next_tile(x, a, i, j);
          }
        }
      }
    });
    x.now = 1 - x.now;
  }
}

void Bf16Muon::reserve(Iterate& x, const MuonMatrix& matrix) {
  const int64_t rows = matrix.value.rows(), columns = matrix.value.columns();
  x.tall = rows > columns;
  x.m = std::min(rows, columns), x.n = std::max(rows, columns);
  x.m_blocks = block_count(x.m), x.n_blocks = block_count(x.n);
  x.now = 0;
  x.lengths.resize(static_cast<size_t>(block_count(rows)));
  x.floats.reserve(2 * rows * columns);
  const int64_t whole = packed_elements(x.m, x.n), square = packed_elements(x.m, x.m);
  for (PackedMemory* memory : {&x.left, &x.transposed, &x.right[0], &x.right[1]}) memory->reserve(whole);
  for (PackedMemory* memory : {&x.square_left, &x.square_right, &x.polynomial}) memory->reserve(square);
}

/// 32 rows of the momentum and of the update before it is made orthogonal, and their squared length.
void Bf16Muon::update_block(Iterate& x, const MuonMatrix& matrix, const MuonStep& step, int64_t block) {
  const int64_t columns = matrix.value.columns(), row = block * kBlock;
  const int64_t size = std::min(kBlock, matrix.value.rows() - row) * columns, at = row * columns;
  float* update = reinterpret_cast<float*>(x.floats.data()) + at;
  isa_.parameters.momentum(update, matrix.momentum.as<float>() + at, matrix.gradient.as<float>() + at, size,
                           step.gradient_scale, step.momentum, true);
  x.lengths[static_cast<size_t>(block)] = isa_.parameters.squared_norm(update, size);
}

/// 32 rows of the matrix, times factor, into all three forms of X.
void Bf16Muon::pack_block(Iterate& x, const MuonMatrix& matrix, float factor, int64_t block) {
  const int64_t columns = matrix.value.columns(), row = block * kBlock;
  const int64_t rows = std::min(kBlock, matrix.value.rows() - row);
  float* whole = reinterpret_cast<float*>(x.floats.data());
  isa_.f32.scale(whole + row * columns, factor, rows * columns);
  const ProductKernels& pack = isa_.pack_f32;
  uint16_t *left = x.left.data(), *transposed = x.transposed.data(), *right = x.right[0].data();
  if (x.tall) {  // 32 columns of X
    pack.pack_left_transposed(left, whole, columns, x.n, x.m, block, block + 1);
    pack.pack_right(transposed, whole, columns, x.n, x.m, block, block + 1);
    pack.pack_right_transposed(right, whole, columns, x.m, x.n, block, block + 1);
  } else {
    pack.pack_left(tile_of(x.left, block, x.n_blocks, 0), whole + row * columns, columns, rows, x.n);
    pack.pack_right_transposed(transposed, whole, columns, x.n, x.m, block, block + 1);
    pack.pack_right(right, whole, columns, x.m, x.n, block, block + 1);
  }
}

/// Tile (i, j) of A = X X^T, and (j, i).
void Bf16Muon::square_tile(Iterate& x, int64_t i, int64_t j) {
  alignas(64) float sums[kStepElements];
  unit_.product(sums, tile_of(x.left, i, x.n_blocks, 0), tile_of(x.transposed, j, x.n_blocks, 0), x.n_blocks);
  BlockForms to = {};
  to.left = tile_of(x.square_left, i, x.m_blocks, j);
  to.right = tile_of(x.square_right, j, x.m_blocks, i);
  if (i != j) {
    to.left_transposed = tile_of(x.square_left, j, x.m_blocks, i);
    to.right_transposed = tile_of(x.square_right, i, x.m_blocks, j);
  }
  isa_.blocks.shape(to, sums, 1.0f, nullptr, 0.0f);
}

/// Tile (i, j) of b A + c A A, and (j, i).
void Bf16Muon::polynomial_tile(Iterate& x, float b, float c, int64_t i, int64_t j) {
  alignas(64) float sums[kStepElements];
  unit_.product(sums, tile_of(x.square_left, i, x.m_blocks, 0), tile_of(x.square_right, j, x.m_blocks, 0),
                x.m_blocks);
  BlockForms to = {};
  to.left = tile_of(x.polynomial, i, x.m_blocks, j);
  if (i != j) to.left_transposed = tile_of(x.polynomial, j, x.m_blocks, i);
  isa_.blocks.shape(to, sums, c, tile_of(x.square_left, i, x.m_blocks, j), b);
}

/// Tile (i, j) of the next X = a X + P X, in all three forms. Of the present X the others still need `right`.
void Bf16Muon::next_tile(Iterate& x, float a, int64_t i, int64_t j) {
  alignas(64) float sums[kStepElements];
  unit_.product(sums, tile_of(x.polynomial, i, x.m_blocks, 0), tile_of(x.right[x.now], j, x.m_blocks, 0),
                x.m_blocks);
  BlockForms to = {};
  to.left = tile_of(x.left, i, x.n_blocks, j);
  to.right = tile_of(x.right[1 - x.now], j, x.m_blocks, i);
  to.right_transposed = tile_of(x.transposed, i, x.n_blocks, j);
  isa_.blocks.shape(to, sums, 1.0f, to.left, a);
}

/// The last X goes straight into the weights: w -= rate X.
void Bf16Muon::last_tile(Iterate& x, const MuonMatrix& matrix, float a, int64_t i, int64_t j) {
  alignas(64) float sums[kStepElements], turned[kStepElements];
  unit_.product(sums, tile_of(x.polynomial, i, x.m_blocks, 0), tile_of(x.right[x.now], j, x.m_blocks, 0),
                x.m_blocks);
  isa_.blocks.blend(sums, sums, 1.0f, tile_of(x.left, i, x.n_blocks, j), a);
  if (x.tall) {
    isa_.blocks.transpose(turned, sums);
    std::swap(i, j);
  }
  const int64_t columns = matrix.value.columns(), row = i * kBlock, column = j * kBlock;
  isa_.blocks.add(matrix.value.as<float>() + row * columns + column, columns, x.tall ? turned : sums,
                  std::min(kBlock, matrix.value.rows() - row), std::min(kBlock, columns - column),
                  -matrix.rate);
}

}  // namespace seedling
