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

namespace {

/// Row r, column c of a panel by the 128-byte swizzle as it is defined: bits 4 to 6 of an element's address
/// are exchanged by exclusive or with bits 7 to 9.
float panel_element(Shared<uint16_t> panel, int r, int c) {
  if (panel.offset() % 1024 != 0)
    throw std::logic_error("GPU emulation: a panel that is not aligned to 1024 bytes");
  size_t at = panel.offset() + static_cast<size_t>(r) * 128 + static_cast<size_t>(c) * 2;
  at ^= (at >> 7 & 7) << 4;
  uint16_t value;
  emulated::read_shared_visible(at, &value, sizeof value);
  return kernels::float_of_bf16(value);
}

}  // namespace

void warpgroup_product(float (&d)[8][4], bool add, Shared<uint16_t> a, Shared<uint16_t> b, int k) {
  emulated::warp_barrier(SEEDLING_PLACE);
  const int lane = emulated::here().lane(), row = emulated::here().warp() * 16 + lane / 4;
  for (int n = 0; n < 8; ++n) {
    for (int e = 0; e < 4; ++e) {
      float sum = add ? d[n][e] : 0.0f;
      for (int i = 16 * k; i < 16 * k + 16; ++i)
        sum += panel_element(a, row + e / 2 * 8, i) * panel_element(b, n * 8 + 2 * (lane % 4) + e % 2, i);
      d[n][e] = sum;
    }
  }
}

void warpgroup_add_weighted_rows(float (&d)[8][4], const uint32_t (&a)[4], Shared<uint16_t> b, int k) {
  const emulated::Meeting meeting = emulated::meet_warp(SEEDLING_PLACE, kAllLanes, a, sizeof a);
  const int lane = emulated::here().lane();
  float left[2][16];  // the sixteen columns of rows lane / 4 and lane / 4 + 8
  for (int half = 0; half < 2; ++half) {
    for (int i = 0; i < 16; ++i) {
      uint32_t pair;
      std::memcpy(
          &pair,
          meeting.given_by(lane / 4 * 4 + i % 8 / 2) + static_cast<size_t>(i / 8 * 2 + half) * sizeof pair,
          sizeof pair);
      left[half][i] = i % 2 == 0 ? low_of(pair) : high_of(pair);
    }
  }
  for (int n = 0; n < 8; ++n) {
    for (int e = 0; e < 4; ++e) {
      for (int i = 0; i < 16; ++i)
        d[n][e] += left[e / 2][i] * panel_element(b, 16 * k + i, n * 8 + 2 * (lane % 4) + e % 2);
    }
  }
}

}  // namespace seedling::gpu
