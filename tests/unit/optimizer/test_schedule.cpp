// The course of the learning rate against its formulas, written out by hand.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/error.h"
#include "optimizer/schedule.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(warm_up_grows_linearly_and_reaches_the_top_right_after) {
  const Schedule schedule{"cosine", 1.0, 0.1, 4};
  for (int step = 0; step < 4; ++step) {
    BOOST_TEST(scheduled_rate(schedule, step, 100) == (step + 1) / 5.0, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(scheduled_rate(schedule, 4, 100) == 1.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(cosine_is_nanogpts) {
  // nanoGPT, get_lr(it): decay_ratio = (it - warmup) / (lr_decay_iters - warmup); values from its Python.
  const Schedule schedule{"cosine", 1e-3, 1e-4, 100};
  BOOST_TEST(scheduled_rate(schedule, 0, 2000) == 9.900990099009902e-06, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scheduled_rate(schedule, 1050, 2000) == 5.5e-4, boost::test_tools::tolerance(1e-12));
  const double p = 500.0 / 1900.0;
  BOOST_TEST(scheduled_rate(schedule, 600, 2000) == 1e-4 + 0.5 * (1.0 + std::cos(M_PI * p)) * 9e-4,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scheduled_rate(schedule, 5000, 2000) == 1e-4, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(linear_constant_and_wsd) {
  BOOST_TEST(scheduled_rate({"linear", 2.0, 0.0, 0}, 25, 100) == 1.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scheduled_rate({"linear", 2.0, 0.0, 0}, 0, 100) == 2.0, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(scheduled_rate({"constant", 2.0, 0.0, 0}, 99, 100) == 2.0);
  BOOST_TEST(scheduled_rate({"wsd", 2.0, 0.0, 0}, 79, 100) == 2.0);
  BOOST_TEST(scheduled_rate({"wsd", 2.0, 0.0, 0}, 90, 100) == 1.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_is_wrong_usage) {
  BOOST_CHECK_THROW(scheduled_rate({"cosin", 1.0, 0.0, 0}, 1, 10), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
