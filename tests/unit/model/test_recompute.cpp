// Activations computed again for backward instead of kept: the same numbers from less memory.
#include <boost/test/unit_test.hpp>

#include "support/reference_backend.h"
#include "support/small_models.h"

using namespace seedling;

namespace {

/// Gradients of one batch, with dropout, twice summed.
std::vector<double> gradients(Model& model, const Batch& batch, bool recompute) {
  Backend& backend = model.backend();
  model.set_recompute(recompute);
  backend.fill(model.parameters().gradients(), 0.0f);
  for (const uint64_t key : {1, 2}) model.train(batch, 0.5f, key);
  return read_doubles(backend, model.parameters().gradients());
}

}  // namespace

BOOST_AUTO_TEST_CASE(recomputed_activations_give_the_same_gradients_bit_for_bit) {
  for (const char* arch : {"gpt2", "bert", "llama", "qwen3", "seedling"}) {
    for (const Objective objective :
         {Objective::causal, Objective::masked, Objective::classifier, Objective::span}) {
      for (const char* device : {"reference", "fp32", "bf16"}) {
        const std::unique_ptr<Backend> cpu =
            device == std::string("reference") ? nullptr : make_backend({"cpu", device, 2});
        ReferenceBackend reference;
        ModelConfig config = small_config(arch, objective);
        config.set_sizes(4, 2, 8);
        Model model(config, cpu ? *cpu : static_cast<Backend&>(reference), true);
        randomize(model, 4);
        model.set_dropout(0.1f, 0.2f, 0.1f);
        const Batch batch = small_batch(config, objective, 3, 8, 2);
        BOOST_TEST_INFO(arch << ", " << device);
        BOOST_TEST((gradients(model, batch, true) == gradients(model, batch, false)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(recomputing_keeps_one_block_of_activations_instead_of_all) {
  const std::unique_ptr<Backend> backend = make_backend({"cpu", "fp32", 2});
  size_t bytes[2];
  for (const bool recompute : {false, true}) {
    ModelConfig config = small_config("gpt2", Objective::causal);
    config.set_sizes(12, 4, 128);
    config.context_length = 128;
    Model model(config, *backend, true);
    model.initialize(1);
    model.set_recompute(recompute);
    model.train(small_batch(config, Objective::causal, 16, 128, 1), 1.0f, 0);
    bytes[recompute] = model.arena().capacity();
  }
  BOOST_TEST(bytes[1] * 3 < bytes[0]);
}
