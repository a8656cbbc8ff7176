// The tensor core's instructions, lane by lane as the PTX ISA describes them: see gpu.h.
#include "gpu.h"

#include <stdexcept>

namespace seedling::gpu {
namespace {

float low_of(uint32_t pair) { return kernels::float_of_bits(pair << 16); }
float high_of(uint32_t pair) { return kernels::float_of_bits(pair & 0xFFFF0000u); }

/// Element (row, column) of the matrix whose row addresses lanes 8 m .. 8 m + 7 gave.
uint16_t element(const emulated::Meeting& meeting, int m, int row, int column) {
  size_t at;
  std::memcpy(&at, meeting.given_by(8 * m + row), sizeof at);
  uint16_t value;
  emulated::read_shared(at + static_cast<size_t>(column) * sizeof value, &value, sizeof value);
  return value;
}

emulated::Meeting give_row(emulated::Place place, Shared<uint16_t> row) {
  const size_t at = row.offset();
  if (at % 16 != 0)
    throw std::logic_error("GPU emulation: ldmatrix of a row that is not aligned to 16 bytes");
  return emulated::meet_warp(place, kAllLanes, &at, sizeof at);
}

}  // namespace

void load_matrices(uint32_t (&to)[4], Shared<uint16_t> row) {
  const emulated::Meeting meeting = give_row(SEEDLING_PLACE, row);
  const int lane = emulated::here().lane();
  for (int m = 0; m < 4; ++m) {
    const int r = lane / 4, c = 2 * (lane % 4);
    to[m] = element(meeting, m, r, c) | static_cast<uint32_t>(element(meeting, m, r, c + 1)) << 16;
  }
}

void load_matrices_transposed(uint32_t (&to)[4], Shared<uint16_t> row) {
  const emulated::Meeting meeting = give_row(SEEDLING_PLACE, row);
  const int lane = emulated::here().lane();
  for (int m = 0; m < 4; ++m) {
    const int r = 2 * (lane % 4), c = lane / 4;
    to[m] = element(meeting, m, r, c) | static_cast<uint32_t>(element(meeting, m, r + 1, c)) << 16;
  }
}

void multiply_add(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  const uint32_t mine[6] = {a[0], a[1], a[2], a[3], b0, b1};
  const emulated::Meeting meeting = emulated::meet_warp(SEEDLING_PLACE, kAllLanes, mine, sizeof mine);
  const auto given = [&](int lane, int i) {
    uint32_t value;
    std::memcpy(&value, meeting.given_by(lane) + static_cast<size_t>(i) * sizeof value, sizeof value);
    return value;
  };
  const int lane = emulated::here().lane(), g = lane / 4, t = lane % 4;
  for (int e = 0; e < 4; ++e) {
    const int row = g + e / 2 * 8, column = 2 * t + e % 2;
    float sum = d[e];
    for (int k = 0; k < 16;
         k += 2) {  // a pair of k at a time: in register (row half, k half) of lane (row, k pair)
      const uint32_t left = given(row % 8 * 4 + k % 8 / 2, k / 8 * 2 + row / 8);
      const uint32_t right = given(column * 4 + k % 8 / 2, 4 + k / 8);
      sum += low_of(left) * low_of(right) + high_of(left) * high_of(right);
    }
    d[e] = sum;
  }
}

}  // namespace seedling::gpu
