// Our models against the real transformers on PyTorch: logits, loss, every gradient, and three steps of
// AdamW.
//
// The files are written by make_golden.py beside this one, which says what is in them. Both the reference
// backend and the CPU's in single precision must agree.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/names.h"
#include "checkpoint/safetensors.h"
#include "optimizer/optimizer.h"
#include "support/reference_backend.h"

using namespace seedling;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(SEEDLING_TESTS_FOLDER) / "golden";

const char* const kCases[] = {"gpt2",      "gpt2_classifier",       "bert_masked", "bert_classifier",
                              "bert_span", "distilbert_classifier", "llama",       "qwen3"};

/// The largest difference, relative to the largest expected value; `floor` where all of them are smaller than
/// it.
double error_of(const std::vector<float>& expected, const std::vector<double>& got, double floor = 1e-30) {
  BOOST_REQUIRE_EQUAL(expected.size(), got.size());
  double largest = floor, worst = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    worst = std::max(worst, std::abs(static_cast<double>(expected[i]) - got[i]));
  }
  return worst / largest;
}

std::vector<Batch> read_batches(const nlohmann::json& json) {
  std::vector<Batch> batches;
  for (const nlohmann::json& entry : json.at("batches")) {
    Batch batch;
    batch.B = entry.at("B"), batch.T = entry.at("T");
    auto read = [&](const char* key, std::vector<int32_t>& to) {
      if (entry.contains(key)) entry.at(key).get_to(to);
    };
    read("tokens", batch.tokens), read("targets", batch.targets), read("types", batch.types);
    read("lengths", batch.lengths), read("labels", batch.labels), read("starts", batch.starts);
    read("ends", batch.ends);
    batches.push_back(std::move(batch));
  }
  return batches;
}

/// The rows of `tensor` (a parameter's value or gradient) that a Hugging Face tensor is, in that tensor's
/// layout.
std::vector<double> part(Backend& backend, const Tensor& tensor, const TensorEntry& entry) {
  const std::vector<double> all = read_doubles(backend, tensor);
  std::vector<double> values(static_cast<size_t>(entry.size()));
  for (int64_t row = 0; row < entry.rows; ++row) {
    for (int64_t column = 0; column < entry.columns; ++column) {
      const int64_t to = entry.transposed ? column * entry.rows + row : row * entry.columns + column;
      values[to] = all[(entry.row_begin + row) * entry.columns + column];
    }
  }
  return values;
}

void check_case(const std::string& name, Backend& backend, double tolerance) {
  const std::filesystem::path folder = kFolder / name;
  const nlohmann::json json = read_json(folder / "batches.json");
  const std::vector<Batch> batches = read_batches(json);
  const Safetensors expected = Safetensors::open_file(folder / "expected.safetensors");
  const ModelConfig config = load_config(folder);
  Model model(config, backend, true);
  load_parameters(model, folder);

  const nlohmann::json& adamw = json.at("adamw");
  OptimizerOptions options;
  options.beta1 = adamw.at("beta1"), options.beta2 = adamw.at("beta2");
  options.epsilon = adamw.at("epsilon"), options.weight_decay = adamw.at("weight_decay");
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(options, model.parameters(), backend);

  const std::vector<float> logits = model.logits(batches[0]);
  BOOST_TEST(error_of(expected.read("logits"), {logits.begin(), logits.end()}) < tolerance,
             name << ": logits");

  // Each tensor of the model, under Hugging Face's name, as `prefix` says.
  size_t compared = 0;
  auto check_tensors = [&](const char* prefix, bool gradients, double floor) {
    for (const TensorEntry& entry : tensor_entries(config)) {
      const Parameter* parameter = model.parameters().find(entry.parameter);
      BOOST_REQUIRE_MESSAGE(parameter != nullptr, name << ": no parameter " << entry.parameter);
      const std::vector<double> got =
          part(backend, gradients ? parameter->gradient : parameter->value, entry);
      const double error = error_of(expected.read(prefix + entry.name), got, floor);
      BOOST_TEST(error < tolerance, name << ": " << prefix << entry.name << " is wrong by " << error);
      ++compared;
    }
  };
  for (size_t step = 0; step < batches.size(); ++step) {
    backend.fill(model.parameters().gradients(), 0.0f);
    const double targets = static_cast<double>(model.target_count(batches[step]));
    const LossSum loss = model.train(batches[step], static_cast<float>(1.0 / targets), 0);
    const double wanted = json.at("losses").at(step);
    BOOST_TEST(std::abs(loss.mean() - wanted) < tolerance * wanted, name << ": loss of step " << step);
    // A gradient that is zero but for rounding (BERT's key biases) has no relative error.
    if (step == 0) check_tensors("gradient.", true, 1e-3);
    optimizer->step(adamw.at("learning_rate"), 1.0, static_cast<int64_t>(step) + 1);
    backend.parameters_changed();
  }
  check_tensors("updated.", false, 1e-30);
  BOOST_TEST(compared + 1 == expected.tensors().size(), name << ": every tensor was compared");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(the_reference_agrees_with_transformers) {
  ReferenceBackend backend;
  for (const char* name : kCases) check_case(name, backend, 1e-5);
}

BOOST_AUTO_TEST_CASE(the_cpu_agrees_with_transformers) {
  for (const int threads : {1, 2}) {
    const std::unique_ptr<Backend> backend = make_backend({"cpu", "fp32", threads});
    for (const char* name : kCases) check_case(name, *backend, 1e-4);
  }
}

BOOST_AUTO_TEST_SUITE_END()
