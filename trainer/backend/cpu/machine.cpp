// Asks the operating system and the CPU what there is. See machine.h; the x86 units are in machine_x86.cpp.
#include "backend/cpu/machine.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <thread>
#include <vector>

#include "backend/cpu/blas.h"
#include "backend/cpu/thread_team.h"
#include "backend/cpu/units.h"

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace seedling {
namespace {

#if defined(__APPLE__)
std::string cpu_model() {
  char text[256] = {};
  size_t bytes = sizeof text - 1;
  return sysctlbyname("machdep.cpu.brand_string", text, &bytes, nullptr, 0) == 0 ? text : "";
}

int64_t cache_bytes(const char* name) {
  int64_t value = 0;
  size_t bytes = sizeof value;
  return sysctlbyname(name, &value, &bytes, nullptr, 0) == 0 ? value : 0;
}

void find_caches(CpuInfo& info) {
  info.l1_bytes = cache_bytes("hw.l1dcachesize");
  info.l2_bytes = cache_bytes("hw.l2cachesize");
  info.l3_bytes = cache_bytes("hw.l3cachesize");
}

int usable_cores() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }
#else
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

void find_caches(CpuInfo& info) {
  const auto size = [](int name) { return std::max<int64_t>(0, sysconf(name)); };
  info.l1_bytes = size(_SC_LEVEL1_DCACHE_SIZE);
  info.l2_bytes = size(_SC_LEVEL2_CACHE_SIZE);
  info.l3_bytes = size(_SC_LEVEL3_CACHE_SIZE);
}

/// Cores of the affinity mask, further limited by a container's CPU quota (cgroup v2: "max 100000" or
/// "150000 100000": microseconds of CPU time in each period).
int usable_cores() {
  cpu_set_t mask;
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) cores = std::max(1, CPU_COUNT(&mask));
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && period > 0)
    cores = std::min(cores, std::max(1, static_cast<int>(std::ceil(quota / period))));
  return cores;
}
#endif

}  // namespace

const CpuInfo& cpu_info() {
  static const CpuInfo info = [] {
    CpuInfo found;
    found.model = cpu_model();
    found.cores = usable_cores();
    find_caches(found);
    find_vector_units(found);
    return found;
  }();
  return info;
}

double measure_sgemm_gflops(int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kSize = 1024;
  blas_info();
  std::vector<std::vector<float>> matrices(static_cast<size_t>(threads),
                                           std::vector<float>(3 * kSize * kSize, 0.5f));
  ThreadTeam team(threads);
  const Clock::time_point start = Clock::now();
  double rate = 0.0;
  // Rounds in which all threads multiply at once; a round counts by its slowest member.
  for (int round = 0; round < 3 || std::chrono::duration<double>(Clock::now() - start).count() < seconds;
       ++round) {
    const Clock::time_point begin = Clock::now();
    team.run([&](int worker, int) {
      float* a = matrices[static_cast<size_t>(worker)].data();
      float* b = a + kSize * kSize;
      sgemm(false, true, kSize, kSize, kSize, 1.0f, a, kSize, b, kSize, 0.0f, b + kSize * kSize, kSize);
    });
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    rate = std::max(rate, 2e-9 * static_cast<double>(threads) * kSize * kSize * kSize / elapsed);
  }
  return rate;
}

}  // namespace seedling
