// x86's vector units. AVX is asked for; AMX tiles are tried out.
//
// Virtual machines may show AMX in CPUID and hide the leaf with the tile sizes, or show it and forbid it;
// libraries that trust CPUID alone die there with SIGILL. So: CPUID names AMX-TILE and AMX-BF16, the
// operating system saves the tile registers, the kernel grants this process their use, and one product of
// tiles of the architecture's palette 1 (8 tiles of 16 rows x 64 bytes), run under a handler for the fault,
// gives the right number.
//
// Source: Intel Architecture Instruction Set Extensions reference, chapter 3; Linux
// Documentation/arch/x86/xstate.rst.
#include <cpuid.h>
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/cpu/machine.h"
#include "backend/cpu/units.h"

namespace seedling {
namespace {

sigjmp_buf g_fault;  // a signal handler can reach nothing else; used while find_vector_units runs, once

void on_fault(int) { siglongjmp(g_fault, 1); }

/// One 16x16 product of ones over K = 32: every element is 32. False when it is not.
__attribute__((target("amx-tile,amx-bf16"))) bool tiles_multiply() {
  struct alignas(64) {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64};
    uint8_t rows[16] = {16, 16, 16};
  } config;
  alignas(64) static uint16_t ones[16 * 32];
  alignas(64) static float sums[16 * 16];
  for (uint16_t& one : ones) one = 0x3F80;     // 1 in bf16
  asm volatile("ldtilecfg %0" ::"m"(config));  // the intrinsic of GCC 12 names 8 of the 64 bytes
  asm volatile("" ::"r"(ones) : "memory");
  _tile_zero(0);
  _tile_loadd(1, ones, 64);
  _tile_loadd(2, ones, 64);
  _tile_dpbf16ps(0, 1, 2);
  _tile_stored(0, sums, 64);
  asm volatile("" ::: "memory");
  _tile_release();
  for (float sum : sums) {
    if (sum != 32.0f) return false;
  }
  return true;
}

bool tiles_work() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return false;
  if ((edx & kAmxBf16) == 0 || (edx & kAmxTile) == 0) return false;
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) return false;
  struct sigaction handler = {}, before_ill = {}, before_segv = {};
  handler.sa_handler = on_fault;
  sigemptyset(&handler.sa_mask);
  sigaction(SIGILL, &handler, &before_ill);
  sigaction(SIGSEGV, &handler, &before_segv);
  volatile bool works = false;
  if (sigsetjmp(g_fault, 1) == 0) works = tiles_multiply();
  sigaction(SIGILL, &before_ill, nullptr);
  sigaction(SIGSEGV, &before_segv, nullptr);
  return works;
#else
  return false;
#endif
}

}  // namespace

void find_vector_units(CpuInfo& info) {
  __builtin_cpu_init();
  info.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  info.avx512 = info.avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  info.avx512_bf16 = info.avx512 && __builtin_cpu_supports("avx512bf16");
  info.amx_bf16 = info.avx512 && tiles_work();
}

}  // namespace seedling
