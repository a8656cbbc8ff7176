// The processor's tiles. Flags: backend/sources.cmake. See amx_product.h.
#include "backend/cpu/isa/amx_product.h"
#include "backend/cpu/isa/bf16_unit.h"

namespace seedling {
namespace {

/// In assembler: GCC's intrinsics take a tile's number only as a literal, and tell the compiler of no more
/// than the first 8 bytes of the configuration.
struct Tiles {
  template <int tile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(tile));
  }
  template <int tile>
  static void load(const void* from, int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(tile) : "memory");
  }
  template <int tile>
  static void store(float* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(tile) : "memory");
  }
  template <int sum, int left, int right>
  static void multiply() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(sum), "i"(left), "i"(right));
  }
};

/// The architecture's palette 1, every tile 16 rows x 64 bytes (LDTILECFG's operand).
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfig kConfig;

void begin() { asm volatile("ldtilecfg %0" ::"m"(kConfig)); }

void end() { asm volatile("tilerelease"); }

}  // namespace

const Bf16Unit& amx_unit() {
  static constexpr Bf16Unit unit = {"amx", begin, end, amx_block_product<Tiles, false>,
                                    amx_block_product<Tiles, true>};
  return unit;
}

}  // namespace seedling
