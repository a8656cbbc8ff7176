// LoRA adapters: targets, files that come back bit for bit, merging, and what of PEFT is refused.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "checkpoint/adapter.h"
#include "checkpoint/safetensors.h"
#include "unit/checkpoint/samples.h"
#include "unit/checkpoint/scratch.h"

using namespace seedling;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A saved base model and a random adapter over it.
struct Fixture {
  ScratchFolder folder;
  std::unique_ptr<Backend> backend = small_backend();
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Model> base, tuned;
  Adapter adapter;

  Fixture(const std::string& arch, Objective objective, std::vector<std::string> targets) {
    ModelConfig config = small_config(arch, arch == "bert" ? Objective::masked : Objective::causal);
    tokenizer = small_tokenizer(arch == "bert");
    config.vocab_size = tokenizer->vocab_size();
    base = std::make_unique<Model>(config, *backend, false);
    scramble(*base, 1);
    save_checkpoint(folder / "base", *base, *tokenizer, nullptr, {});
    ModelConfig tuned_config = small_config(arch, objective);
    tuned_config.vocab_size = config.vocab_size;
    tuned = std::make_unique<Model>(tuned_config, *backend, false);
    Random random(2);
    const auto noise = [&](int64_t count) {
      std::vector<float> values(static_cast<size_t>(count));
      for (float& value : values) value = static_cast<float>(random.normal());
      return values;
    };
    adapter.base = folder / "base", adapter.rank = 3, adapter.alpha = 6, adapter.targets = targets;
    adapter.head = tuned_config.head, adapter.labels = tuned_config.labels;
    for (const LoraTarget& target : lora_targets(tuned_config, targets)) {
      const Parameter* parameter = tuned->parameters().find(target.parameter);
      LoraPair pair{target.parameter, 3, noise(3 * parameter->shape[1]),
                    std::vector<float>(static_cast<size_t>(3 * parameter->shape[0]))};
      for (const auto& [begin, end] : target.rows)
        for (int64_t i = 3 * begin; i < 3 * end; ++i) pair.b[i] = static_cast<float>(random.normal());
      adapter.pairs.push_back(pair);
    }
    if (objective == Objective::classifier)
      for (const Parameter& parameter : tuned->parameters().all())
        if (parameter.name.rfind("classifier.", 0) == 0 || parameter.name.rfind("pooler.", 0) == 0)
          adapter.whole[parameter.name] = noise(parameter.size());
  }
  void save(const json& state = nullptr, const std::vector<NamedTensor>& optimizer = {}) {
    save_adapter(folder / "adapter", adapter, *tuned, *tokenizer, state, optimizer);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(adapter)

BOOST_AUTO_TEST_CASE(targets_are_ends_of_module_names) {
  const ModelConfig gpt2 = small_config("gpt2", Objective::causal),
                    llama = small_config("llama", Objective::causal);
  BOOST_TEST(lora_targets(gpt2, {"c_proj"}).size() == 4u);  // of attention and MLP, in two layers
  BOOST_TEST(lora_targets(gpt2, {"attn.c_proj"}).size() == 2u);
  const auto targets = lora_targets(llama, {"q_proj", "v_proj"});
  BOOST_TEST(targets.size() == 2u);
  BOOST_TEST(
      (targets[0].rows == std::vector<std::pair<int64_t, int64_t>>{{0, 16}, {24, 32}}));  // q and v, not k
  BOOST_TEST(error_of([&] { lora_targets(gpt2, {"q_proj"}); }).find("attn.c_attn") != std::string::npos);
  BOOST_TEST(lora_targets(gpt2, default_lora_targets(gpt2)).size() == 8u);  // four in each of two layers
  BOOST_TEST(
      lora_targets(llama, default_lora_targets(llama)).size() ==
      9u);  // q, k, v share one, gate and up another; and the token table, which is not the head as well
  BOOST_TEST(default_lora_targets(llama).front() == "embed_tokens");
  BOOST_TEST((default_lora_targets(gpt2) ==
              std::vector<std::string>{"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"}));
  BOOST_TEST(error_of([&] { lora_targets(gpt2, {"wte"}); }).find("wte") !=
             std::string::npos);  // it is the head too
  const ModelConfig own = small_config("seedling", Objective::causal);
  BOOST_TEST(!error_of([&] { default_lora_targets(own); }).empty());
}

BOOST_AUTO_TEST_CASE(files_come_back_bit_for_bit) {
  for (const auto& [arch, objective, targets] :
       std::vector<std::tuple<std::string, Objective, std::vector<std::string>>>{
           {"gpt2", Objective::causal, {"c_attn", "c_proj"}},
           {"llama", Objective::causal, {"q_proj", "v_proj"}},
           {"bert", Objective::classifier, {"query", "value", "word_embeddings"}},
           {"qwen3", Objective::causal, {"embed_tokens", "up_proj"}},
           {"gpt2", Objective::classifier, {"wte"}},
           {"gpt2", Objective::classifier, {"c_attn"}}}) {
    BOOST_TEST_CONTEXT(arch) {
      Fixture f(arch, objective, targets);
      std::vector<float> moment = {1, 2, 3};
      const std::vector<NamedTensor> optimizer = {
          {"blocks.0.attention.qkv.lora_a.adamw.m", Tensor(moment.data(), DType::f32, {3})}};
      f.save({{"step", 5}}, optimizer);
      const ModelConfig config = load_config(f.folder / "adapter");
      BOOST_TEST((config.head == f.adapter.head));
      BOOST_TEST(config.labels == f.adapter.labels);
      const Adapter back = read_adapter(f.folder / "adapter", config);
      BOOST_TEST(back.targets == f.adapter.targets);
      BOOST_TEST((back.whole == f.adapter.whole));
      BOOST_TEST(back.scale() == 2.0);
      BOOST_REQUIRE(back.pairs.size() == f.adapter.pairs.size());
      for (const LoraPair& pair : f.adapter.pairs) {
        const auto found = std::find_if(back.pairs.begin(), back.pairs.end(), [&](const LoraPair& other) {
          return other.parameter == pair.parameter;
        });
        BOOST_REQUIRE(found != back.pairs.end());
        BOOST_TEST((found->a == pair.a && found->b == pair.b));
      }
      moment = {0, 0, 0};
      BOOST_TEST(load_training_state(f.folder / "adapter", *f.tuned, optimizer)["step"] == 5);
      BOOST_TEST(moment == (std::vector<float>{1, 2, 3}));
    }
  }
}

BOOST_AUTO_TEST_CASE(loading_an_adapter_merges_it) {
  Fixture f("llama", Objective::causal, {"v_proj"});
  f.save();
  const LoadedModel loaded = load_model(f.folder / "adapter", *f.backend);
  const auto before = values_of(*f.base, f.base->parameters().find("blocks.1.attention.qkv.weight")->value);
  const auto after =
      values_of(*loaded.model, loaded.model->parameters().find("blocks.1.attention.qkv.weight")->value);
  const LoraPair& pair = f.adapter.pairs[1];
  BOOST_REQUIRE(pair.parameter == "blocks.1.attention.qkv.weight");
  for (int64_t o = 0; o < 32; ++o)
    for (int64_t i = 0; i < 16; ++i) {
      double change = 0;
      for (int64_t k = 0; k < 3; ++k) change += 2.0 * pair.b[o * 3 + k] * pair.a[k * 16 + i];
      BOOST_TEST(std::abs(after[o * 16 + i] - before[o * 16 + i] - change) < 1e-5);
      if (o < 24) BOOST_TEST(after[o * 16 + i] == before[o * 16 + i]);  // q and k are no targets
    }
  BOOST_TEST(values_of(*f.base, f.base->parameters().find("head.weight")->value) ==
             values_of(*loaded.model, loaded.model->parameters().find("head.weight")->value));
}

BOOST_AUTO_TEST_CASE(a_token_tables_update_is_merged_and_stands_as_peft_has_it) {
  Fixture f("llama", Objective::causal, {"embed_tokens"});
  f.save();
  const LoadedModel loaded = load_model(f.folder / "adapter", *f.backend);
  const auto before = values_of(*f.base, f.base->parameters().find("embedding.token.weight")->value);
  const auto after =
      values_of(*loaded.model, loaded.model->parameters().find("embedding.token.weight")->value);
  const auto file = Safetensors::open_file(f.folder / "adapter/adapter_model.safetensors");
  const std::string module = "base_model.model.model.embed_tokens.lora_embedding_";
  const std::vector<float> a = file.get(module + "A").floats(), b = file.get(module + "B").floats();
  const int64_t V = loaded.model->config().vocab_size, C = 16;
  BOOST_REQUIRE((file.get(module + "A").shape == std::vector<int64_t>{3, V}));
  BOOST_REQUIRE((file.get(module + "B").shape == std::vector<int64_t>{C, 3}));
  for (int64_t v = 0; v < V; ++v)
    for (int64_t c = 0; c < C; ++c) {
      double change = 0;
      for (int64_t k = 0; k < 3; ++k) change += 2.0 * a[k * V + v] * b[c * 3 + k];
      BOOST_TEST(std::abs(after[v * C + c] - before[v * C + c] - change) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
  Fixture f("gpt2", Objective::causal, {"c_attn"});
  f.save();
  const fs::path file = f.folder / "adapter/adapter_config.json";
  const json good = read_json(file);
  const auto message = [&](const std::string& key, const json& value) {
    json changed = good;
    changed[key] = value;
    write_json_atomic(file, changed);
    const std::string result = error_of([&] { load_model(f.folder / "adapter", *f.backend); });
    write_json_atomic(file, good);
    return result;
  };
  BOOST_TEST(message("auto_mapping", nullptr).empty());
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, json>>{{"peft_type", "IA3"},
                                                 {"use_dora", true},
                                                 {"bias", "all"},
                                                 {"rank_pattern", {{"c_attn", 4}}},
                                                 {"alpha_pattern", {{"c_attn", 4}}},
                                                 {"base_model_name_or_path", "/nowhere"},
                                                 {"r", "8"}})
    BOOST_TEST(message(key, value).find(key) != std::string::npos, key);
  BOOST_TEST(message("r", 4).find("lora_A") != std::string::npos);
  write_safetensors(f.folder / "adapter/adapter_model.safetensors",
                    {{"base_model.model.strange", {1}, [](float* x) { *x = 0; }}});
  BOOST_TEST(error_of([&] { load_model(f.folder / "adapter", *f.backend); }).find("strange") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
