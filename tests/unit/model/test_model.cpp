// The model as its users see it: training, evaluating and looking inside. Its cache is in test_cache.cpp.
#include "base/error.h"
#include "support/model_checks.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(model)

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit) {
  ReferenceBackend backend;
  Model gpt2(small_config("gpt2", Objective::causal), backend, false);
  BOOST_CHECK_THROW(gpt2.logits(sequence(some_tokens(9, 1))), Error);  // a context of 8
  BOOST_CHECK_THROW(gpt2.logits(sequence({17})), Error);
  BOOST_CHECK_THROW(gpt2.logits(sequence({-1})), Error);
  const std::unique_ptr<KvCache> cache = gpt2.make_cache(4);
  BOOST_CHECK_THROW(gpt2.next_logits(some_tokens(5, 1), *cache), Error);
  BOOST_CHECK_THROW(gpt2.next_logits({}, *cache), Error);
  BOOST_TEST(cache->length() == 0);
  Model bert(small_config("bert", Objective::masked), backend, false);
  BOOST_CHECK_THROW(bert.make_cache(4), Error);
  Model llama(small_config("llama", Objective::causal), backend, false);
  BOOST_CHECK_NO_THROW(
      llama.logits(sequence(some_tokens(9, 1))));  // rotary positions have no table to run out of
}

// With the same key the same masks, with another key others; evaluation drops nothing.
BOOST_AUTO_TEST_CASE(dropout_is_a_function_of_its_key) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : {"gpt2", "bert", "llama"}) {
      const Objective objective = std::string(arch) == "bert" ? Objective::masked : Objective::causal;
      ModelConfig config = small_config(arch, objective);
      Model model(config, backend, true);
      randomize(model, 4);
      const Batch batch = small_batch(config, objective, 3, 8, 2);
      const double dry = model.evaluate(batch).sum;
      BOOST_TEST(std::abs(model.train(batch, 1.0f, 1).sum - dry) < 1e-4 * dry);
      model.set_dropout(0.2f, 0.2f, 0.2f);
      const double first = model.train(batch, 1.0f, 1).sum;
      BOOST_TEST(first != dry);
      BOOST_TEST(model.train(batch, 1.0f, 1).sum == first);
      BOOST_TEST(model.train(batch, 1.0f, 2).sum != first);
      BOOST_TEST(model.evaluate(batch).sum == dry);
    }
  });
}

BOOST_AUTO_TEST_CASE(nothing_is_allocated_after_the_first_step) {
  for (const char* arch : {"gpt2", "bert", "llama", "seedling"}) {
    for (const Objective objective :
         {Objective::causal, Objective::masked, Objective::classifier, Objective::span}) {
      ReferenceBackend backend;
      Model model(small_config(arch, objective), backend, true);
      randomize(model, 4);
      model.train(small_batch(model.config(), objective, 3, 8, 0), 1.0f, 0);
      const size_t held = backend.allocations();
      for (uint64_t step = 1; step < 6; ++step) {
        model.train(small_batch(model.config(), objective, 3, 8, step), 1.0f, step);
        model.evaluate(small_batch(model.config(), objective, 3, 8, step));
      }
      BOOST_TEST(backend.allocations() == held);
    }
  }
}

// The vocabulary is so large that the logits come in several chunks of rows; one sequence at a time they do
// not.
BOOST_AUTO_TEST_CASE(chunks_of_logits_change_nothing) {
  ReferenceBackend backend;
  for (const bool masked : {false, true}) {
    ModelConfig config =
        small_config(masked ? "bert" : "gpt2", masked ? Objective::masked : Objective::causal);
    config.set_sizes(1, 1, 4);
    config.vocab_size = 300000;
    Model model(config, backend, true);
    model.initialize(1);
    const Batch batch = small_batch(config, Objective::causal, 9, 8, 1);  // 9 x 8 rows: chunks of 64
    const LossSum together = model.train(batch, 0.5f, 0);
    const std::vector<float> gradient = read_floats(backend, model.parameters().gradients());
    backend.fill(model.parameters().gradients(), 0.0f);
    LossSum apart;
    for (int64_t b = 0; b < 9; ++b) {
      Batch one;
      one.B = 1, one.T = 8, one.lengths = {batch.lengths[b]};
      auto cut = [&](const std::vector<int32_t>& all) {
        return std::vector<int32_t>(all.begin() + b * 8, all.begin() + (b + 1) * 8);
      };
      one.tokens = cut(batch.tokens), one.targets = cut(batch.targets), one.types = cut(batch.types);
      const LossSum loss = model.train(one, 0.5f, 0);
      apart.sum += loss.sum, apart.count += loss.count;
    }
    BOOST_TEST(together.count == apart.count);
    BOOST_TEST(std::abs(together.sum - apart.sum) < 1e-9 * apart.sum);
    BOOST_TEST(difference(gradient, read_floats(backend, model.parameters().gradients())) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(evaluation_gives_each_loss_and_counts_the_hits) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : {"gpt2", "bert"}) {
      const Objective objective = std::string(arch) == "bert" ? Objective::masked : Objective::causal;
      Model model(small_config(arch, objective), backend, false);
      randomize(model, 8);
      const Batch batch = small_batch(model.config(), objective, 3, 8, 3);
      const std::vector<float> logits = model.logits(batch);
      std::vector<float> losses;
      const LossSum total = model.evaluate(batch, &losses);
      int64_t correct = 0;
      double sum = 0.0;
      BOOST_REQUIRE_EQUAL(losses.size(), batch.targets.size());
      for (size_t n = 0; n < losses.size(); ++n) {
        const std::vector<float> row(logits.begin() + n * 17, logits.begin() + (n + 1) * 17);
        double expected = 0.0, z = 0.0;
        if (batch.targets[n] >= 0) {
          for (const float value : row) z += std::exp(static_cast<double>(value));
          expected = std::log(z) - row[batch.targets[n]];
          correct += largest(row) == batch.targets[n];
        }
        sum += expected;
        BOOST_TEST(std::abs(losses[n] - expected) < 1e-4);
      }
      BOOST_TEST(std::abs(total.sum - sum) < 1e-4 * sum);
      BOOST_TEST(total.count == batch.target_count());
      BOOST_TEST(total.correct == correct);
    }
  });
}

BOOST_AUTO_TEST_CASE(without_its_mask_a_causal_model_sees_what_follows) {
  on_each_backend([](Backend& backend) {
    Model model(small_config("gpt2", Objective::causal), backend, false);
    randomize(model, 8);
    Batch batch = small_batch(model.config(), Objective::causal, 1, 8, 3);
    batch.lengths.clear();
    std::fill(batch.targets.begin(), batch.targets.end(), 5);
    const auto first_losses = [&](bool see_ahead, int32_t last) {
      model.set_see_ahead(see_ahead);
      batch.tokens.back() = last;
      std::vector<float> losses;
      model.evaluate(batch, &losses);
      losses.pop_back();
      return losses;
    };
    BOOST_TEST(first_losses(false, 3) == first_losses(false, 4), boost::test_tools::per_element());
    const std::vector<float> one = first_losses(true, 3), other = first_losses(true, 4);
    for (size_t i = 0; i < one.size(); ++i) BOOST_TEST(one[i] != other[i]);
  });
}

BOOST_AUTO_TEST_CASE(a_batch_without_targets_teaches_nothing) {
  ReferenceBackend backend;
  for (const char* arch : {"gpt2", "bert"}) {
    const Objective objective = std::string(arch) == "bert" ? Objective::masked : Objective::causal;
    Model model(small_config(arch, objective), backend, true);
    randomize(model, 8);
    Batch batch = small_batch(model.config(), objective, 2, 8, 3);
    std::fill(batch.targets.begin(), batch.targets.end(), -1);
    std::vector<float> losses;
    BOOST_TEST(model.evaluate(batch, &losses).count == 0);
    BOOST_TEST(losses == std::vector<float>(16, 0.0f), boost::test_tools::per_element());
    BOOST_TEST(model.train(batch, 1.0f, 1).sum == 0.0);
    BOOST_TEST(backend.squared_norm(model.parameters().gradients()) == 0.0);
    batch.targets.clear();
    BOOST_CHECK_THROW(model.evaluate(batch), std::logic_error);
  }
}

BOOST_AUTO_TEST_CASE(inspection_shows_attention_hidden_states_and_logits) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : {"gpt2", "bert", "qwen3", "seedling"}) {
      const Objective objective = std::string(arch) == "bert" ? Objective::masked : Objective::causal;
      Model model(small_config(arch, objective), backend, false);
      randomize(model, 9);
      const std::vector<int32_t> tokens = some_tokens(6, 3);
      const Inspection seen = model.inspect(tokens, {}, {});
      BOOST_TEST(difference(seen.logits, model.logits(sequence(tokens))) == 0.0);
      BOOST_REQUIRE_EQUAL(seen.attention.size(), 2u);
      BOOST_REQUIRE_EQUAL(seen.hidden.size(), 3u);
      for (const std::vector<float>& layer : seen.attention) {
        BOOST_REQUIRE_EQUAL(layer.size(), 4u * 6 * 6);
        for (size_t row = 0; row < 4 * 6; ++row) {
          double sum = 0.0;
          for (size_t j = 0; j < 6; ++j) {
            sum += layer[row * 6 + j];
            if (model.config().causal && j > row % 6) BOOST_TEST(layer[row * 6 + j] == 0.0f);
          }
          BOOST_TEST(std::abs(sum - 1.0) < 1e-5);
        }
      }
      // A head that is switched off changes the logits; one that is on does not.
      std::vector<float> heads(2 * 4, 1.0f);
      BOOST_TEST(difference(model.inspect(tokens, {}, heads).logits, seen.logits) < 1e-6);
      heads[5] = 0.0f;
      BOOST_TEST(difference(model.inspect(tokens, {}, heads).logits, seen.logits) > 1e-3);
      BOOST_CHECK_THROW(model.inspect(tokens, {}, {1.0f}), Error);
    }
  });
}

// Padding at the end of a sequence changes nothing of what stands before it.
BOOST_AUTO_TEST_CASE(padding_is_invisible) {
  on_each_backend([](Backend& backend) {
    for (const char* arch : {"bert", "gpt2"}) {
      for (const Objective objective : {Objective::classifier, Objective::span}) {
        Model model(small_config(arch, objective), backend, false);
        randomize(model, 9);
        Batch shorter = small_batch(model.config(), objective, 1, 5, 1), padded = shorter;
        padded.T = 8;
        for (int i = 0; i < 3; ++i) {
          padded.tokens.push_back(i), padded.types.push_back(0), padded.targets.push_back(-1);
        }
        BOOST_TEST(std::abs(model.evaluate(shorter).sum - model.evaluate(padded).sum) < 1e-5);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(frozen_parameters_get_no_gradient) {
  ReferenceBackend backend;
  Model model(small_config("gpt2", Objective::causal), backend, true);
  randomize(model, 2);
  const Batch batch = small_batch(model.config(), Objective::causal, 2, 8, 1);
  model.train(batch, 1.0f, 0);
  const std::vector<double> all =
      read_doubles(backend, model.parameters().find("blocks.1.mlp.up.weight")->gradient);
  backend.fill(model.parameters().gradients(), 0.0f);
  for (Parameter& parameter : model.parameters().all()) {
    parameter.trainable =
        parameter.name.rfind("blocks.1.mlp", 0) == 0 || parameter.name.rfind("final", 0) == 0;
  }
  model.train(batch, 1.0f, 0);
  for (const Parameter& parameter : model.parameters().all()) {
    const bool zero = backend.squared_norm(parameter.gradient) == 0.0;
    BOOST_TEST(zero != parameter.trainable, parameter.name);
  }
  const std::vector<double> some =
      read_doubles(backend, model.parameters().find("blocks.1.mlp.up.weight")->gradient);
  BOOST_TEST(all == some, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(initial_values_do_not_depend_on_the_device) {
  ReferenceBackend reference;
  const std::unique_ptr<Backend> cpu = make_backend({"cpu", "fp32", 2});
  ModelConfig config = preset_config("nano", "gpt2");
  config.vocab_size = 65;
  Model a(config, reference, false), b(config, *cpu, false);
  a.initialize(7), b.initialize(7);
  BOOST_TEST(read_floats(reference, a.parameters().values()) == read_floats(*cpu, b.parameters().values()));
  auto deviation = [&](const char* name) {
    const Tensor value = a.parameters().find(name)->value;
    return std::sqrt(reference.squared_norm(value) / static_cast<double>(value.size()));
  };
  BOOST_TEST(std::abs(deviation("blocks.0.mlp.up.weight") - 0.02) < 0.0002);
  BOOST_TEST(std::abs(deviation("blocks.0.mlp.down.weight") - 0.02 / std::sqrt(8.0)) < 0.0001);
  BOOST_TEST(deviation("final_norm.gain") == 1.0);
  BOOST_TEST(deviation("blocks.2.mlp.up.bias") == 0.0);
  b.initialize(8);
  BOOST_TEST(read_floats(reference, a.parameters().values()) != read_floats(*cpu, b.parameters().values()));
}

// A model that can overfit one batch learns: the gradients point downhill, step after step.
BOOST_AUTO_TEST_CASE(a_few_steps_learn_a_batch_by_heart) {
  const std::unique_ptr<Backend> cpu = make_backend({"cpu", "fp32", 1});
  for (const char* arch : {"gpt2", "bert", "llama", "qwen3", "seedling"}) {
    const Objective objective = std::string(arch) == "bert" ? Objective::masked : Objective::causal;
    Model model(small_config(arch, objective), *cpu, true);
    model.initialize(1);
    const Batch batch = small_batch(model.config(), objective, 2, 8, 1);
    const Parameters& p = model.parameters();
    std::vector<std::byte> memory(2 * p.values().bytes() + 64);
    const Tensor m(memory.data(), DType::f32, {p.values().size()});
    const Tensor v(memory.data() + p.values().bytes(), DType::f32, {p.values().size()});
    const double before = model.evaluate(batch).mean();
    for (int64_t step = 1; step <= 150; ++step) {
      cpu->fill(p.gradients(), 0.0f);
      model.train(batch, 1.0f / static_cast<float>(batch.target_count()), 0);
      cpu->adamw({{p.values(), p.gradients(), m, v, 0.01f, 0.0f}}, {0.9f, 0.99f, 1e-8f, 1.0f, step});
      cpu->parameters_changed();
    }
    BOOST_TEST(before > 2.5, arch);
    BOOST_TEST(model.evaluate(batch).mean() < 0.1, arch);
  }
}

BOOST_AUTO_TEST_SUITE_END()
