// Every kernel as a host function: it starts the kernel on a stream and returns. Pointers are device memory;
// `type` is the element type of the void pointers, f32 or bf16; everything else is float.
//
// Called by: the cuda_*.cpp files of this folder. Written in: the *.cu files, one family each.
#pragma once

#include <cstdint>

#include "backend/cuda/runtime.h"
#include "kernels/kinds.h"
#include "kernels/optimizer.h"
#include "tensor/tensor.h"

namespace seedling::gpu {

// --- elements.cu
// ------------------------------------------------------------------------------------------------
void activation_forward(Stream stream, DType type, void* y, const void* x, int64_t n, Activation kind);
void activation_backward(Stream stream, DType type, void* dx, const void* dy, const void* x, int64_t n,
                         Activation kind);
/// y (N, F) from gate_up (N, 2F).
void gated_forward(Stream stream, DType type, void* y, const void* gate_up, int64_t N, int64_t F,
                   Activation kind);
void gated_backward(Stream stream, DType type, void* dgate_up, const void* dy, const void* gate_up, int64_t N,
                    int64_t F, Activation kind);
void dropout(Stream stream, DType type, void* y, const void* x, int64_t n, float p, uint64_t key);
void add(Stream stream, DType type, void* y, const void* a, const void* b, int64_t n);
void scale(Stream stream, DType type, void* y, int64_t n, float factor);
void fill(Stream stream, DType type, void* y, int64_t n, float value);
/// y (N, C) += bias (C), to every row.
void add_to_rows(Stream stream, DType type, void* y, const float* bias, int64_t N, int64_t C);
/// y = x, from one element type to the other.
void convert(Stream stream, DType type_y, void* y, DType type_x, const void* x, int64_t n);
/// y[t] = x[t] + s x[t - 1] within each T rows; the gradient of x runs the other way.
void shift_forward(Stream stream, DType type, void* y, const void* x, const float* s, int64_t N, int64_t C,
                   int64_t T);
void shift_backward(Stream stream, DType type, void* dx, const void* dy, const float* s, int64_t N, int64_t C,
                    int64_t T, bool accumulate);

// --- parameters.cu
// ----------------------------------------------------------------------------------------------
/// A span of AdamW's. A block takes kAdamWBlock elements of one span, whose blocks begin at first_block.
struct AdamWEntry {
  float* w;
  const float* g;
  float *m, *v;
  int64_t size, first_block;
  kernels::AdamWRate rate;
};
constexpr int64_t kAdamWBlock = 4096;
/// blocks: of all `count` entries (device memory). by_eight: all begin at multiples of 16 bytes.
void adamw(Stream stream, const AdamWEntry* entries, int64_t count, int64_t blocks, bool by_eight,
           const kernels::AdamWConstants& constants);
void momentum(Stream stream, float* update, float* momentum, const float* g, int64_t n, float gradient_scale,
              float beta, bool nesterov);
void apply_update(Stream stream, float* w, const float* update, int64_t n, float rate, float decay);
/// Doubles that squared_norm needs beside its result.
constexpr int64_t kNormPartials = 1024;
// --- muon.cu
/// A matrix of Muon, in a group of equal shapes.
struct MuonEntry {
  float* weight;
  const float* gradient;
  float* momentum;
  float rate;
};
/// Sums of squares that the momentum of one matrix of so many elements is measured by.
int64_t muon_partials(int64_t size);
/// momentum = beta momentum + g gradient_scale; x (count, stride) bf16 = (g gradient_scale + beta momentum) /
/// its length. partials: (count, muon_partials(size)), then a factor for each. by_eight: all begin at
/// multiples of 16 bytes and have a multiple of 8 elements.
void muon_begin(Stream stream, uint16_t* x, int64_t stride, const MuonEntry* entries, int64_t count,
                int64_t size, double* partials, bool by_eight, float gradient_scale, float beta,
                float epsilon);
/// weight -= rate x.
void muon_end(Stream stream, const MuonEntry* entries, const uint16_t* x, int64_t stride, int64_t count,
              int64_t size, bool by_eight);

/// *sum = sum of x^2, added in a fixed order.
void squared_norm(Stream stream, double* sum, double* partials, const float* x, int64_t n);
/// y *= 1 / (sqrt(*squared) + epsilon).
void normalize(Stream stream, float* y, int64_t n, const double* squared, float epsilon);

// --- columns.cu: what is summed over rows
// ---------------------------------------------------------------------------
/// Floats of scratch that a sum of `outputs` rows of C columns over N rows needs.
int64_t column_scratch(int64_t N, int64_t C, int outputs);
/// sum (C) += column sums of x (N, C).
void column_sums(Stream stream, DType type, float* sum, float* scratch, const void* x, int64_t N, int64_t C);
/// ds (C) += sum of dy[t] x[t - 1].
void shift_backward_parameter(Stream stream, DType type, float* ds, float* scratch, const void* dy,
                              const void* x, int64_t N, int64_t C, int64_t T);

// --- rows.cu
// --------------------------------------------------------------------------------------------------------
void softmax(Stream stream, DType type, void* logits, int64_t N, int64_t V);
/// shared_memory: bytes that a block may have.
void softmax_cross_entropy(Stream stream, DType type, float* losses, void* logits, const int32_t* targets,
                           int64_t N, int64_t V, float gradient_scale, size_t shared_memory);
void argmax_rows(Stream stream, DType type, int32_t* index, const void* x, int64_t N, int64_t V);

// --- norm_forward.cu, norm_backward.cu
// -----------------------------------------------------------------------------------------------
void norm_forward(Stream stream, DType type, void* y, float* stats, const void* x, const float* gain,
                  const float* bias, int64_t N, int64_t C, NormKind kind, float epsilon);

struct NormBackward {
  void* dx;              // (N, C)
  float *dgain, *dbias;  // (C), += ; null where nobody asked
  float* scratch;        // norm_backward_scratch() floats
  const void *dy, *x;    // (N, C)
  const float *stats, *gain;
  int64_t N, C;
  NormKind kind;
  bool accumulate;
  size_t shared_memory;  // bytes that a block may have
};
int64_t norm_backward_scratch(int64_t N, int64_t C);
void norm_backward(Stream stream, DType type, const NormBackward& call);

// --- tables.cu
// ------------------------------------------------------------------------------------------------------
void gather_rows(Stream stream, DType type, void* y, const float* table, const int32_t* index, int64_t N,
                 int64_t C, bool accumulate);
void pick_rows(Stream stream, DType type, void* y, const void* x, const int32_t* index, int64_t M, int64_t C);
void unpick_rows(Stream stream, DType type, void* dx, const void* dy, const int32_t* index, int64_t M,
                 int64_t C);
/// Bytes of scratch that scatter_add_rows needs.
size_t scatter_scratch(int64_t N, int64_t C);
/// dtable (V, C)[index[n]] += dy[n]: sorted by row first, so that the order of the sums is fixed.
void scatter_add_rows(Stream stream, DType type, float* dtable, void* scratch, const int32_t* index,
                      const void* dy, int64_t N, int64_t C, int64_t V);

// --- rotate.cu
// ------------------------------------------------------------------------------------------------------
/// cos and sin of position x theta^(-2i / HS): table (positions, HS / 2) of pairs.
void rotation_table(Stream stream, float* table, int64_t positions, int64_t HS, float theta);

struct RotateCall {
  void* y;                       // (N, (NH + 2 NK) HS): forward's output, or backward's dqkv
  const void* x;                 // forward's input
  const void* dy;                // backward: the gradient of forward's output; may be y
  float* stats;                  // (N, NH + NK): 1 / deviation of each head; unused where there are no gains
  const float *gain_q, *gain_k;  // (HS), null = no norm
  const int32_t* positions;      // (N); null = no rotation
  const float* table;            // rotation_table
  int64_t table_rows, N, NH, NK, HS;
  float epsilon, theta;
};
void rotate_forward(Stream stream, DType type, const RotateCall& call);
void rotate_backward(Stream stream, DType type, const RotateCall& call);
/// dgain_q, dgain_k (HS) += theirs; before rotate_backward, which may write over dy.
void rotate_backward_gains(Stream stream, DType type, float* dgain_q, float* dgain_k, float* scratch,
                           const RotateCall& call);
int64_t rotate_scratch(const RotateCall& call);

// --- attention_plain.cu, attention_mma.cu, attention_wgmma.cu
// -------------------------------------------------
/// Where queries, keys and values lie: row t of head h of sequence b starts at first + ((b T + t) stride) + h
/// HS.
struct AttentionCall {
  const void *query, *key, *value;
  int64_t query_stride, key_stride;  // elements from one position to the next (values: as keys)
  void* out;                         // (B, T, NH HS)
  float* lse;                        // (B, NH, T); may be null
  int64_t B, T, keys, NH, NK, HS;    // T queries, `keys` keys a sequence
  int64_t past;                      // query t is position past + t (causal)
  bool causal;
  float scale, dropout;
  uint64_t dropout_key;
  const int32_t* lengths;   // (B) or null
  const float* head_scale;  // (NH) or null
  // backward
  const void* dout;
  float* dots;                   // (B, NH, T): sums of dout out, scratch
  void *dquery, *dkey, *dvalue;  // laid out as query, key, value
};
/// Any head size, any type, without tensor cores.
void attention_forward_plain(Stream stream, DType type, const AttentionCall& call);
void attention_backward_plain(Stream stream, DType type, const AttentionCall& call);
/// bf16 on tensor cores, head sizes up to kTileHeadSize that are multiples of 8: those of compute
/// capability 8.0 and newer, and Hopper's own.
constexpr int64_t kTileHeadSize = 128;
void attention_forward_mma(Stream stream, const AttentionCall& call);
void attention_backward_mma(Stream stream, const AttentionCall& call);
void attention_forward_wgmma(Stream stream, const AttentionCall& call);
void attention_backward_wgmma(Stream stream, const AttentionCall& call);
/// p (NH, T, T) of sequence b.
void attention_probabilities(Stream stream, DType type, float* p, int64_t b, const AttentionCall& call);
/// rows [past, past + T) of the caches (capacity, NK HS) = keys and values of qkv rows (T, stride).
void store_keys(Stream stream, DType type, void* key_cache, void* value_cache, const void* key,
                const void* value, int64_t stride, int64_t past, int64_t T, int64_t width);

}  // namespace seedling::gpu
