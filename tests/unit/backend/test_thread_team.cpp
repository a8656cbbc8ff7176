// The thread team: every worker once, every row once, in any number; errors come back; sleeping workers wake.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "backend/cpu/thread_team.h"

namespace seedling {

BOOST_AUTO_TEST_SUITE(thread_team)

BOOST_AUTO_TEST_CASE(ranges_cover_everything_once) {
  for (int64_t n : {0, 1, 5, 16, 100, 1023}) {
    for (int parts : {1, 2, 3, 7, 16}) {
      for (int64_t grain : {1, 16, 64}) {
        int64_t next = 0;
        for (int part = 0; part < parts; ++part) {
          const Range range = split_range(n, part, parts, grain);
          BOOST_REQUIRE_EQUAL(range.begin, next);
          BOOST_REQUIRE(range.end >= range.begin);
          BOOST_REQUIRE(range.begin % grain == 0 || range.begin == n);
          next = range.end;
        }
        BOOST_REQUIRE_EQUAL(next, n);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_worker_runs_once_a_round) {
  for (int size : {1, 2, 3, 8}) {
    ThreadTeam team(size);
    std::vector<int> counts(static_cast<size_t>(size), 0);
    for (int round = 0; round < 2000; ++round) {
      team.run([&](int worker, int workers) {
        if (workers == size) ++counts[static_cast<size_t>(worker)];
      });
    }
    for (int count : counts) BOOST_CHECK_EQUAL(count, 2000);
  }
}

BOOST_AUTO_TEST_CASE(what_workers_wrote_is_there_after_run) {
  ThreadTeam team(3);
  std::vector<int> values(3000, 0);
  for (int round = 1; round <= 50; ++round) {
    team.run([&](int worker, int workers) {
      const Range range = split_range(3000, worker, workers);
      for (int64_t i = range.begin; i < range.end; ++i) values[static_cast<size_t>(i)] += 1;
    });
    BOOST_REQUIRE_EQUAL(std::accumulate(values.begin(), values.end(), 0), 3000 * round);
  }
}

BOOST_AUTO_TEST_CASE(shared_pieces_are_done_once_each) {
  for (int size : {1, 2, 3, 8}) {
    ThreadTeam team(size);
    for (const int64_t n : {0, 1, 2, 7, 64, 1000}) {
      for (const int64_t grain : {1, 3, 2000}) {
        std::vector<std::atomic<int>> counts(static_cast<size_t>(n));
        std::atomic<bool> right{true};
        for (int round = 0; round < 50; ++round) {
          team.share(n, grain, [&](int worker, Range piece) {
            if (worker < 0 || worker >= size || piece.size() <= 0 || piece.size() > grain) right = false;
            for (int64_t i = piece.begin; i < piece.end; ++i) ++counts[static_cast<size_t>(i)];
          });
        }
        BOOST_REQUIRE(right);
        for (const auto& count : counts) BOOST_REQUIRE_EQUAL(count.load(), 50);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_held_up_is_helped) {
  ThreadTeam team(2);
  std::atomic<int> done[2] = {};
  team.share(100, 1, [&](int worker, Range) {
    if (worker == 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ++done[worker];
  });
  BOOST_CHECK_EQUAL(done[0] + done[1], 100);
  BOOST_CHECK_LE(done[1], 2);  // the piece it was held up in, and the one that is left to it
}

BOOST_AUTO_TEST_CASE(sleepers_wake) {
  ThreadTeam team(4);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // long past the spinning
    std::atomic<int> done{0};
    team.run([&](int, int) { ++done; });
    BOOST_CHECK_EQUAL(done.load(), 4);
  }
}

BOOST_AUTO_TEST_CASE(the_lowest_workers_error_comes_back_and_the_team_lives_on) {
  ThreadTeam team(4);
  for (int round = 0; round < 20; ++round) {
    try {
      team.run([](int worker, int) {
        if (worker >= 1) throw std::runtime_error(std::to_string(worker));
      });
      BOOST_FAIL("nothing was thrown");
    } catch (const std::runtime_error& error) {
      BOOST_CHECK_EQUAL(error.what(), "1");
    }
    std::atomic<int> done{0};
    team.run([&](int, int) { ++done; });
    BOOST_CHECK_EQUAL(done.load(), 4);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace seedling
