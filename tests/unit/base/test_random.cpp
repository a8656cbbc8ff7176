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

// A dropout mask must look random along the index and differ between keys.
BOOST_AUTO_TEST_CASE(hash32_bits_are_balanced) {
  for (const uint64_t key : {0ull, 1ull, 0xFFFFFFFFFFFFFFFFull}) {
    int kept = 0, same_as_next = 0, same_as_other_key = 0;
    const int count = 100000;
    for (int i = 0; i < count; ++i) {
      const bool keep = hash32(key, i) < 0x80000000u;
      kept += keep;
      same_as_next += keep == (hash32(key, i + 1) < 0x80000000u);
      same_as_other_key += keep == (hash32(key + (1ull << 32), i) < 0x80000000u);
    }
    BOOST_TEST(std::abs(kept - count / 2) < 800);
    BOOST_TEST(std::abs(same_as_next - count / 2) < 800);
    BOOST_TEST(std::abs(same_as_other_key - count / 2) < 800);
  }
}

BOOST_AUTO_TEST_SUITE_END()
