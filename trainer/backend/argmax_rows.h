// The largest element of one row in the host's memory. Called by: argmax_rows.cpp, backend/cpu,
// generation/sampling.cpp, training/speed.cpp.
#pragma once

#include "backend/backend.h"

namespace seedling {

/// The first place of the largest element of `row` (f32, bf16 or f64); 0 where none is a number.
int32_t argmax_of_row(const Tensor& row);

}  // namespace seedling
