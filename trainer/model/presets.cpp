// The named sizes and the architectures: see config.h. nano and baby are nanoGPT's (karpathy/nanoGPT,
// config/), gpt2 is Radford et al. 2019, bert-base Devlin et al. 2018, bert-tiny and bert-mini Turc et al.
// 2019.
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "model/config.h"

namespace seedling {
namespace {

struct Preset {
  const char* name;
  const char* arch;
  int64_t layers, heads, channels, context;
  float dropout;
};

constexpr std::array<Preset, 7> kPresets{{
    {"nano", "gpt2", 4, 4, 128, 64, 0.0f},
    {"baby", "gpt2", 6, 6, 384, 256, 0.2f},
    {"story", "gpt2", 4, 4, 256, 256, 0.0f},
    {"gpt2", "gpt2", 12, 12, 768, 1024, 0.0f},
    {"bert-tiny", "bert", 2, 2, 128, 512, 0.0f},
    {"bert-mini", "bert", 4, 4, 256, 512, 0.0f},
    {"bert-base", "bert", 12, 12, 768, 512, 0.1f},
}};

template <size_t count>
[[noreturn]] void fail_unknown(const char* what, const std::string& name,
                               const std::array<std::string, count>& all) {
  const std::string near = nearest_word(name, all.data(), count);
  std::string list;
  for (const std::string& each : all) list += (list.empty() ? "" : ", ") + each;
  fail_usage("unknown ", what, " '", name, "'", near.empty() ? "" : "; did you mean '" + near + "'?",
             " There are: ", list);
}

}  // namespace

ModelConfig arch_config(const std::string& arch) {
  ModelConfig config;  // GPT-2: Radford et al. 2019
  config.model_type = arch;
  if (arch == "gpt2") {
  } else if (arch == "bert") {
    config.head = HeadKind::masked_language_model;
    config.causal = false;
    config.post_norm = config.embedding_norm = true;
    config.norm_epsilon = 1e-12f;
    config.activation = Activation::gelu_erf;
    config.type_vocab_size = 2;
  } else if (arch == "llama" || arch == "qwen3") {  // Touvron et al. 2023; with QK-norm: Yang et al. 2025
    config.norm = NormKind::rms;
    config.norm_epsilon = 1e-6f;
    config.positions = PositionKind::rotary;
    config.activation = Activation::silu;
    config.gated_mlp = true;
    config.bias = false;
    config.tie_embeddings = false;
    config.qk_norm = arch == "qwen3";
  } else if (arch == "seedling") {  // recipe "record": the smallest model that learns fastest
    config.norm = NormKind::rms;
    config.norm_epsilon = 1e-6f;
    config.norm_gain = false;
    config.positions = PositionKind::rotary;
    config.rope_theta = 1000.0f;
    config.activation = Activation::relu_squared;
    config.bias = false;
    config.qk_norm = true;
    config.tie_embeddings = false;
    config.token_shift = true;
    config.embedding_norm = true;
    config.zero_init = true;
  } else {
    fail_unknown<5>("architecture", arch, {"gpt2", "bert", "llama", "qwen3", "seedling"});
  }
  config.set_sizes(config.layers, config.heads, config.channels);
  return config;
}

ModelConfig preset_config(const std::string& preset, const std::string& arch) {
  std::array<std::string, kPresets.size()> names;
  for (size_t i = 0; i < kPresets.size(); ++i) {
    const Preset& found = kPresets[i];
    names[i] = found.name;
    if (preset != found.name) continue;
    ModelConfig config = arch_config(arch.empty() ? found.arch : arch);
    config.set_sizes(found.layers, found.heads, found.channels);
    config.context_length = found.context;
    config.embedding_dropout = config.residual_dropout = config.attention_dropout = found.dropout;
    return config;
  }
  fail_unknown("preset", preset, names);
}

}  // namespace seedling
