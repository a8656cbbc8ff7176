// OpenBLAS, opened by hand so that its choice of kernels can be put right.
//
// OpenBLAS picks its kernels while it loads, from a list of CPU models. Versions older than the CPU (Debian
// 12's 0.3.21 on newer Xeons, say) fall back to their slowest kernels, six times slower. So it is loaded with
// dlopen; if openblas_get_corename() does not fit what the CPU has, it is closed, told with
// OPENBLAS_CORETYPE, and loaded again. A user's own OPENBLAS_CORETYPE is left alone. It runs on one thread:
// the threads are ours (thread_team.h).
//
// Called by: cpu_linear.cpp through blas.h, machine.cpp. Chosen by backend/sources.cmake on Linux.
#include "backend/cpu/blas.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "backend/cpu/machine.h"
#include "base/error.h"

namespace seedling {
namespace {

enum Order { kRowMajor = 101 };
enum Transpose { kPlain = 111, kTransposed = 112 };
using Sgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                       const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);

class Library {
 public:
  Library() {
    const char* wish = std::getenv("OPENBLAS_CORETYPE");
    const bool user_chose = wish != nullptr && *wish != '\0';
    // Its threads would start while loading, and only ever fight with ours.
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    open();
    info_.first_kernel = info_.kernel;
    const char* better = better_kernel();
    if (!user_chose && better != nullptr) {
      dlclose(handle_);
      setenv("OPENBLAS_CORETYPE", better, 1);
      open();
      unsetenv("OPENBLAS_CORETYPE");
      info_.corrected = info_.kernel != info_.first_kernel;
    }
    unsetenv("OPENBLAS_NUM_THREADS");
  }

  Sgemm sgemm = nullptr;
  const BlasInfo& info() const { return info_; }

 private:
  void open() {
    handle_ = nullptr;
    for (const char* name : {"libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0"}) {
      if ((handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL)) != nullptr) break;
    }
    if (handle_ == nullptr) {
      fail("The CPU backend needs OpenBLAS and could not load libopenblas.so.0 (", dlerror(),
           "). Install it: apt install libopenblas0-pthread, or run `make setup`.");
    }
    sgemm = find<Sgemm>("cblas_sgemm");
    if (sgemm == nullptr)
      fail("libopenblas.so.0 has no cblas_sgemm: install the packaged libopenblas0-pthread.");
    if (auto set_threads = find<void (*)(int)>("openblas_set_num_threads")) set_threads(1);
    if (auto core_name = find<char* (*)()>("openblas_get_corename")) info_.kernel = core_name();
    info_.library = "OpenBLAS";
    if (auto config = find<char* (*)()>("openblas_get_config")) {
      // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": the first two words.
      const std::string text = config();
      const size_t name_end = text.find(' ');
      if (name_end != std::string::npos) info_.library = text.substr(0, text.find(' ', name_end + 1));
    }
  }

  template <typename Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(dlsym(handle_, name));
  }

  /// A kernel this CPU can run that is wider than the one chosen, or null when the choice is good.
  const char* better_kernel() const {
    const std::string& kernel = info_.kernel;
    const bool uses_avx512 = kernel == "SkylakeX" || kernel == "Cooperlake" || kernel == "Sapphirerapids";
    const bool uses_avx2 = uses_avx512 || kernel == "Haswell" || kernel == "Zen" || kernel == "Excavator";
    if (cpu_info().avx512 && !uses_avx512) return "SkylakeX";
    if (cpu_info().avx2 && !uses_avx2) return "Haswell";
    return nullptr;
  }

  void* handle_ = nullptr;
  BlasInfo info_;
};

Library& library() {
  static Library loaded;
  return loaded;
}

}  // namespace

const BlasInfo& blas_info() { return library().info(); }

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  library().sgemm(kRowMajor, transpose_a ? kTransposed : kPlain, transpose_b ? kTransposed : kPlain,
                  static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), alpha, a,
                  static_cast<int>(lda), b, static_cast<int>(ldb), beta, c, static_cast<int>(ldc));
}

}  // namespace seedling
