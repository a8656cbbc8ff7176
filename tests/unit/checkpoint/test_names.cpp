// The list of tensors: complete for every model, and the published names where they matter most.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "checkpoint/names.h"
#include "checkpoint/weights.h"
#include "unit/checkpoint/samples.h"

using namespace seedling;

namespace {

const TensorEntry& entry_of(const std::vector<TensorEntry>& entries, const std::string& name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TensorEntry& entry) { return entry.name == name; });
  BOOST_REQUIRE_MESSAGE(found != entries.end(), name);
  return *found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(every_parameter_is_covered_once) {
  const auto backend = small_backend();
  for (const Combination& combination : all_combinations()) {
    BOOST_TEST_CONTEXT(combination.name()) {
      Model model(combination.config(), *backend, false);
      std::map<std::string, int64_t> next_row;
      std::set<std::string> names;
      for (const TensorEntry& entry : checkpoint_entries(model)) {
        BOOST_TEST(names.insert(entry.name).second);
        const Parameter* parameter = model.parameters().find(entry.parameter);
        BOOST_REQUIRE_MESSAGE(parameter != nullptr, entry.parameter);
        if (entry.copy) continue;
        BOOST_TEST(next_row[entry.parameter] == entry.row_begin);
        next_row[entry.parameter] += entry.rows;
        BOOST_TEST(parameter->shape[0] * entry.columns == parameter->size());
      }
      for (const Parameter& parameter : model.parameters().all())
        BOOST_TEST(next_row[parameter.name] == parameter.shape[0], parameter.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(published_names_and_shapes) {
  using Shape = std::vector<int64_t>;
  ModelConfig config = small_config("gpt2", Objective::causal);  // C 16, F 24, V 17
  auto entries = tensor_entries(config);
  BOOST_TEST(entry_of(entries, "transformer.h.1.attn.c_attn.weight").shape() == (Shape{16, 48}));
  BOOST_TEST(entry_of(entries, "transformer.h.1.mlp.c_fc.weight").shape() == (Shape{16, 24}));
  BOOST_TEST(entry_of(entries, "transformer.h.1.mlp.c_proj.weight").shape() == (Shape{24, 16}));
  BOOST_TEST(entry_of(entries, "transformer.wte.weight").shape() == (Shape{17, 16}));

  config = small_config("llama", Objective::causal);  // 4 query heads, 2 key and value heads of 4
  entries = tensor_entries(config);
  BOOST_TEST(entry_of(entries, "model.layers.0.self_attn.v_proj.weight").shape() == (Shape{8, 16}));
  BOOST_TEST(entry_of(entries, "model.layers.0.self_attn.v_proj.weight").row_begin == 24);
  BOOST_TEST(entry_of(entries, "model.layers.0.mlp.up_proj.weight").row_begin == 24);  // the gate comes first
  BOOST_TEST(
      entry_of(tensor_entries(small_config("llama", Objective::span)), "transformer.norm.weight").rows == 16);

  entries = tensor_entries(small_config("bert", Objective::masked));
  BOOST_TEST(entry_of(entries, "bert.encoder.layer.1.attention.self.value.bias").row_begin == 32);
  BOOST_TEST(entry_of(entries, "cls.predictions.bias").shape() == (Shape{17}));
}

BOOST_AUTO_TEST_CASE(layout_there_and_back) {
  TensorEntry entry{"x", "x", 1, 2, 3};
  entry.transposed = true;
  const std::vector<float> ours = {0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0};  // rows 1 and 2 are the entry's
  std::vector<float> stored(6), back(12, 0.0f);
  to_file_layout(stored.data(), ours, entry);
  BOOST_TEST(stored == (std::vector<float>{1, 4, 2, 5, 3, 6}));
  from_file_layout(back, stored.data(), entry);
  BOOST_TEST(back == ours);
}

BOOST_AUTO_TEST_CASE(old_names) {
  const ModelConfig bert = small_config("bert", Objective::masked),
                    gpt2 = small_config("gpt2", Objective::causal);
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  BOOST_TEST(has(name_variants("transformer.wte.weight", gpt2), "wte.weight"));
  BOOST_TEST(has(name_variants("bert.embeddings.LayerNorm.weight", bert), "bert.embeddings.LayerNorm.gamma"));
  BOOST_TEST(has(name_variants("bert.embeddings.LayerNorm.bias", bert), "embeddings.LayerNorm.beta"));
  BOOST_TEST(can_be_dropped("h.3.attn.bias", gpt2));
  BOOST_TEST(can_be_dropped("transformer.h.3.attn.masked_bias", gpt2));
  BOOST_TEST(can_be_dropped("bert.pooler.dense.weight", bert));
  BOOST_TEST(!can_be_dropped("h.3.attn.c_attn.bias", gpt2));
  BOOST_TEST(!can_be_dropped("transformer.h.3.attn.extra", gpt2));
}

BOOST_AUTO_TEST_SUITE_END()
