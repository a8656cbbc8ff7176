// The emulated GPU itself: kernels that are wrong on purpose must be found out, and the right ones of the
// same shape must pass. See tests/support/cuda_emulation/gpu.h for what is checked.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "backend/devices.h"
#include "support/cuda_emulation/gpu.h"
#include "support/small_models.h"

namespace seedling::gpu {
namespace {

constexpr int kThreads = 64;

/// Each thread hands its number to the one across, through shared memory. `barrier` is what makes it right.
void mirror(int* to, bool barrier) {
  SharedMemory memory;
  const Shared<int> seats = memory.take<int>(kThreads);
  const int t = static_cast<int>(threadIdx.x);
  seats[t] = t;
  if (barrier) __syncthreads();
  to[t] = seats[kThreads - 1 - t];
}

/// Two rounds through the same seats, without a barrier before they are written again.
void reuse(int* to, bool barrier) {
  SharedMemory memory;
  const Shared<int> seats = memory.take<int>(kThreads);
  const int t = static_cast<int>(threadIdx.x);
  for (int round = 0; round < 2; ++round) {
    if (barrier) __syncthreads();
    seats[t] = t + round;
    __syncthreads();
    to[t] = seats[(t + 1) % kThreads];
  }
}

void divergent(int*, bool right) {
  if (threadIdx.x < 40 || right) __syncthreads();
}

void two_places(int*, bool right) {
  if (threadIdx.x < kThreads / 2 || right) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

void lone_lanes(int* to, bool right) {
  int x = static_cast<int>(threadIdx.x);
  if (threadIdx.x % 2 == 0 || right) x += __shfl_xor_sync(kAllLanes, x, 2);
  to[threadIdx.x] = x;
}

void outside(int* to, bool right) {
  SharedMemory memory;
  const Shared<int> seats = memory.take<int>(kThreads);
  const int t = static_cast<int>(threadIdx.x);
  seats[right ? t : t + 1] = t;
  to[t] = 0;
}

void unwritten(int* to, bool right) {
  SharedMemory memory;
  const Shared<int> seats = memory.take<int>(kThreads);
  if (threadIdx.x > 0 || right) seats[static_cast<int>(threadIdx.x)] = 1;
  __syncthreads();
  to[threadIdx.x] = seats[0];
}

alignas(16) uint16_t aligned_source[8 * kThreads];

/// A copy in the background that is not waited for, or waited for by its thread alone.
void hasty(int* to, bool wait, bool barrier) {
  SharedMemory memory;
  const Shared<uint16_t> seats = memory.take<uint16_t>(8 * kThreads);
  const int t = static_cast<int>(threadIdx.x);
  copy_async(seats + 8 * t, aligned_source + 8 * t, true);
  copy_async_commit();
  if (wait) copy_async_wait<0>();
  if (barrier) __syncthreads();
  to[t] = seats[8 * ((t + 1) % kThreads)];
}

/// A warp is ordered by __syncwarp alone.
void within_a_warp(int* to, bool barrier) {
  SharedMemory memory;
  const Shared<int> seats = memory.take<int>(kThreads);
  const int t = static_cast<int>(threadIdx.x);
  seats[t] = t;
  if (barrier) __syncwarp();
  to[t] = seats[t ^ 1];
}

/// Runs it on several orders of the threads; the message where it was found wrong.
std::string found(const std::function<void(int*)>& kernel) {
  std::vector<int> to(kThreads);
  try {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      emulated::set_seed(seed);
      emulated::run(2, kThreads, kThreads * 16, [&] { kernel(to.data()); });
    }
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}

/// `words`: what the message may say. Where a barrier is missing, who comes first decides which it is.
void check(const std::vector<std::string>& words, const std::function<void(int*, bool)>& kernel) {
  const std::string right = found([&](int* to) { kernel(to, true); });
  BOOST_CHECK_MESSAGE(right.empty(), right);
  const std::string wrong = found([&](int* to) { kernel(to, false); });
  const bool said = std::any_of(words.begin(), words.end(), [&](const std::string& part) {
    return wrong.find(part) != std::string::npos;
  });
  BOOST_CHECK_MESSAGE(said, "wanted: " << words.front() << "; found: " << wrong);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(emulation)

BOOST_AUTO_TEST_CASE(a_missing_barrier_is_found) {
  check({"without a barrier", "before it was written"}, mirror);
  check({"without a barrier"}, reuse);
  check({"without a barrier", "before it was written"}, within_a_warp);
}

BOOST_AUTO_TEST_CASE(threads_that_do_not_meet_are_found) {
  check({"do not meet"}, divergent);
  check({"while another thread waits"}, two_places);
  check({"do not meet"}, lone_lanes);
}

BOOST_AUTO_TEST_CASE(bad_accesses_are_found) {
  check({"outside"}, [](int* to, bool right) {
    if (right) return outside(to, true);
    SharedMemory memory;
    memory.take<int>(kThreads * 4 - 32);
    const Shared<int> seats = memory.take<int>(kThreads);
    seats[static_cast<int>(threadIdx.x)] = 1;
  });
  check({"before it was written"}, unwritten);
}

BOOST_AUTO_TEST_CASE(copies_in_the_background_must_be_waited_for) {
  check({"copy to it is under way"}, [](int* to, bool right) { hasty(to, right, true); });
  check({"without a barrier", "before it was written", "copy to it is under way"},
        [](int* to, bool right) { hasty(to, true, right); });
}

BOOST_AUTO_TEST_CASE(what_a_recorded_stream_refuses_is_found) {
  Runtime runtime;
  std::vector<float> device(4, 1.0f);
  const auto graph = runtime.record([&] { runtime.clear(device.data(), sizeof(float)); });
  BOOST_CHECK_EQUAL(device[0], 1.0f);
  runtime.start(*graph);
  BOOST_CHECK_EQUAL(device[0], 0.0f);
  float host = 0.0f;
  const std::function<void()> refused[] = {[&] { runtime.download(&host, device.data(), sizeof host); },
                                           [&] { runtime.upload(device.data(), &host, sizeof host); },
                                           [&] { runtime.allocate(16); }, [&] { runtime.synchronize(); }};
  for (const auto& work : refused) BOOST_CHECK_THROW(runtime.record(work), std::logic_error);
}

BOOST_AUTO_TEST_CASE(the_third_step_of_a_kind_is_recorded) {
  DeviceOptions options;
  options.device = "cuda", options.precision = "bf16";
  const std::unique_ptr<Backend> backend = make_cuda_backend(options);
  const auto graphs_of = [&](const ModelConfig& config, Objective objective, float dropout) {
    Model model(config, *backend, true);
    model.set_dropout(dropout, dropout, dropout);
    const int64_t before = emulated::started_graphs();
    for (int step = 0; step < 5; ++step) model.train(small_batch(config, objective, 2, 8, 1), 0.1f, 1);
    return emulated::started_graphs() - before;
  };
  const ModelConfig language = small_config("gpt2", Objective::causal);
  BOOST_CHECK_EQUAL(graphs_of(language, Objective::causal, 0.0f), 3);
  BOOST_CHECK_EQUAL(graphs_of(language, Objective::causal, 0.1f), 0);  // other masks each time
  BOOST_CHECK_EQUAL(graphs_of(small_config("bert", Objective::span), Objective::span, 0.0f), 0);
}

BOOST_AUTO_TEST_CASE(the_order_of_threads_is_drawn) {
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    std::vector<int> order;
    emulated::set_seed(seed);
    emulated::run(1, 32, 0, [&] { order.push_back(static_cast<int>(threadIdx.x)); });
    orders.insert(order);
  }
  BOOST_CHECK_GT(orders.size(), 4u);
}

/// The layouts, on numbers that tell every element from every other: a (16, 16) from shared memory by
/// ldmatrix, b by both kinds of ldmatrix, and their product.
BOOST_AUTO_TEST_CASE(the_tensor_core_multiplies_matrices) {
  std::vector<float> a(256), b(256), d(256, -1.0f);
  for (int i = 0; i < 256; ++i)
    a[static_cast<size_t>(i)] = static_cast<float>(i % 13 - 6),
    b[static_cast<size_t>(i)] = static_cast<float>(i * 7 % 11 - 5);
  for (const bool transposed : {false, true}) {
    emulated::run(1, 32, 2048, [&] {
      SharedMemory memory;
      const Shared<uint16_t> left = memory.take<uint16_t>(256), right = memory.take<uint16_t>(256);
      const int lane = static_cast<int>(threadIdx.x);
      for (int i = lane; i < 256; i += 32) {
        left[i] = kernels::bf16_of_float(a[static_cast<size_t>(i)]);
        // b (k, n) by rows of k where it is transposed on the way, by rows of n where not
        const int at = transposed ? i : i % 16 * 16 + i / 16;
        right[at] = kernels::bf16_of_float(b[static_cast<size_t>(i)]);
      }
      __syncthreads();
      uint32_t x[4], y[4];
      load_matrices(x, left + (lane % 16 * 16 + lane / 16 * 8));
      if (transposed) {
        load_matrices_transposed(y, right + (lane % 16 * 16 + lane / 16 * 8));
      } else {
        load_matrices(y, right + ((lane / 16 * 8 + lane % 8) * 16 + lane / 8 % 2 * 8));
      }
      for (int n = 0; n < 2; ++n) {
        float sums[4] = {};
        multiply_add(sums, x, y[2 * n], y[2 * n + 1]);
        for (int e = 0; e < 4; ++e) {
          const int row = lane / 4 + e / 2 * 8, column = n * 8 + lane % 4 * 2 + e % 2;
          d[static_cast<size_t>(row * 16 + column)] = sums[e];
        }
      }
    });
    for (size_t i = 0; i < 16; ++i) {
      for (size_t j = 0; j < 16; ++j) {
        float wanted = 0.0f;
        for (size_t k = 0; k < 16; ++k) wanted += a[i * 16 + k] * b[k * 16 + j];
        BOOST_CHECK_EQUAL(d[i * 16 + j], wanted);
      }
    }
  }
}

/// Panels times panels and registers times a panel, on whole numbers; and what was not made visible is found.
BOOST_AUTO_TEST_CASE(the_warpgroup_multiplies_panels) {
  constexpr int kSide = 64;
  const auto a = [](int r, int c) { return static_cast<float>((r * 5 + c * 3) % 13 - 6); };
  const auto b = [](int r, int c) { return static_cast<float>((r * 7 + c) % 11 - 5); };
  std::vector<float> products(kSide * kSide), sums(kSide * kSide);
  const auto multiply = [&](bool visible) {
    emulated::run(1, 128, 2 * kSide * kSide * sizeof(uint16_t), [&] {
      SharedMemory memory;
      const Shared<uint16_t> left = memory.take<uint16_t>(kSide * kSide),
                             right = memory.take<uint16_t>(kSide * kSide);
      const int t = static_cast<int>(threadIdx.x), lane = t % kWarp, row = t / kWarp * 16 + lane / 4;
      for (int i = t; i < kSide * kSide; i += 128) {
        const int r = i / kSide, c = i % kSide;
        left[panel_place(r, c)] = kernels::bf16_of_float(a(r, c));
        right[panel_place(r, c)] = kernels::bf16_of_float(b(r, c));
      }
      if (visible) shared_visible_to_warpgroup();
      __syncthreads();
      float d[8][4], e[8][4] = {};
      warpgroup_begin();
      for (int k = 0; k < 4; ++k) {
        if (k == 0) {
          warpgroup_rows_times_rows<false>(d, left, right, k);
        } else {
          warpgroup_rows_times_rows<true>(d, left, right, k);
        }
        uint32_t weights[4];
        for (int i = 0; i < 4; ++i) {
          const int r = row + i % 2 * 8, c = 16 * k + i / 2 * 8 + lane % 4 * 2;
          weights[i] = pack_bf16(a(r, c), a(r, c + 1));
        }
        warpgroup_add_weighted_rows(e, weights, right, k);
      }
      warpgroup_commit();
      warpgroup_wait<0>();
      for (int n = 0; n < 8; ++n) {
        for (int i = 0; i < 4; ++i) {
          const size_t at = static_cast<size_t>((row + i / 2 * 8) * kSide + n * 8 + lane % 4 * 2 + i % 2);
          products[at] = d[n][i], sums[at] = e[n][i];
        }
      }
    });
  };
  multiply(true);
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      float product = 0.0f, sum = 0.0f;
      for (int k = 0; k < kSide; ++k) product += a(i, k) * b(j, k), sum += a(i, k) * b(k, j);
      BOOST_CHECK_EQUAL(products[static_cast<size_t>(i * kSide + j)], product);
      BOOST_CHECK_EQUAL(sums[static_cast<size_t>(i * kSide + j)], sum);
    }
  }
  BOOST_CHECK_THROW(multiply(false), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling::gpu
