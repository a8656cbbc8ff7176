// The generic source of the row kernels. Included once by each of baseline.cpp, avx2.cpp, avx512.cpp
// and avx512bf16.cpp,
// after
// `#define SEEDLING_ISA name`, which names both the namespace and the table.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "backend/cpu/isa/isa.h"
#include "backend/cpu/isa/tables.h"
#include "kernels/activation.h"
#include "kernels/bf16.h"
#include "kernels/dropout.h"
#include "kernels/math.h"

namespace seedling::SEEDLING_ISA {
namespace {

// clang-format off
#include "backend/cpu/isa/access.inc.h"
#include "backend/cpu/isa/activation.inc.h"
#include "backend/cpu/isa/elementwise.inc.h"
#include "backend/cpu/isa/tables.inc.h"
#include "backend/cpu/isa/norm.inc.h"
#include "backend/cpu/isa/loss.inc.h"
#include "backend/cpu/isa/small_product.inc.h"
#include "backend/cpu/isa/attention.inc.h"
#include "backend/cpu/isa/attention_other.inc.h"
#include "backend/cpu/isa/parameters.inc.h"
#include "backend/cpu/isa/bf16_products.inc.h"
#include "backend/cpu/isa/bf16_blocks.inc.h"
#include "backend/cpu/isa/attention_bf16.inc.h"
// clang-format on

template <typename T>
constexpr RowKernels row_kernels() {
  constexpr bool bf16 = std::is_same_v<T, Bf16>;
  return {.start_rows = start_rows<T>,
          .column_sums = column_sums<T>,
          .activation_forward = activation_forward<T>,
          .activation_backward = activation_backward<T>,
          .gated_forward = gated_forward<T>,
          .gated_backward = gated_backward<T>,
          .dropout = dropout<T>,
          .add = add<T>,
          .fill = fill<T>,
          .scale = scale<T>,
          .to_float = to_float<T>,
          .from_float = from_float<T>,
          .shift_forward = shift_forward<T>,
          .shift_backward = shift_backward<T>,
          .gather = gather<T>,
          .scatter_add = scatter_add<T>,
          .norm_forward = norm_forward<T>,
          .norm_backward = norm_backward<T>,
          .rotate_forward = rotate_forward<T>,
          .rotate_backward = rotate_backward<T>,
          .attention_scratch = bf16 ? bf16_attention_scratch : attention_scratch,
          .attention_forward = bf16 ? attention_forward_bf16 : attention_forward<float>,
          .attention_backward = bf16 ? attention_backward_bf16 : attention_backward<float>,
          .attention_cached = attention_cached<T>,
          .attention_probabilities = attention_probabilities<T>,
          .softmax_cross_entropy = softmax_cross_entropy<T>,
          .softmax = softmax<T>};
}

template <typename T>
constexpr ProductKernels product_kernels() {
  return {.pack_left = pack_left<T>,
          .pack_left_transposed = pack_left_transposed<T>,
          .pack_right = pack_right<T>,
          .pack_right_transposed = pack_right_transposed<T>};
}

}  // namespace

#define SEEDLING_TEXT_OF(name) #name
#define SEEDLING_TEXT(name) SEEDLING_TEXT_OF(name)
constexpr IsaKernels kTable = {SEEDLING_TEXT(SEEDLING_ISA),
                               row_kernels<float>(),
                               row_kernels<Bf16>(),
                               {squared_norm, adamw, momentum, apply_update},
                               few_rows_product,
                               product_kernels<float>(),
                               product_kernels<Bf16>(),
                               {block_product<false>, block_product<true>, finish_block, add_block,
                                blend_block, shape_block, transpose_block}};

const IsaKernels& table() { return kTable; }

}  // namespace seedling::SEEDLING_ISA
