// AdamW and Muon on the double-precision backend against their equations, written out plainly here.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "kernels/optimizer.h"
#include "optimizer/optimizer.h"
#include "support/reference_backend.h"

using namespace seedling;

namespace {

using Values = std::vector<double>;

/// Three parameters: a stacked matrix, an embedding and a gain, with random values and gradients.
struct Fixture {
  ReferenceBackend backend;
  Parameters parameters;
  Parameter *matrix, *embedding, *gain;

  Fixture() {
    matrix = parameters.add("matrix", ParameterKind::matrix, {10, 4}, {7, 3});
    embedding = parameters.add("embedding", ParameterKind::embedding, {5, 3});
    gain = parameters.add("gain", ParameterKind::vector, {6});
    parameters.allocate(backend, DType::f64, true);
    Random random(7);
    for (Parameter& parameter : parameters.all()) {
      for (int64_t i = 0; i < parameter.size(); ++i) parameter.value.as<double>()[i] = random.normal();
    }
    new_gradients(1);
  }
  void new_gradients(uint64_t seed) {
    Random random(derive_key(11, seed));
    for (Parameter& parameter : parameters.all()) {
      for (int64_t i = 0; i < parameter.size(); ++i) parameter.gradient.as<double>()[i] = random.normal();
    }
  }
};

Values copy_of(const Tensor& tensor) {
  return Values(tensor.as<double>(), tensor.as<double>() + tensor.size());
}

void check_close(const Values& found, const Values& wanted, double tolerance) {
  BOOST_REQUIRE_EQUAL(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) BOOST_TEST(std::abs(found[i] - wanted[i]) < tolerance);
}

/// Loshchilov & Hutter 2019, algorithm 2, one element after the other.
struct PlainAdamW {
  Values w, m, v;
  explicit PlainAdamW(Values start) : w(std::move(start)), m(w.size()), v(w.size()) {}
  void step(const Values& g, double rate, double b1, double b2, double decay, int t) {
    for (size_t i = 0; i < w.size(); ++i) {
      m[i] = b1 * m[i] + (1 - b1) * g[i];
      v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
      w[i] -= rate * (m[i] / (1 - std::pow(b1, t)) / (std::sqrt(v[i] / (1 - std::pow(b2, t))) + 1e-8) +
                      decay * w[i]);
    }
  }
};

/// X (rows, columns), the Newton-Schulz iterations from the left side only.
Values newton_schulz(Values x, size_t rows, size_t columns) {
  double norm = 0;
  for (double value : x) norm += value * value;
  for (double& value : x) value /= std::sqrt(norm) + 1e-7;
  for (const auto& [a_, b_, c_] : kernels::NewtonSchulz::kCoefficients) {
    const double first = a_, second = b_, third = c_;
    Values a(rows * rows), p(rows * rows), y(x.size());
    for (size_t i = 0; i < rows; ++i)
      for (size_t j = 0; j < rows; ++j)
        for (size_t k = 0; k < columns; ++k) a[i * rows + j] += x[i * columns + k] * x[j * columns + k];
    for (size_t i = 0; i < rows; ++i)
      for (size_t j = 0; j < rows; ++j) {
        p[i * rows + j] = second * a[i * rows + j];
        for (size_t k = 0; k < rows; ++k) p[i * rows + j] += third * a[i * rows + k] * a[k * rows + j];
      }
    for (size_t i = 0; i < rows; ++i)
      for (size_t j = 0; j < columns; ++j) {
        y[i * columns + j] = first * x[i * columns + j];
        for (size_t k = 0; k < rows; ++k) y[i * columns + j] += p[i * rows + k] * x[k * columns + j];
      }
    x = y;
  }
  return x;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optimizer)

BOOST_FIXTURE_TEST_CASE(adamw_follows_the_paper_and_decays_matrices_only, Fixture) {
  OptimizerOptions options;
  options.weight_decay = 0.3;
  const auto optimizer = make_optimizer(options, parameters, backend);
  PlainAdamW a(copy_of(matrix->value)), b(copy_of(embedding->value)), c(copy_of(gain->value));
  for (int t = 1; t <= 3; ++t) {
    new_gradients(static_cast<uint64_t>(t));
    // float arguments: the betas are rounded as the backend's AdamWStep rounds them
    const double b1 = static_cast<float>(0.9), b2 = static_cast<float>(0.99), rate = static_cast<float>(0.01);
    const double decay = static_cast<float>(0.3);
    a.step(copy_of(matrix->gradient), rate, b1, b2, decay, t);
    b.step(copy_of(embedding->gradient), rate, b1, b2, decay, t);
    c.step(copy_of(gain->gradient), rate, b1, b2, 0.0, t);
    optimizer->step(0.01, 1.0, t);
  }
  check_close(copy_of(matrix->value), a.w, 1e-7);
  check_close(copy_of(embedding->value), b.w, 1e-7);
  check_close(copy_of(gain->value), c.w, 1e-7);
}

BOOST_FIXTURE_TEST_CASE(clipping_multiplies_the_gradient, Fixture) {
  const double norm = gradient_norm(parameters, backend);
  double sum = 0;
  for (const Parameter& parameter : parameters.all())
    for (double g : copy_of(parameter.gradient)) sum += g * g;
  BOOST_TEST(norm == std::sqrt(sum), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(clip_scale(norm, 1.0) == 1.0 / norm, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(clip_scale(0.5, 1.0) == 1.0);
  BOOST_TEST(clip_scale(norm, 0.0) == 1.0);
  gain->trainable = embedding->trainable = false;
  double matrix_sum = 0;
  for (double g : copy_of(matrix->gradient)) matrix_sum += g * g;
  BOOST_TEST(gradient_norm(parameters, backend) == std::sqrt(matrix_sum),
             boost::test_tools::tolerance(1e-12));
}

BOOST_FIXTURE_TEST_CASE(frozen_parameters_stay, Fixture) {
  embedding->trainable = false;
  const Values before = copy_of(embedding->value), moving = copy_of(gain->value);
  make_optimizer({}, parameters, backend)->step(0.1, 1.0, 1);
  check_close(copy_of(embedding->value), before, 1e-300);
  BOOST_TEST(copy_of(gain->value)[0] != moving[0]);
}

BOOST_FIXTURE_TEST_CASE(muon_orthogonalizes_each_stacked_matrix_by_itself, Fixture) {
  OptimizerOptions options;
  options.kind = "muon";
  options.momentum = 0.5;
  options.head_rate = options.vector_rate = 1.0;
  options.embedding_rate = 2.0;
  options.weight_decay = 0.0;
  const auto optimizer = make_optimizer(options, parameters, backend);
  Values wanted = copy_of(matrix->value);
  PlainAdamW plain(copy_of(embedding->value));
  Values momentum(wanted.size());
  for (int t = 1; t <= 2; ++t) {
    new_gradients(static_cast<uint64_t>(t));
    const Values g = copy_of(matrix->gradient);
    Values update(g.size());
    for (size_t i = 0; i < g.size(); ++i) {
      momentum[i] = 0.5 * momentum[i] + g[i];
      update[i] = g[i] + 0.5 * momentum[i];
    }
    // rows 0-6: tall (7, 4), so iterate on its transpose; rows 7-9: wide (3, 4)
    Values transposed(28);
    for (size_t r = 0; r < 7; ++r)
      for (size_t c = 0; c < 4; ++c) transposed[c * 7 + r] = update[r * 4 + c];
    transposed = newton_schulz(transposed, 4, 7);
    const Values wide = newton_schulz(Values(update.begin() + 28, update.end()), 3, 4);
    for (size_t r = 0; r < 7; ++r)
      for (size_t c = 0; c < 4; ++c) wanted[r * 4 + c] -= 0.1 * std::sqrt(7.0 / 4.0) * transposed[c * 7 + r];
    for (size_t i = 0; i < 12; ++i) wanted[28 + i] -= 0.1 * wide[i];
    plain.step(copy_of(embedding->gradient), 0.2, static_cast<float>(0.9), static_cast<float>(0.99), 0.0, t);
    optimizer->step(0.1, 1.0, t);
  }
  check_close(copy_of(matrix->value), wanted, 1e-5);  // the backend's alpha and beta are floats
  check_close(copy_of(embedding->value), plain.w, 1e-6);
}

BOOST_FIXTURE_TEST_CASE(newton_schulz_brings_singular_values_near_one, Fixture) {
  OptimizerOptions options;
  options.kind = "muon";
  const auto optimizer = make_optimizer(options, parameters, backend);
  const Values before = copy_of(matrix->value);
  optimizer->step(1.0, 1.0, 1);
  const Values after = copy_of(matrix->value);
  // U U^T of the wide block: its trace over 3 is the mean squared singular value.
  double trace = 0;
  for (size_t i = 28; i < 40; ++i) trace += (after[i] - before[i]) * (after[i] - before[i]);
  BOOST_TEST(trace / 3.0 > 0.64);
  BOOST_TEST(trace / 3.0 < 1.45);
}

BOOST_FIXTURE_TEST_CASE(state_copied_over_continues_bit_for_bit, Fixture) {
  for (const char* kind : {"adamw", "muon"}) {
    OptimizerOptions options;
    options.kind = kind;
    const auto first = make_optimizer(options, parameters, backend);
    first->step(0.01, 1.0, 1);
    const auto second = make_optimizer(options, parameters, backend);
    const auto from = first->state(), to = second->state();
    BOOST_REQUIRE_EQUAL(from.size(), to.size());
    for (size_t i = 0; i < from.size(); ++i) {
      BOOST_TEST(from[i].name == to[i].name);
      std::copy_n(from[i].tensor.as<double>(), from[i].tensor.size(), to[i].tensor.as<double>());
    }
    const Values start = copy_of(parameters.values());
    new_gradients(2);
    first->step(0.01, 1.0, 2);
    const Values wanted = copy_of(parameters.values());
    std::copy(start.begin(), start.end(), parameters.values().as<double>());
    second->step(0.01, 1.0, 2);
    BOOST_TEST((copy_of(parameters.values()) == wanted));
  }
}

BOOST_FIXTURE_TEST_CASE(an_unknown_optimizer_is_wrong_usage, Fixture) {
  OptimizerOptions options;
  options.kind = "sgd";
  BOOST_CHECK_THROW(make_optimizer(options, parameters, backend), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
