// From few flags to a full plan: recipes, presets, contradictions, and flags given by hand that always win.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "training/autopilot.h"
#include "training/plan.h"
#include "training/pretraining.h"

using namespace seedling;
using nlohmann::json;

namespace {

PretrainFlags plan(const json& given) {
  PretrainFlags flags = complete_flags(pretrain_flags_from_json(given));
  if (!flags.training.steps) flags.training.steps = 2000;
  return finish_flags(flags);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(planning)

BOOST_AUTO_TEST_CASE(classic_nano_is_nanogpts_cpu_recipe) {
  const PretrainFlags flags = plan({{"preset", "nano"}, {"recipe", "classic"}});
  const TrainingFlags& t = flags.training;
  BOOST_TEST(*flags.model.arch == "gpt2");
  BOOST_TEST(*flags.model.tokenizer == "char");
  BOOST_TEST(*t.optimizer == "adamw");
  BOOST_TEST(*t.learning_rate == 1e-3);
  BOOST_TEST(*t.min_learning_rate == 1e-4, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(*t.beta1 == 0.9);
  BOOST_TEST(*t.beta2 == 0.99);
  BOOST_TEST(*t.weight_decay == 0.1);
  BOOST_TEST(*t.grad_clip == 1.0);
  BOOST_TEST(*t.warmup_steps == 100);
  BOOST_TEST(*t.schedule == "cosine");
  BOOST_TEST(*t.batch_size == 12);
  BOOST_TEST(*t.dropout == 0.0);
  const ModelConfig config = plan_model(flags, 65);
  BOOST_TEST(config.layers == 4);
  BOOST_TEST(config.channels == 128);
  BOOST_TEST(config.context_length == 64);
  BOOST_TEST(config.tie_embeddings);
}

BOOST_AUTO_TEST_CASE(fast_is_qwen3_with_muon_and_masked_is_bert) {
  const PretrainFlags fast = plan({{"preset", "nano"}});
  BOOST_TEST(*fast.recipe == "fast");
  BOOST_TEST(*fast.training.optimizer == "muon");
  const ModelConfig config = plan_model(fast, 65);
  BOOST_TEST(config.model_type == "qwen3");
  BOOST_TEST(config.qk_norm);
  BOOST_TEST(!config.tie_embeddings);
  BOOST_TEST(*plan({{"preset", "bert-mini"}}).objective == "masked");
  BOOST_TEST(plan_model(plan({{"objective", "masked"}, {"preset", "nano"}}), 65).model_type == "bert");
  BOOST_TEST(plan_model(plan({{"preset", "nano"}, {"recipe", "record"}}), 65).model_type == "seedling");
}

BOOST_AUTO_TEST_CASE(flags_given_by_hand_win) {
  const PretrainFlags flags = plan({{"preset", "baby"},
                                    {"recipe", "fast"},
                                    {"arch", "gpt2"},
                                    {"optimizer", "adamw"},
                                    {"learning-rate", 3e-4},
                                    {"layers", 2},
                                    {"channels", 96},
                                    {"heads", 3},
                                    {"context-length", 32},
                                    {"dropout", 0.3},
                                    {"warmup-steps", 7},
                                    {"eval-every", 11}});
  const ModelConfig config = plan_model(flags, 65);
  BOOST_TEST(config.model_type == "gpt2");
  BOOST_TEST(config.layers == 2);
  BOOST_TEST(config.heads == 3);
  BOOST_TEST(config.channels == 96);
  BOOST_TEST(config.context_length == 32);
  BOOST_TEST(config.residual_dropout == 0.3f);
  BOOST_TEST(*flags.training.learning_rate == 3e-4);
  BOOST_TEST(*flags.training.warmup_steps == 7);
  BOOST_TEST(*flags.training.eval_every == 11);
  BOOST_TEST(plan_model(plan({{"preset", "nano"}, {"channels", 96}}), 65).head_size == 32);
}

BOOST_AUTO_TEST_CASE(a_text_read_many_times_is_read_with_dropout) {
  PretrainFlags given;
  const PretrainFlags fast = complete_flags(given);
  BOOST_TEST(dropout_for_passes(fast, 0.0, 3.9, 5.0) == 0.0);
  BOOST_TEST(dropout_for_passes(fast, 0.0, 4.1, 5.0) == 0.1);
  BOOST_TEST(dropout_for_passes(fast, 0.0, 4.1, 0.5) == 0.0);
  BOOST_TEST(dropout_for_passes(fast, 0.2, 9.0, 5.0) == 0.2);
  given.recipe = "classic";
  BOOST_TEST(dropout_for_passes(complete_flags(given), 0.0, 9.0, 5.0) == 0.0);
  given.recipe = "fast", given.objective = "masked";
  BOOST_TEST(dropout_for_passes(complete_flags(given), 0.0, 9.0, 5.0) == 0.0);
}

BOOST_AUTO_TEST_CASE(what_the_record_adds_can_be_chosen_one_by_one) {
  const PretrainFlags flags = plan({{"preset", "nano"},
                                    {"recipe", "record"},
                                    {"channels", 96},
                                    {"heads", 3},
                                    {"mlp-channels", 384},
                                    {"trigrams", 512},
                                    {"momentum", 0.9}});
  const ModelConfig config = plan_model(flags, 65);
  BOOST_TEST(config.mlp_channels == 384);
  BOOST_TEST(config.ngram_table == 512);
  BOOST_TEST(plan_optimizer(flags).momentum == 0.9);
  BOOST_TEST(plan_optimizer(plan({{"preset", "nano"}})).momentum == 0.85);
  BOOST_CHECK_THROW(plan_model(plan({{"preset", "nano"}, {"trigrams", 512}}), 65), UsageError);
  BOOST_CHECK_THROW(plan({{"optimizer", "adamw"}, {"momentum", 0.9}}), UsageError);
}

BOOST_AUTO_TEST_CASE(contradictions_are_wrong_usage) {
  BOOST_CHECK_THROW(plan({{"objective", "causal"}, {"arch", "bert"}}), UsageError);
  BOOST_CHECK_THROW(plan({{"objective", "masked"}, {"arch", "gpt2"}}), UsageError);
  BOOST_CHECK_THROW(plan_model(plan({{"preset", "nano"}, {"heads", 5}}), 65), UsageError);
  BOOST_CHECK_THROW(plan({{"learning-rate", 1e-4}, {"min-learning-rate", 1e-3}}), UsageError);
  BOOST_CHECK_EXCEPTION(plan({{"preset", "nanno"}}), UsageError, [](const UsageError& error) {
    return std::string(error.what()).find("did you mean nano") != std::string::npos;
  });
  BOOST_CHECK_THROW(plan({{"batch-siz", 3}}), UsageError);
  BOOST_CHECK_THROW(plan({{"batch-size", 0}}), UsageError);
}

BOOST_AUTO_TEST_CASE(a_full_plan_is_the_same_plan_when_read_back) {
  for (const char* preset : {"nano", "baby", "gpt2", "bert-mini"}) {
    for (const char* recipe : {"classic", "fast"}) {
      const PretrainFlags flags = plan({{"preset", preset}, {"recipe", recipe}});
      const json text = json::parse(flags_to_json(flags).dump());
      BOOST_TEST((flags_to_json(finish_flags(complete_flags(pretrain_flags_from_json(text)))) == text));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_law_falls_with_size_and_text_and_ends_at_the_floor) {
  BOOST_TEST(predicted_bits(1e5, 1e6, 0.5) > predicted_bits(1e6, 1e6, 0.5));
  BOOST_TEST(predicted_bits(1e6, 1e6, 0.5) > predicted_bits(1e6, 1e7, 0.5));
  BOOST_TEST(predicted_bits(1e18, 1e18, 0.5) == 0.5, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(masked_windows_grow_by_doubling_to_the_context) {
  BOOST_TEST(*plan({{"preset", "bert-mini"}}).length_warmup_steps == 1600);
  BOOST_TEST(*plan({{"preset", "bert-mini"}}).training.batch_size == 4);
  BOOST_TEST(*plan({{"preset", "bert-mini"}, {"recipe", "classic"}}).length_warmup_steps == 0);
  BOOST_TEST(*plan({{"preset", "nano"}}).length_warmup_steps == 0);
  const int64_t expected[] = {32, 32, 32, 64, 128, 256, 512};  // of batches 0, 100, 200, ... 600
  for (int64_t i = 0; i < 7; ++i) BOOST_TEST(window_length(100 * i, 512, 600) == expected[i]);
  BOOST_TEST(window_length(299, 512, 600) == 32);
  BOOST_TEST(window_length(599, 512, 600) == 256);
  BOOST_TEST(window_length(0, 512, 0) == 512);
  BOOST_TEST(window_length(0, 24, 400) == 24);  // a context below the shortest window
  BOOST_TEST(window_length(399, 100, 400) == 64);
}

BOOST_AUTO_TEST_CASE(every_third_word_is_hidden_token_by_token) {
  const auto characters = train_tokenizer(
      {"char", 0, true},
      [](const std::function<void(std::string_view)>& take) { take("the cat sat on a mat"); });
  const std::string mask = "[MASK]";
  BOOST_TEST(hide_words("the cat sat on a mat", *characters) ==
             "the cat " + mask + mask + mask + " on a " + mask + mask + mask);
  BOOST_TEST(hide_words("the a", *characters) == "the " + mask);
  BOOST_TEST(hide_words("  ", *characters) == mask);
}

BOOST_AUTO_TEST_SUITE_END()
