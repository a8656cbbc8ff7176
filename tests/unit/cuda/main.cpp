// The main function of the tests that need a GPU, real or emulated. Where none answers they are skipped, and
// counted: ctest reports them so by the exit code.
#define BOOST_TEST_MODULE seedling_cuda
#define BOOST_TEST_NO_MAIN
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstring>

#include "backend/devices.h"
#include "unit/backend/op_case.h"

namespace {

constexpr int kSkipped = 77;

bool start() { return true; }

}  // namespace

int main(int count, char** arguments) {
  const bool say_skipped = count == 2 && std::strcmp(arguments[1], "--say-skipped") == 0;
  if (!seedling::cuda_answers()) {
    std::printf(
        "skipped: %zu ops on the GPU in fp32 and in bf16, and the training runs: no GPU answers here\n",
        seedling::test::op_table().size());
    return say_skipped ? 0 : kSkipped;
  }
  return say_skipped ? 0 : boost::unit_test::unit_test_main(start, count, arguments);
}
