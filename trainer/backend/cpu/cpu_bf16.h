// Linear layers in bf16: fp32 master weights, bf16 activations, sums in fp32, on tiles or dot products.
//
// Weights are packed once after each change (parameters_changed) into bf16 panels, one form for y = x W^T and
// one for dx = dy W, and kept. Rows of activations are left operands as they lie; only a last block of rows
// that is not whole, or columns that are no multiple of 32, are packed first. Bias, residual and activation
// are applied to each block of 32 x 32 sums while it is in L1. Layout and units: isa/bf16_layout.h.
//
// Called by: the linear ops of CpuBackend when activations are bf16.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "backend/backend.h"
#include "backend/cpu/isa/bf16_unit.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/packed_memory.h"
#include "backend/cpu/thread_team.h"

namespace seedling {

class Bf16Linear {
 public:
  Bf16Linear(const IsaKernels& isa, ThreadTeam& team);

  const Bf16Unit& unit() const { return unit_; }
  /// y = activation(pre), pre = x w^T + bias + residual; pre may be absent; activation may be kNoActivation.
  void forward(const Tensor& y, const Tensor& pre, const Tensor& x, const Tensor& w, const Tensor& bias,
               const Tensor& residual, int activation);
  /// dx = or += dy w.
  void backward_input(const Tensor& dx, const Tensor& dy, const Tensor& w, bool accumulate);
  /// dpre = (dy w) activation'(pre).
  void backward_activated(const Tensor& dpre, const Tensor& dy, const Tensor& w, const Tensor& pre,
                          int activation);
  /// dw += dy^T x. Over the rows the narrower of dy and x is packed as left blocks, once for all workers;
  /// each worker packs and multiplies its own panels of the wider, some at a time.
  void backward_weight(const Tensor& dw, const Tensor& dy, const Tensor& x);

  /// Packed weights are out of date.
  void parameters_changed() { ++version_; }
  /// Memory that was given back may hold other weights next time.
  void forget(const void* memory, size_t bytes);

 private:
  struct Weight {
    PackedMemory panels;
    uint64_t version = 0;
  };
  using Key = std::tuple<const void*, int64_t, int64_t, bool>;  // address, O, I, for backward
  struct Worker {
    PackedMemory left, right, sums;
  };

  const uint16_t* packed_weight(const Tensor& w, bool backward);
  /// left (M, K) in rows times packed right panels (K, N); finish gets each block of 32 x 32 sums.
  void multiply(const Tensor& left, const uint16_t* panels, int64_t N, const BlockFinish& finish);
  void multiply_part(Worker& worker, const Tensor& left, const uint16_t* panels, int64_t N, Range blocks,
                     Range panel_range, const BlockFinish& finish);

  /// The panels' part of dw += dy^T x over some rows; blocks of sums are those of dw^T when turned. kept:
  /// they are kept from the first rows to the last.
  void weight_part(Worker& worker, const Tensor& dw, bool turned, const Tensor& wide, Range rows,
                   int64_t left_blocks, Range panels, bool kept);

  const IsaKernels& isa_;
  Bf16Unit unit_;
  ThreadTeam& team_;
  std::vector<Worker> workers_;
  std::map<Key, Weight> weights_;
  PackedMemory left_, kept_sums_;  // of backward_weight, shared by all workers
  uint64_t version_ = 1;
};

}  // namespace seedling
