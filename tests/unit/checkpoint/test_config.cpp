// config.json: what is written reads back as it was, and what cannot be honoured is refused by name.
#include <boost/test/unit_test.hpp>

#include "checkpoint/checkpoint.h"
#include "checkpoint/config_fields.h"
#include "unit/checkpoint/samples.h"
#include "unit/checkpoint/scratch.h"

using namespace seedling;
using nlohmann::json;

namespace {

/// All fields in one comparable value.
json all_fields(const ModelConfig& config) {
  json fields = {{"model_type", config.model_type}};
  visit_fields(config, [&](const char* key, const auto& field) { fields[key] = field_to_json(field); });
  return fields;
}

json gpt2_json() { return config_to_json(small_config("gpt2", Objective::causal), {}); }

/// The message with which config.json is refused after one change.
std::string refusal(json config, const std::string& key, const json& value) {
  config[key] = value;
  return error_of([&] { config_from_json(config, "some/config.json"); });
}

void check_refused(const json& config, const std::string& key, const json& value) {
  const std::string message = refusal(config, key, value);
  BOOST_TEST(message.find("some/config.json") != std::string::npos,
             key << ' ' << value << ": '" << message << "'");
  BOOST_TEST(message.find(key) != std::string::npos, key << ' ' << value << ": '" << message << "'");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(round_trip_of_every_model) {
  for (const Combination& combination : all_combinations()) {
    BOOST_TEST_CONTEXT(combination.name()) {
      ModelConfig config = combination.config();
      config.embedding_dropout = 0.1f, config.residual_dropout = 0.2f, config.attention_dropout = 0.3f;
      const json written = json::parse(config_to_json(config, {}).dump());
      BOOST_TEST(all_fields(config_from_json(written, "config.json")) == all_fields(config));
      if (combination.arch != "qwen3" && combination.arch != "llama") continue;
      config.norm_gain = false;
      BOOST_TEST(!config_from_json(config_to_json(config, {}), "config.json").norm_gain);
    }
  }
}

BOOST_AUTO_TEST_CASE(floats_are_written_as_people_write_them) {
  const json written = gpt2_json();
  BOOST_TEST(written["layer_norm_epsilon"].dump() == "1e-05");
  BOOST_TEST(written["n_ctx"] == written["n_positions"]);
  BOOST_TEST(written["bos_token_id"].is_null());  // GPT-2's default would lie outside the vocabulary
  for (float value : {0.1f, 1e-12f, 1.0f / 3, 500000.0f, 0.0f})
    BOOST_TEST(static_cast<float>(plain_double(value)) == value);
  BOOST_TEST(plain_double(0.1f) == 0.1);
}

BOOST_AUTO_TEST_CASE(what_a_model_type_cannot_say_is_refused_at_once) {
  ModelConfig config = small_config("gpt2", Objective::causal);
  config.positions = PositionKind::rotary;
  BOOST_TEST(error_of([&] { config_to_json(config, {}); }).find("positions") != std::string::npos);
  config = small_config("llama", Objective::causal);
  config.token_shift = true;
  BOOST_TEST(error_of([&] { config_to_json(config, {}); }).find("token_shift") != std::string::npos);
  config.model_type = "seedling";
  BOOST_TEST(config_to_json(config, {}).at("note").get<std::string>().find("token shift") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const json gpt2 = gpt2_json();
  BOOST_TEST(refusal(gpt2, "use_cache", false).empty());
  BOOST_TEST(refusal(gpt2, "something_new", {{"a", 1}}).empty());
  BOOST_TEST(refusal(gpt2, "n_inner", nullptr).empty());
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, json>>{{"model_type", "mamba"},
                                                 {"model_type", 3},
                                                 {"vocab_size", 0},
                                                 {"vocab_size", -4},
                                                 {"vocab_size", "many"},
                                                 {"vocab_size", 2.5},
                                                 {"vocab_size", nullptr},
                                                 {"vocab_size", 1e300},
                                                 {"n_layer", 100000000},
                                                 {"n_embd", true},
                                                 {"activation_function", "mish"},
                                                 {"activation_function", 1},
                                                 {"layer_norm_epsilon", "small"},
                                                 {"layer_norm_epsilon", -1.0},
                                                 {"resid_pdrop", 1.0},
                                                 {"resid_pdrop", -0.5},
                                                 {"scale_attn_weights", false},
                                                 {"scale_attn_by_inverse_layer_idx", true},
                                                 {"add_cross_attention", true},
                                                 {"is_encoder_decoder", true},
                                                 {"quantization_config", json::object()},
                                                 {"pruned_heads", {{"0", {1}}}},
                                                 {"tie_word_embeddings", "yes"},
                                                 {"architectures", {"GPT2DoubleHeadsModel"}},
                                                 {"architectures", "GPT2LMHeadModel"},
                                                 {"architectures", {1}}})
    check_refused(gpt2, key, value);
  BOOST_TEST(refusal(gpt2, "n_head", 5).find("5 heads") != std::string::npos);
  BOOST_TEST(refusal(gpt2, "seedling", {{"bias", true}}).empty());
  BOOST_TEST(refusal(gpt2, "seedling", {{"biass", false}}).find("did you mean 'bias'") != std::string::npos);
  BOOST_TEST(!error_of([] { config_from_json(json::array(), "some/config.json"); }).empty());

  const json bert = config_to_json(small_config("bert", Objective::masked), {});
  check_refused(bert, "position_embedding_type", "relative_key");
  check_refused(bert, "is_decoder", true);
  check_refused(bert, "architectures", {"BertLMHeadModel"});
  check_refused(bert, "architectures", {"BertForTokenClassification"});

  const json llama = config_to_json(small_config("llama", Objective::causal), {});
  check_refused(llama, "mlp_bias", true);
  check_refused(llama, "rope_scaling", {{"type", "linear"}, {"factor", 2.0}});
  check_refused(llama, "rope_parameters", {{"rope_type", "yarn"}, {"rope_theta", 10000.0}});
  check_refused(llama, "layer_types", {"full_attention", "sliding_attention"});
  check_refused(llama, "num_key_value_heads", 0);
  const json qwen3 = config_to_json(small_config("qwen3", Objective::causal), {});
  check_refused(qwen3, "use_sliding_window", true);
  check_refused(qwen3, "attention_bias", true);

  const json classifier = config_to_json(small_config("bert", Objective::classifier), {});
  check_refused(classifier, "problem_type", "regression");
  check_refused(classifier, "id2label", {{"0", "only"}});
  check_refused(classifier, "id2label", {{"0", "a"}, {"2", "b"}});
  check_refused(classifier, "id2label", {{"0", "a"}, {"1", 2}});
}

BOOST_AUTO_TEST_CASE(labels_without_names) {
  json classifier = config_to_json(small_config("bert", Objective::classifier), {});
  classifier.erase("id2label");
  BOOST_TEST(config_from_json(classifier, "c").labels == (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  classifier["num_labels"] = 3;
  BOOST_TEST(config_from_json(classifier, "c").labels.size() == 3u);
}

BOOST_AUTO_TEST_CASE(rope_theta_of_both_versions) {
  json llama = config_to_json(small_config("llama", Objective::causal), {});
  llama["rope_theta"] = 5.0, llama["rope_parameters"]["rope_theta"] = 7.0;
  BOOST_TEST(config_from_json(llama, "c").rope_theta == 7.0f);  // version 5's key wins, as there
  llama.erase("rope_parameters");
  BOOST_TEST(config_from_json(llama, "c").rope_theta == 5.0f);
}

BOOST_AUTO_TEST_SUITE_END()
