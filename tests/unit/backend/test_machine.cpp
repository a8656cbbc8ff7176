// What is found out about the machine, which row kernels are chosen, and make_backend's refusals.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>

#include "backend/backend.h"
#include "backend/cpu/blas.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/machine.h"
#include "base/error.h"

namespace seedling {

BOOST_AUTO_TEST_SUITE(machine)

BOOST_AUTO_TEST_CASE(units_are_consistent) {
  const CpuInfo& cpu = cpu_info();
  BOOST_CHECK_GE(cpu.cores, 1);
  BOOST_CHECK(!cpu.avx512 || cpu.avx2);
  BOOST_CHECK(!cpu.avx512_bf16 || cpu.avx512);
  BOOST_TEST_MESSAGE(cpu.model << ", " << cpu.cores << " cores, avx512 " << cpu.avx512 << ", bf16 "
                               << cpu.avx512_bf16 << ", tiles " << cpu.amx_bf16 << ", L2 " << cpu.l2_bytes);
  BOOST_TEST_MESSAGE(blas_info().library << ", " << blas_info().kernel << ", at first "
                                         << blas_info().first_kernel);
}

BOOST_AUTO_TEST_CASE(the_blas_kernel_is_as_wide_as_the_cpu) {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return;  // the user's choice is left alone
  const std::string kernel = blas_info().kernel;
  if (kernel.empty()) return;  // Accelerate does not say
  if (cpu_info().avx512) {
    BOOST_CHECK_MESSAGE(kernel == "SkylakeX" || kernel == "Cooperlake" || kernel == "Sapphirerapids", kernel);
  } else if (cpu_info().avx2) {
    BOOST_CHECK_MESSAGE(kernel == "Haswell" || kernel == "Zen" || kernel == "Excavator", kernel);
  }
}

BOOST_AUTO_TEST_CASE(the_widest_table_is_chosen) {
  const char* name = choose_kernels().name;
  BOOST_CHECK_EQUAL(name, cpu_info().avx512_bf16 ? "avx512bf16"
                          : cpu_info().avx512    ? "avx512"
                          : cpu_info().avx2      ? "avx2"
                                                 : "baseline");
  BOOST_CHECK(find_kernels("baseline") != nullptr);
  BOOST_CHECK(find_kernels("mmx") == nullptr);
  setenv("SEEDLING_ISA", "mmx", 1);
  BOOST_CHECK_THROW(choose_kernels(), UsageError);
  unsetenv("SEEDLING_ISA");
}

BOOST_AUTO_TEST_CASE(unknown_devices_and_precisions_are_usage_errors) {
  const auto make = [](const char* device, const char* precision, int threads) {
    DeviceOptions options;
    options.device = device, options.precision = precision, options.threads = threads;
    return make_backend(options);
  };
  BOOST_CHECK_THROW(make("tpu", "auto", 0), UsageError);
  BOOST_CHECK_THROW(make("cpu", "fp8", 0), UsageError);
  BOOST_CHECK_THROW(make("cpu", "auto", -1), UsageError);
  BOOST_CHECK_EQUAL(make("cpu", "fp32", 1)->name(), "cpu");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
