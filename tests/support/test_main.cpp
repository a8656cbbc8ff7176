// The main function of every Boost.Test program.
#define BOOST_TEST_MODULE seedling
#include <boost/test/unit_test.hpp>
