// Series: buckets hold the true extremes of their points, keep still while a run grows, and are as many as
// asked for.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "web/server/series.h"

using namespace seedling::server;

namespace {

SeriesIndex noise(int64_t lines, uint64_t seed, int64_t sparse = 7) {
  SeriesIndex index;
  seedling::Random random(seed);
  for (int64_t i = 1; i <= lines; ++i) {
    index.begin_line(i);
    index.add("loss", random.normal());
    if (i % sparse == 0) index.add("val_loss", random.normal());
  }
  return index;
}

constexpr int64_t kFar = int64_t{1} << 40;

}  // namespace

BOOST_AUTO_TEST_SUITE(series)

BOOST_AUTO_TEST_CASE(rows_equal_brute_force_over_every_range) {
  const int64_t n = 3001;
  const SeriesIndex index = noise(n, 1);
  const auto raw = index.query("loss", -kFar, kFar, 20000).rows;
  BOOST_REQUIRE_EQUAL(raw.size(), static_cast<size_t>(n));
  seedling::Random random(2);
  for (int round = 0; round < 300; ++round) {
    const int64_t from = static_cast<int64_t>(random.below(n)) + 1,
                  to = from + static_cast<int64_t>(random.below(n));
    const int64_t points = static_cast<int64_t>(random.below(200)) + 1;
    const auto answer = index.query("loss", from, to, points);
    BOOST_TEST((answer.bucket & (answer.bucket - 1)) == 0);
    BOOST_REQUIRE_LE(answer.rows.size(), static_cast<size_t>(points));
    const int64_t last = std::min(to, n);
    BOOST_TEST(answer.count == last - from + 1);
    if (answer.count >= points) BOOST_REQUIRE_GE(2 * answer.rows.size(), static_cast<size_t>(points));
    int64_t begin = from;
    for (const auto& row : answer.rows) {  // each row covers the steps after the row before it
      double low = INFINITY, high = -INFINITY;
      for (int64_t step = begin; step <= row.step; ++step) {
        low = std::min(low, raw[static_cast<size_t>(step - 1)].last),
        high = std::max(high, raw[static_cast<size_t>(step - 1)].last);
      }
      BOOST_REQUIRE_EQUAL(row.min, low);
      BOOST_REQUIRE_EQUAL(row.max, high);
      BOOST_REQUIRE_EQUAL(row.last, raw[static_cast<size_t>(row.step - 1)].last);
      begin = row.step + 1;
    }
    BOOST_TEST(begin == last + 1);
  }
}

BOOST_AUTO_TEST_CASE(full_buckets_never_change_when_the_run_grows) {
  SeriesIndex index;
  seedling::Random random(3);
  std::vector<SeriesIndex::Row> earlier;
  int64_t bucket = 1;
  for (int64_t step = 1; step <= 5000; ++step) {
    index.begin_line(step);
    index.add("loss", random.normal());
    const auto answer = index.query("loss", -kFar, kFar, 100);
    if (answer.bucket == bucket) {
      for (size_t i = 0; i + 1 < earlier.size(); ++i) {
        BOOST_REQUIRE_EQUAL(answer.rows[i].step, earlier[i].step);
        BOOST_REQUIRE_EQUAL(answer.rows[i].min, earlier[i].min);
        BOOST_REQUIRE_EQUAL(answer.rows[i].max, earlier[i].max);
      }
    }
    bucket = answer.bucket, earlier = answer.rows;
  }
}

BOOST_AUTO_TEST_CASE(a_single_spike_survives_any_thinning) {
  SeriesIndex index;
  for (int64_t step = 0; step < 100000; ++step) {
    index.begin_line(step);
    index.add("loss", step == 54321 ? 99.0 : 1.0);
  }
  for (const int64_t points : {1, 2, 10, 333, 1000}) {
    const auto rows = index.query("loss", -kFar, kFar, points).rows;
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.max == 99.0; }) == 1);
  }
}

BOOST_AUTO_TEST_CASE(sparse_keys_know_their_own_steps) {
  const SeriesIndex index = noise(1000, 4);
  const auto rows = index.query("val_loss", 100, 200, 1000).rows;
  BOOST_REQUIRE_EQUAL(rows.size(), 14u);
  BOOST_TEST(rows.front().step == 105);
  BOOST_TEST(rows.back().step == 196);
  BOOST_TEST(index.has("val_loss"));
  BOOST_TEST(!index.has("nothing"));
  BOOST_TEST(index.query("loss", 2000, 3000, 10).rows.empty());
}

BOOST_AUTO_TEST_CASE(going_back_forgets_what_came_after) {
  SeriesIndex index = noise(1000, 5), expected = noise(400, 5);
  for (SeriesIndex* one : {&index, &expected}) {
    for (int64_t step = 401; step <= 700; ++step) {
      one->begin_line(step);
      one->add("loss", static_cast<double>(step));
    }
  }
  for (const char* key : {"loss", "val_loss"}) {
    for (const int64_t points : {3, 50, 2000}) {
      const auto a = index.query(key, -kFar, kFar, points).rows,
                 b = expected.query(key, -kFar, kFar, points).rows;
      BOOST_REQUIRE_EQUAL(a.size(), b.size());
      for (size_t i = 0; i < a.size(); ++i) {
        BOOST_TEST((a[i].step == b[i].step && a[i].min == b[i].min && a[i].max == b[i].max &&
                    a[i].last == b[i].last));
      }
    }
  }
  BOOST_TEST(index.last_step() == 700);
}

BOOST_AUTO_TEST_CASE(the_scanner_reads_what_a_json_parser_would) {
  SeriesIndex index;
  scan_metrics(index,
               "{\"step\":1,\"loss\":2.5,\"note\":\"x\"}\n"
               "{ \"step\" : 2 , \"loss\" : -1.25e-3, \"nothing\": null, \"yes\": true }\r\n"
               "not json at all\n"
               "{\"step\":3,\"loss\":NaN,\"grad_norm\":1}\n"                // written by some programs
               "{\"step\":4,\"nested\":{\"loss\":9},\"l\\u006fss\":4.0}\n"  // the general parser's turn
               "{\"step\":5,\"loss\":1}garbage\n"
               "{\"loss\":7}\n"
               "{\"step\":6,\"loss\":\"7\"}\n"
               "{\"step\":7,\"loss\":1e999}\n"
               "{\"step\":8,\"loss\":8");
  const auto rows = index.query("loss", -kFar, kFar, 100).rows;
  BOOST_REQUIRE_EQUAL(rows.size(), 3u);
  BOOST_TEST(rows[0].last == 2.5);
  BOOST_TEST(rows[1].last == -1.25e-3);
  BOOST_TEST(rows[2].last == 4.0);
  BOOST_TEST(rows[2].step == 4);
  BOOST_TEST(index.query("grad_norm", -kFar, kFar, 100).rows.size() == 1u);
}

BOOST_AUTO_TEST_CASE(numbers_are_read_to_the_last_bit) {
  seedling::Random random(6);
  std::string text;
  std::vector<double> expected;
  char number[64];
  for (int64_t i = 0; i < 20000; ++i) {
    const double value = random.normal() * std::pow(10.0, static_cast<double>(random.below(24)) - 12.0);
    const int digits = static_cast<int>(random.below(18)) + 1;
    std::snprintf(number, sizeof number, i % 3 == 0 ? "%.*f" : i % 3 == 1 ? "%.*g" : "%.*e", digits, value);
    text += "{\"step\":" + std::to_string(i) + ",\"loss\":" + number + "}\n";
    expected.push_back(std::strtod(number, nullptr));
  }
  SeriesIndex index;
  scan_metrics(index, text);
  const auto rows = index.query("loss", -kFar, kFar, 20000).rows;
  BOOST_REQUIRE_EQUAL(rows.size(), expected.size());
  for (size_t i = 0; i < rows.size(); ++i) BOOST_REQUIRE_EQUAL(rows[i].last, expected[i]);
}

BOOST_AUTO_TEST_CASE(a_second_line_about_a_step_joins_the_first) {
  SeriesIndex index;
  scan_metrics(index,
               "{\"step\":1,\"loss\":2}\n{\"step\":1,\"val_loss\":3}\n{\"step\":1,\"loss\":5}\n{\"step\":2,"
               "\"loss\":1}\n");
  BOOST_TEST(index.lines() == 2);
  BOOST_TEST(index.query("val_loss", 1, 1, 10).rows.at(0).last == 3.0);
  BOOST_TEST(index.query("loss", 1, 1, 10).rows.at(0).last == 5.0);
  BOOST_TEST(index.query("loss", 1, 2, 10).rows.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
