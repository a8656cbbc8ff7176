// The bf16 units: this CPU's tiles and dot products, and a model of the tiles that runs the tiles' own code
// anywhere, against double precision on the layout of bf16_layout.h.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "backend/cpu/isa/amx_product.h"
#include "backend/cpu/isa/bf16_unit.h"
#include "backend/cpu/isa/isa.h"
#include "backend/cpu/machine.h"
#include "base/random.h"
#include "kernels/bf16.h"

namespace seedling {
namespace {

/// The eight tile registers as their instructions are defined: 16 rows of 64 bytes (Intel ISE reference,
/// chapter 3).
struct TileModel {
  struct Tile {
    uint32_t cells[16][16];
  };
  static inline Tile tiles[8];

  template <int tile>
  static void zero() {
    tiles[tile] = {};
  }
  template <int tile>
  static void load(const void* from, int64_t stride) {
    for (int row = 0; row < 16; ++row) {
      memcpy(tiles[tile].cells[row], reinterpret_cast<const std::byte*>(from) + row * stride, 64);
    }
  }
  template <int tile>
  static void store(float* to, int64_t stride) {
    for (int row = 0; row < 16; ++row) {
      memcpy(reinterpret_cast<std::byte*>(to) + row * stride, tiles[tile].cells[row], 64);
    }
  }
  /// TDPBF16PS: sum[m][n] += left[m][pair].low right[pair][n].low + left[m][pair].high right[pair][n].high.
  template <int sum, int left, int right>
  static void multiply() {
    for (int m = 0; m < 16; ++m) {
      for (int n = 0; n < 16; ++n) {
        float total = kernels::float_of_bits(tiles[sum].cells[m][n]);
        for (int pair = 0; pair < 16; ++pair) {
          const uint32_t a = tiles[left].cells[m][pair], b = tiles[right].cells[pair][n];
          total += kernels::float_of_bits(a << 16) * kernels::float_of_bits(b << 16);
          total += kernels::float_of_bits(a & 0xFFFF0000u) * kernels::float_of_bits(b & 0xFFFF0000u);
        }
        tiles[sum].cells[m][n] = kernels::bits_of_float(total);
      }
    }
  }
};

constexpr int64_t kSteps = 3, kK = kSteps * kBlock;

/// Largest error of the wanted rows of a product of random blocks against double precision, relative to the
/// largest sum.
double product_error(const Bf16Unit& unit, int64_t wanted = kBlock, std::vector<float>* kept = nullptr) {
  std::vector<float> a(kBlock * kK), b(kK * kBlock), sums(kStepElements);
  Random random(5);
  for (float& x : a) x = kernels::float_of_bf16(kernels::bf16_of_float(static_cast<float>(random.normal())));
  for (float& x : b) x = kernels::float_of_bf16(kernels::bf16_of_float(static_cast<float>(random.normal())));
  std::vector<uint16_t> rows(a.size());  // a as it is
  for (size_t i = 0; i < a.size(); ++i) rows[i] = kernels::bf16_of_float(a[i]);
  std::vector<uint16_t> left(static_cast<size_t>(packed_elements(kBlock, kK)));
  std::vector<uint16_t> right(static_cast<size_t>(packed_elements(kBlock, kK)));
  for (int64_t i = 0; i < kBlock; ++i) {
    for (int64_t k = 0; k < kK; ++k) {
      const int64_t step = k / kBlock, in = k % kBlock, n = i;
      left[static_cast<size_t>(step * kStepElements + i * kBlock + in)] =
          kernels::bf16_of_float(a[static_cast<size_t>(i * kK + k)]);
      const int64_t at = step * kStepElements + n / 16 * 512 + in / 2 * 32 + n % 16 * 2 + in % 2;
      right[static_cast<size_t>(at)] = kernels::bf16_of_float(b[static_cast<size_t>(k * kBlock + n)]);
    }
  }
  {
    const Bf16Unit::Use use(unit);
    // In two parts, the second from rows that lie apart as a matrix's do, or from one that stands for all.
    unit.product(sums.data(), {left.data(), kBlock, kStepElements, wanted}, right.data(), 1);
    const LeftBlock rest(rows.data() + kBlock, wanted == 1 ? 0 : kK, kBlock, wanted);
    unit.add_product(sums.data(), rest, right.data() + kStepElements, kSteps - 1);
  }
  double error = 0.0, largest = 0.0;
  for (int64_t i = 0; i < wanted; ++i) {
    for (int64_t n = 0; n < kBlock; ++n) {
      double exact = 0.0;
      for (int64_t k = 0; k < kK; ++k) {
        exact +=
            static_cast<double>(a[static_cast<size_t>(i * kK + k)]) * b[static_cast<size_t>(k * kBlock + n)];
      }
      error = std::max(error, std::abs(exact - sums[static_cast<size_t>(i * kBlock + n)]));
      largest = std::max(largest, std::abs(exact));
    }
  }
  if (kept != nullptr) kept->assign(sums.begin(), sums.begin() + wanted * kBlock);
  return error / largest;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bf16_units)

BOOST_AUTO_TEST_CASE(the_tiles_code_is_right_on_a_model_of_the_tiles) {
  const Bf16Unit model = {"model", nullptr, nullptr, amx_block_product<TileModel, false>,
                          amx_block_product<TileModel, true>};
  BOOST_CHECK_LT(product_error(model), 1e-6);
  BOOST_CHECK_LT(product_error(model, 1), 1e-6);
}

BOOST_AUTO_TEST_CASE(every_unit_of_this_cpu_is_right) {
  for (const char* name : {"avx512bf16", "avx512", "avx2", "baseline"}) {
    const IsaKernels* isa = find_kernels(name);
    if (isa == nullptr) {
      BOOST_TEST_MESSAGE("skipped: this CPU has no " << name);
      continue;
    }
    std::vector<float> whole, first;
    const Bf16Unit own = {isa->name, nullptr, nullptr, isa->blocks.product, isa->blocks.add_product};
    product_error(own, kBlock, &whole);
    product_error(own, 1, &first);
    whole.resize(first.size());
    BOOST_CHECK_MESSAGE(first == whole, name << ": a row alone is not what it is among others");
    for (const int64_t wanted : {kBlock, int64_t{1}, int64_t{3}, int64_t{11}, int64_t{29}}) {
      const double error = product_error(own, wanted);
      BOOST_CHECK_MESSAGE(error < 1e-6, name << " is off by " << error << " in " << wanted << " rows");
    }
  }
  const Bf16Unit best = choose_bf16_unit(choose_kernels());
  BOOST_TEST_MESSAGE("best unit: " << best.name);
  BOOST_CHECK_EQUAL(std::string(best.name) == "amx", cpu_info().amx_bf16);
  BOOST_CHECK_LT(product_error(best), 1e-6);
}

// 2^-8 is the rounding of bf16, 2^-13 what may come to it. Fewer digits are computed where the result is
// rounded to bf16 anyway: no more than that rounding may show.
BOOST_AUTO_TEST_CASE(activations_are_right_to_bf16s_last_digit) {
  std::vector<uint16_t> x, y;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = kernels::float_of_bf16(static_cast<uint16_t>(bits));
    if (std::abs(value) < 30.0f) x.push_back(static_cast<uint16_t>(bits));
  }
  y.resize(x.size());
  const std::vector<uint16_t> ones(x.size(), kernels::bf16_of_float(1.0f));
  const int64_t n = static_cast<int64_t>(x.size());
  for (const char* name : {"avx512bf16", "avx512", "avx2", "baseline"}) {
    const IsaKernels* isa = find_kernels(name);
    if (isa == nullptr) continue;
    for (const Activation kind : {Activation::gelu_tanh, Activation::silu}) {
      const auto sigmoid = [](double z) { return 1.0 / (1.0 + std::exp(-z)); };
      const double outer = std::sqrt(8.0 / std::acos(-1.0)), inner = 0.044715;
      const auto error = [&](auto exact, double room) {
        double worst = 0.0;
        for (size_t i = 0; i < x.size(); ++i) {
          const double at = kernels::float_of_bf16(x[i]), value = exact(at);
          worst = std::max(worst, std::abs(kernels::float_of_bf16(y[i]) - value) / (std::abs(value) + room));
        }
        return worst;
      };
      const auto gate = [&](double at) {
        return sigmoid(kind == Activation::silu ? at : outer * (at + inner * at * at * at));
      };
      isa->bf16.activation_forward(y.data(), x.data(), n, kind);
      const double forward = error([&](double at) { return at * gate(at); }, 1e-30);
      isa->bf16.activation_backward(y.data(), ones.data(), x.data(), n, kind);
      const double slope = error(
          [&](double at) {
            const double s = gate(at),
                         rise = kind == Activation::silu ? 1.0 : outer * (1.0 + 3 * inner * at * at);
            return s + at * s * (1.0 - s) * rise;
          },
          1e-2);
      BOOST_CHECK_MESSAGE(forward < 0.00405 && slope < 0.00405, name << ", activation "
                                                                     << static_cast<int>(kind) << ": "
                                                                     << forward << ", slope " << slope);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
