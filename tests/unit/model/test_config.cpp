// Presets, sizes and checks of a model's shape.
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "support/small_models.h"

using namespace seedling;

namespace {

bool names(const UsageError& error, const std::string& word) {
  return std::string(error.what()).find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

// The published sizes: GPT-2 small 124,439,808; BERT base with its MLM head 109,514,298 (Hugging Face's
// count).
BOOST_AUTO_TEST_CASE(has_the_published_sizes) {
  ModelConfig gpt2 = preset_config("gpt2", "");
  gpt2.vocab_size = 50257;
  BOOST_TEST(gpt2.parameter_count() == 124439808);
  BOOST_TEST(gpt2.matrix_parameters() == 124439808 - 1024 * 768);  // the tied head counts, positions do not
  ModelConfig bert = preset_config("bert-base", "bert");
  bert.vocab_size = 30522;
  BOOST_TEST(bert.parameter_count() == 109514298);
  BOOST_TEST(bert.model_type == "bert");
}

BOOST_AUTO_TEST_CASE(counts_flops_as_defined) {
  ModelConfig config = preset_config("nano", "gpt2");
  config.vocab_size = 65;
  const double expected = 6.0 * static_cast<double>(config.matrix_parameters()) + 12.0 * 4 * 128 * 64;
  BOOST_TEST(config.flops_per_token(64) == expected);
}

BOOST_AUTO_TEST_CASE(sizes_follow_the_architecture) {
  ModelConfig llama = preset_config("nano", "llama");
  BOOST_TEST(llama.mlp_channels == 352);  // 8/3 of 128 is 341.3, rounded up to a multiple of 32
  BOOST_TEST(!llama.bias);
  BOOST_TEST(preset_config("nano", "qwen3").qk_norm);
  BOOST_TEST(preset_config("baby", "").mlp_channels == 1536);
  for (const char* name : {"nano", "baby", "story", "gpt2", "bert-tiny", "bert-mini", "bert-base"}) {
    for (const char* arch : {"", "gpt2", "bert", "llama", "qwen3", "seedling"}) {
      ModelConfig config = preset_config(name, arch);
      config.vocab_size = 300;
      BOOST_CHECK_NO_THROW(config.check());
    }
  }
}

BOOST_AUTO_TEST_CASE(suggests_the_nearest_name) {
  BOOST_CHECK_EXCEPTION(preset_config("nanno", ""), UsageError,
                        [](const UsageError& error) { return names(error, "did you mean 'nano'"); });
  BOOST_CHECK_EXCEPTION(arch_config("gtp2"), UsageError,
                        [](const UsageError& error) { return names(error, "did you mean 'gpt2'"); });
}

BOOST_AUTO_TEST_CASE(names_the_numbers_that_do_not_fit) {
  ModelConfig config = preset_config("nano", "gpt2");
  config.vocab_size = 65;
  BOOST_CHECK_EXCEPTION(config.set_sizes(4, 5, 128), UsageError, [](const UsageError& error) {
    return names(error, "5 heads do not divide 128 channels") && names(error, "130");
  });
  auto refuses = [&](auto change, const char* word) {
    ModelConfig changed = config;
    change(changed);
    BOOST_CHECK_EXCEPTION(changed.check(), UsageError,
                          [&](const UsageError& error) { return names(error, word); });
  };
  refuses([](ModelConfig& c) { c.vocab_size = 0; }, "vocabulary");
  refuses([](ModelConfig& c) { c.layers = -1; }, "layers");
  refuses([](ModelConfig& c) { c.kv_heads = 3; }, "3 key/value heads");
  refuses([](ModelConfig& c) { c.head_size = 31; }, "124 channels");
  refuses([](ModelConfig& c) { c.context_length = 0; }, "context");
  refuses([](ModelConfig& c) { c.residual_dropout = 1.0f; }, "residual");
  refuses([](ModelConfig& c) { c.attention_dropout = -0.1f; }, "attention");
  refuses([](ModelConfig& c) { c.head = HeadKind::masked_language_model; }, "causal");
  refuses([](ModelConfig& c) { c.causal = false; }, "causal");
  refuses([](ModelConfig& c) { c.head = HeadKind::classifier, c.labels = {"only"}; }, "two labels");
  refuses([](ModelConfig& c) { c.positions = PositionKind::rotary, c.head_size = 31; }, "even");
}

BOOST_AUTO_TEST_SUITE_END()
