// The row kernels: what each op does to a block of rows, on one thread, as a table of function pointers.
//
// One source (the .inc.h files here) is compiled once per instruction set (baseline.cpp, avx2.cpp,
// avx512.cpp), each in its own namespace, and choose_kernels picks the table at run time, so that one program
// runs on every CPU and at full width on each. The formulas come from kernels/. Nothing here allocates,
// throws or knows threads.
//
// `void*` is a block of activations: f32 or bf16 as the table says (RowKernels f32, bf16). `float*` is always
// fp32. Called by: CpuBackend, which splits the rows among its workers.
#pragma once

#include <cstdint>

#include "backend/cpu/isa/bf16_layout.h"
#include "kernels/kinds.h"
#include "kernels/optimizer.h"

namespace seedling {

/// One attention call, as raw pointers (backend.h: AttentionShape).
struct AttentionCall {
  void* out;         // (B T, NH HS); input of backward
  float* lse;        // (B, NH, T); input of backward
  const void* qkv;   // (B T, (NH + 2 NK) HS)
  const void* dout;  // backward: (B T, NH HS)
  void* dqkv;        // backward: (B T, (NH + 2 NK) HS)
  int64_t B, T, NH, NK, HS;
  bool causal;
  float scale, dropout;
  uint64_t dropout_key;
  const int32_t* lengths;   // (B) or null
  const float* head_scale;  // (NH) or null
  BlockProduct product;     // of bf16 blocks
};

/// Heads of queries and keys, normalised and rotated (backend.h: rotate_heads_forward).
struct RotateCall {
  void* y;         // (N, (NH + 2 NK) HS); backward: dqkv
  const void* x;   // qkv
  const void* dy;  // backward
  float* stats;    // (N, NH + NK), or null without any gain
  const int32_t* positions;
  const float* gain_q;  // (HS) or null
  const float* gain_k;
  float* dgain_q;  // this worker's partial sums, or null
  float* dgain_k;
  const float* cosines;  // (positions, HS / 2), or null without rotation
  const float* sines;
  int64_t NH, NK, HS;
  float epsilon;
};

struct RowKernels {
  // linear layers' companions
  void (*start_rows)(float* y, const float* bias, const void* residual, int64_t rows, int64_t columns,
                     int64_t stride);
  void (*column_sums)(float* sums, const void* x, int64_t rows, int64_t columns, int64_t stride);
  // element by element
  void (*activation_forward)(void* y, const void* x, int64_t n, Activation activation);
  void (*activation_backward)(void* dx, const void* dy, const void* x, int64_t n, Activation activation);
  void (*gated_forward)(void* y, const void* gate_up, int64_t rows, int64_t F, Activation activation);
  void (*gated_backward)(void* dgate_up, const void* dy, const void* gate_up, int64_t rows, int64_t F,
                         Activation activation);
  void (*dropout)(void* y, const void* x, int64_t first, int64_t n, float p, uint64_t key);
  void (*add)(void* y, const void* a, const void* b, int64_t n);
  void (*fill)(void* y, float value, int64_t n);
  void (*scale)(void* y, float factor, int64_t n);
  void (*to_float)(float* y, const void* x, int64_t n);
  void (*from_float)(void* y, const float* x, int64_t n);
  // rows [begin, end) of all
  void (*shift_forward)(void* y, const void* x, const float* s, int64_t begin, int64_t end, int64_t T,
                        int64_t C);
  void (*shift_backward)(void* dx, float* ds, const void* dy, const void* x, const float* s, int64_t begin,
                         int64_t end, int64_t T, int64_t C, bool accumulate);
  // tables
  void (*gather)(void* y, const float* table, const int32_t* index, int64_t rows, int64_t C, bool accumulate);
  void (*scatter_add)(float* dtable, const int32_t* index, const void* dy, int64_t rows, int64_t C,
                      int64_t first, int64_t last);
  // norms and rotations; dgain and dbias are this worker's partial sums
  void (*norm_forward)(void* y, float* stats, const void* x, const float* gain, const float* bias,
                       int64_t rows, int64_t C, NormKind kind, float epsilon);
  void (*norm_backward)(void* dx, float* dgain, float* dbias, const void* dy, const void* x,
                        const float* stats, const float* gain, int64_t rows, int64_t C, NormKind kind,
                        bool accumulate);
  void (*rotate_forward)(const RotateCall& call, int64_t begin, int64_t end);
  void (*rotate_backward)(const RotateCall& call, int64_t begin, int64_t end);
  // attention: one task is sequence b and key/value head k, with all query heads that share it; cached:
  // key/value heads [first, last), scratch of NH (past + T + HS) floats
  int64_t (*attention_scratch)(int64_t T, int64_t HS);  // floats that one worker needs
  void (*attention_forward)(const AttentionCall& call, int64_t b, int64_t k, float* scratch);
  void (*attention_backward)(const AttentionCall& call, int64_t b, int64_t k, float* scratch);
  void (*attention_cached)(void* out, void* key_cache, void* value_cache, const AttentionCall& call,
                           int64_t past, int64_t first, int64_t last, float* scratch);
  void (*attention_probabilities)(float* p, const AttentionCall& call, int64_t b, int64_t h);
  // loss
  void (*softmax_cross_entropy)(float* losses, void* logits, const int32_t* targets, int64_t rows, int64_t V,
                                float gradient_scale);
  void (*softmax)(void* logits, int64_t rows, int64_t V);
};

/// Ops on parameters and their gradients: always fp32.
struct ParameterKernels {
  double (*squared_norm)(const float* x, int64_t n);
  void (*adamw)(float* w, const float* g, float* m, float* v, int64_t n,
                const kernels::AdamWConstants& constants, const kernels::AdamWRate& rate);
  void (*momentum)(float* update, float* momentum, const float* g, int64_t n, float gradient_scale,
                   float beta, bool nesterov);
  void (*apply_update)(float* w, const float* update, int64_t n, float rate, float decay);
};

/// Products of bf16 operands (bf16_layout.h). `x` is f32 or bf16 as the member says.
struct ProductKernels {
  void (*pack_left)(uint16_t* block, const void* x, int64_t stride, int64_t rows, int64_t K);
  void (*pack_left_transposed)(uint16_t* blocks, const void* x, int64_t stride, int64_t K, int64_t M,
                               int64_t first, int64_t last);
  void (*pack_right)(uint16_t* panels, const void* x, int64_t stride, int64_t K, int64_t N, int64_t first,
                     int64_t last);
  void (*pack_right_transposed)(uint16_t* panels, const void* w, int64_t stride, int64_t K, int64_t N,
                                int64_t first, int64_t last);
};

struct BlockKernels {
  BlockProduct product, add_product;
  void (*finish)(const BlockFinish& finish, const float* sums, int64_t rows, int64_t columns);
  void (*add)(float* c, int64_t stride, const float* sums, int64_t rows, int64_t columns, float alpha);
  void (*blend)(float* out, const float* sums, float alpha, const uint16_t* tile, float beta);
  void (*shape)(const BlockForms& to, const float* sums, float alpha, const uint16_t* tile, float beta);
  void (*transpose)(float* to, const float* from);
};

struct IsaKernels {
  const char* name;  // "avx512bf16", "avx512", "avx2", "baseline"
  RowKernels f32, bf16;
  ParameterKernels parameters;
  /// y (rows, columns) = or += x w^T in fp32, for few rows; ld: elements from one row to the next.
  void (*few_rows)(float* y, int64_t ldy, const float* x, int64_t ldx, const float* w, int64_t ldw,
                   int64_t rows, int64_t columns, int64_t K, bool accumulate);
  ProductKernels pack_f32, pack_bf16;
  BlockKernels blocks;
};

/// The widest table this CPU can run. The environment variable SEEDLING_ISA (avx512bf16, avx512, avx2,
/// baseline) asks for a narrower one, for tests; throws UsageError when the CPU cannot run it or the name is
/// unknown.
const IsaKernels& choose_kernels();
/// The table of that name, or null when this CPU cannot run it.
const IsaKernels* find_kernels(const char* name);

}  // namespace seedling
