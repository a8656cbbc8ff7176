// Muon's step on the CPU: Newton-Schulz in bf16 blocks of 32 x 32, on tiles or dot products, sums in fp32.
//
// Of X X^T and of the polynomial, which are symmetric, one half is computed and the other is its transpose.
// Momentum, length, packing, the iterations and the change of the weights follow each other while the matrix
// is in L2. Many small matrices are dealt out, one to a worker at a time, so that nobody waits; a large one
// is shared by the whole team. A block's sums do not depend on who computes them: the same bits at any number
// of threads. bf16 also under --precision fp32, as in Jordan et al. 2024.
//
// Called by: CpuBackend::muon. Layout: isa/bf16_layout.h. Equations: optimizer/muon.h.
#pragma once

#include <vector>

#include "backend/backend.h"
#include "backend/cpu/isa/bf16_unit.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/packed_memory.h"
#include "backend/cpu/thread_team.h"

namespace seedling {

class Bf16Muon {
 public:
  Bf16Muon(const IsaKernels& isa, const Bf16Unit& unit, ThreadTeam& team);
  void step(const std::vector<MuonMatrix>& matrices, const MuonStep& step);

 private:
  /// One matrix on its way. X is (m, n) with m <= n: the matrix, or its transpose where that is taller.
  struct Iterate {
    PackedMemory floats;                      // the update before it is packed
    PackedMemory left, transposed, right[2];  // X: blocks over n, panels of X^T over n, panels over m
    PackedMemory square_left, square_right;   // A = X X^T: blocks and panels over m
    PackedMemory polynomial;                  // b A + c A A: blocks over m
    std::vector<double> lengths;              // squared, of blocks of 32 rows
    int64_t m = 0, n = 0, m_blocks = 0, n_blocks = 0;
    bool tall = false;
    int now = 0;  // which of `right` is X
  };

  template <typename Spread>
  void move(Iterate& x, const MuonMatrix& matrix, const MuonStep& step, Spread&& spread);
  void reserve(Iterate& x, const MuonMatrix& matrix);
  void update_block(Iterate& x, const MuonMatrix& matrix, const MuonStep& step, int64_t block);
  void pack_block(Iterate& x, const MuonMatrix& matrix, float factor, int64_t block);
  void square_tile(Iterate& x, int64_t i, int64_t j);
  void polynomial_tile(Iterate& x, float b, float c, int64_t i, int64_t j);
  void next_tile(Iterate& x, float a, int64_t i, int64_t j);
  void last_tile(Iterate& x, const MuonMatrix& matrix, float a, int64_t i, int64_t j);

  const IsaKernels& isa_;
  const Bf16Unit& unit_;
  ThreadTeam& team_;
  std::vector<Iterate> iterates_;          // one a worker
  std::vector<std::vector<size_t>> deal_;  // matrices of each worker
};

}  // namespace seedling
