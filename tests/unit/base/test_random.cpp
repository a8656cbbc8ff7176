// The counter-based streams: repeatable, independent, uniform and normal.
#include <boost/test/unit_test.hpp>
#include <set>

#include "base/random.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(a_stream_continues_from_its_counter) {
  Random first(42);
  for (int i = 0; i < 10; ++i) first.next();
  Random second(first.key(), first.counter());
  BOOST_TEST(first.next() == second.next());
}

BOOST_AUTO_TEST_CASE(moments) {
  Random random(derive_key(1, 2));
  const int count = 200000;
  double mean = 0, square = 0, normal_mean = 0, normal_square = 0;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform(), z = random.normal();
    mean += u, square += u * u, normal_mean += z, normal_square += z * z;
  }
  BOOST_TEST(mean / count == 0.5, boost::test_tools::tolerance(0.01));
  BOOST_TEST(square / count == 1.0 / 3.0, boost::test_tools::tolerance(0.01));
  BOOST_TEST(std::abs(normal_mean / count) < 0.01);
  BOOST_TEST(normal_square / count == 1.0, boost::test_tools::tolerance(0.02));
}

BOOST_AUTO_TEST_CASE(below_covers_its_range_evenly) {
  Random random(7);
  int counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  for (const int count : counts) BOOST_TEST(std::abs(count - 10000) < 500);
}

// A dropout mask must look random along the index, at any distance and share, and two masks must have nothing
// to do with each other: not those of neighbouring keys, nor of keys that other bits tell apart. Limits: six
// standard deviations.
BOOST_AUTO_TEST_CASE(dropout_masks_are_random) {
  constexpr int kCount = 100000;
  const auto keeps = [](uint64_t key, int i, double p) {
    return hash32(key, static_cast<uint32_t>(i)) >= static_cast<uint32_t>(p * 4294967296.0);
  };
  for (const double p : {0.5, 0.1}) {
    const double both = (1 - p) * (1 - p), deviation = std::sqrt(both * (1 - both) * kCount);
    for (const uint64_t key : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, derive_key(3, 4), derive_key(5, 6)}) {
      int kept = 0;
      for (int i = 0; i < kCount; ++i) kept += keeps(key, i, p);
      BOOST_TEST(std::abs(kept - (1 - p) * kCount) < 6 * std::sqrt(p * (1 - p) * kCount));
      const auto check_pair = [&](const char* what, uint64_t other, int distance) {
        int together = 0;
        for (int i = 0; i < kCount; ++i) together += keeps(key, i, p) && keeps(other, i + distance, p);
        BOOST_TEST(std::abs(together - both * kCount) < 6 * deviation,
                   what << " " << distance << ", key " << key << " and " << other << ": " << together);
      };
      for (const int distance : {1, 2, 7, 8, 64, 384, 1024, 65536})
        check_pair("along the index", key, distance);
      for (int bit = 32; bit < 64; ++bit) check_pair("another key", key ^ uint64_t{1} << bit, 0);
      for (uint64_t stream = 0; stream < 20; ++stream)
        check_pair("another stream", derive_key(key, stream), 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
