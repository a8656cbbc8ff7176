// The mean of the weights against its equation, and what must not change when it is put in use.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "optimizer/weight_average.h"
#include "support/reference_backend.h"

using namespace seedling;

namespace {

using Values = std::vector<double>;

Values copy_of(const Parameter* parameter) {
  return Values(parameter->value.as<double>(), parameter->value.as<double>() + parameter->size());
}

/// Two parameters that wander.
struct Fixture {
  ReferenceBackend backend;
  Parameters parameters;
  Parameter *matrix, *gain;
  Random random{5};

  Fixture() {
    matrix = parameters.add("matrix", ParameterKind::matrix, {5, 3});
    gain = parameters.add("gain", ParameterKind::vector, {7});
    parameters.allocate(backend, DType::f64, true);
    wander();
  }
  void wander() {
    for (Parameter* parameter : {matrix, gain})
      for (int64_t i = 0; i < parameter->size(); ++i)
        if (parameter->trainable) parameter->value.as<double>()[i] += random.normal();
  }
};

/// The mean after so many steps of wandering, by its definition.
Values wander_and_average(Fixture& fixture, WeightAverage& average, double share, int64_t from, int64_t to,
                          Values mean) {
  for (int64_t step = from; step <= to; ++step) {
    fixture.wander();
    average.take(step);
    const Values w = copy_of(fixture.matrix);
    const double reach = std::max(1.0, share * static_cast<double>(step));
    for (size_t i = 0; i < w.size(); ++i) mean[i] += (w[i] - mean[i]) / reach;
  }
  return mean;
}

void check_close(const Values& found, const Values& wanted, double tolerance) {
  BOOST_REQUIRE_EQUAL(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) BOOST_TEST(std::abs(found[i] - wanted[i]) < tolerance);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(weight_average)

BOOST_FIXTURE_TEST_CASE(the_mean_reaches_back_over_its_share, Fixture) {
  WeightAverage average(0.5, parameters, backend);
  const Values mean = wander_and_average(*this, average, 0.5, 1, 30, copy_of(matrix));
  const Values path = copy_of(matrix);
  {
    const WeightAverage::InUse in_use(average);
    check_close(copy_of(matrix), mean, 1e-5);  // its weights are floats
  }
  BOOST_TEST((copy_of(matrix) == path));
}

BOOST_FIXTURE_TEST_CASE(a_share_of_one_is_the_plain_mean, Fixture) {
  WeightAverage average(1.0, parameters, backend);
  Values sum(static_cast<size_t>(matrix->size()), 0.0);
  for (int64_t step = 1; step <= 8; ++step) {
    wander();
    average.take(step);
    const Values w = copy_of(matrix);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += w[i] / 8.0;
  }
  const WeightAverage::InUse in_use(average);
  check_close(copy_of(matrix), sum, 1e-5);
}

BOOST_FIXTURE_TEST_CASE(a_mean_that_begins_again_knows_nothing_of_before, Fixture) {
  WeightAverage average(0.5, parameters, backend);
  wander_and_average(*this, average, 0.5, 1, 10, copy_of(matrix));
  const Values here = copy_of(matrix);
  average.begin_again();
  {
    const WeightAverage::InUse in_use(average);
    BOOST_TEST((copy_of(matrix) == here));
  }
  BOOST_TEST((copy_of(matrix) == here));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_trained_stays_to_the_last_bit, Fixture) {
  gain->trainable = false;
  const Values before = copy_of(gain);
  WeightAverage average(0.3, parameters, backend);
  BOOST_TEST(average.state().size() == 1u);
  const Values mean = wander_and_average(*this, average, 0.3, 1, 20, copy_of(matrix));
  const WeightAverage::InUse in_use(average);
  BOOST_TEST((copy_of(gain) == before));
  check_close(copy_of(matrix), mean, 1e-5);
}

BOOST_FIXTURE_TEST_CASE(a_restored_mean_goes_on_as_if_never_stopped, Fixture) {
  WeightAverage average(0.4, parameters, backend);
  wander_and_average(*this, average, 0.4, 1, 10, copy_of(matrix));
  Values model, path;
  {
    const WeightAverage::InUse in_use(average);  // what a checkpoint holds
    model = copy_of(matrix);
    const Tensor kept = average.state()[0].tensor;
    path = Values(kept.as<double>(), kept.as<double>() + kept.size());
    BOOST_TEST(average.state()[0].name == "matrix.path");
  }
  BOOST_TEST((copy_of(matrix) == path));
  const Random here = random;
  wander_and_average(*this, average, 0.4, 11, 15, copy_of(matrix));
  const Values wanted_path = copy_of(matrix);
  Values wanted;
  {
    const WeightAverage::InUse in_use(average);
    wanted = copy_of(matrix);
  }

  WeightAverage again(0.4, parameters, backend);
  std::copy(model.begin(), model.end(), matrix->value.as<double>());
  std::copy(path.begin(), path.end(), again.state()[0].tensor.as<double>());
  again.restore();
  random = here;
  wander_and_average(*this, again, 0.4, 11, 15, copy_of(matrix));
  BOOST_TEST((copy_of(matrix) == wanted_path));
  const WeightAverage::InUse in_use(again);
  BOOST_TEST((copy_of(matrix) == wanted));
}

BOOST_FIXTURE_TEST_CASE(without_a_share_nothing_is_kept, Fixture) {
  WeightAverage average(0.0, parameters, backend);
  wander_and_average(*this, average, 0.5, 1, 3, copy_of(matrix));
  const Values path = copy_of(matrix);
  average.restore();
  const WeightAverage::InUse in_use(average);
  BOOST_TEST((copy_of(matrix) == path));
  BOOST_TEST(average.state().empty());
}

BOOST_AUTO_TEST_SUITE_END()
