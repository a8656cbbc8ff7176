// Recipes and presets (see plan.h). Rates of "fast" and "record" come from measurements on tiny Shakespeare;
// story's on Storyworld (tests/bench/LOG.md).
#include "training/plan.h"

#include <algorithm>

#include "base/error.h"

namespace seedling {

namespace {

/// Tokens in a step of a masked model under the fast recipe: few, so that minutes hold many steps.
constexpr int64_t kMaskedTokens = 2048;

bool begins_with(const std::string& text, const char* beginning) { return text.rfind(beginning, 0) == 0; }

constexpr double kMuonMomentum = 0.85;  // also of runs from before there was a flag for it

/// What a preset says besides the model's sizes.
struct PresetDefaults {
  int64_t steps, batch_size;
  double adamw_rate, dropout;  // the classic recipe's
  const char* tokenizer;
  int64_t vocab_size;
};

PresetDefaults preset_defaults(const std::string& preset) {
  if (preset == "nano") return {2000, 12, 1e-3, 0.0, "char", 0};
  if (preset == "baby") return {5000, 64, 1e-3, 0.2, "char", 0};
  if (preset == "gpt2") return {20000, 12, 6e-4, 0.0, "bpe", 16384};
  if (preset == "bert-tiny") return {5000, 16, 1e-3, 0.1, "bpe", 4096};
  if (preset == "bert-mini") return {5000, 16, 5e-4, 0.1, "bpe", 4096};
  if (preset == "bert-base") return {20000, 32, 1e-4, 0.1, "bpe", 16384};
  return {0, 8, 1e-3, 0.0, "bpe", 4096};  // story
}

/// The rates of AdamW alone: nanoGPT's.
void fill_adamw(TrainingFlags& t, const PresetDefaults& preset, bool masked) {
  if (t.momentum) fail_usage("--momentum is Muon's; AdamW has --beta1");
  fill_in(t.learning_rate, preset.adamw_rate);
  fill_in(t.min_learning_rate, *t.learning_rate / 10.0);
  fill_in(t.schedule, masked ? "linear" : "cosine");
  fill_in(t.beta1, 0.9);
  fill_in(t.beta2, 0.99);
  fill_in(t.weight_decay, masked ? 0.01 : 0.1);
}

/// Muon for the matrices; AdamW's rates beside it are multiples of the same rate (plan_optimizer).
void fill_muon(TrainingFlags& t, bool post_norm, bool story) {
  fill_in(t.learning_rate, post_norm ? 0.02 : story ? 0.03 : 0.05);
  fill_in(t.min_learning_rate, 0.0);
  fill_in(t.schedule, "linear");
  fill_in(t.momentum, kMuonMomentum);
  fill_in(t.beta1, 0.9);
  fill_in(t.beta2, 0.95);
  fill_in(t.weight_decay, 0.0);
}

/// Heads for another width: as wide as the preset's, or the nearest width that divides.
int64_t default_heads(const ModelConfig& preset, int64_t channels) {
  if (channels == preset.channels) return preset.heads;
  int64_t heads = std::max<int64_t>(1, channels / preset.head_size);
  while (channels % heads != 0) --heads;
  return heads;
}

}  // namespace

int64_t default_steps(const std::string& preset) { return preset_defaults(preset).steps; }

PretrainFlags complete_flags(PretrainFlags f) {
  ModelFlags& m = f.model;
  TrainingFlags& t = f.training;
  fill_in(f.recipe, "fast");
  fill_in(m.preset, "story");
  const bool bert_preset = begins_with(*m.preset, "bert"), bert_arch = m.arch == std::string("bert");
  fill_in(f.objective, bert_preset || bert_arch ? "masked" : "causal");
  const bool masked = *f.objective == "masked", classic = *f.recipe == "classic";
  fill_in(m.arch, masked ? "bert" : classic || *m.preset == "gpt2" ? "gpt2" : "qwen3");
  if (masked != (*m.arch == "bert")) {
    fail_usage("--objective ", *f.objective, " does not fit --arch ", *m.arch,
               ": bert learns masked tokens, gpt2, llama and qwen3 the next one");
  }
  if (masked && f.see_ahead.value_or(false))
    fail_usage("--see-ahead takes the causal mask away; masked models have none");
  if (*f.recipe == "record" && masked)
    fail_usage("--recipe record is for --objective causal; use fast or classic");

  const PresetDefaults preset = preset_defaults(*m.preset);
  fill_in(f.data, "storyworld");
  fill_in(f.whole_words, false);
  fill_in(m.tokenizer, preset.tokenizer);
  if (!masked || classic) fill_in(m.vocab_size, preset.vocab_size > 0 ? preset.vocab_size : 4096);
  const int64_t context = m.context_length.value_or(preset_config(*m.preset, *m.arch).context_length);
  fill_in(t.batch_size,
          masked && !classic ? std::max<int64_t>(1, kMaskedTokens / context) : preset.batch_size);
  fill_in(t.grad_accumulation, 1);
  fill_in(t.recompute, false);
  fill_in(t.dropout, classic ? preset.dropout : *m.preset == "baby" ? 0.1 : 0.0);
  fill_in(t.optimizer, classic ? "adamw" : "muon");
  if (*t.optimizer == "muon") {
    fill_muon(t, *m.arch == "bert", *m.preset == "story");
  } else {
    fill_adamw(t, preset, masked);
  }
  fill_in(t.grad_clip, 1.0);
  fill_in(t.keep, 5);
  fill_in(t.early_stop, 0);
  return f;
}

PretrainFlags finish_flags(PretrainFlags f) {
  TrainingFlags& t = f.training;
  const int64_t steps = t.steps.value();
  const bool post_norm = f.model.arch == std::string("bert");
  if (*t.optimizer == "adamw") {
    fill_in(t.warmup_steps, std::min<int64_t>(100, steps / 20));
  } else {  // Muon needs none, a tower with norms after its sums does
    fill_in(t.warmup_steps, post_norm ? std::min<int64_t>(200, steps / 10) : 0);
  }
  const bool grows = f.objective == std::string("masked") && f.recipe != std::string("classic");
  fill_in(f.length_warmup_steps, grows ? steps * 8 / 10 : 0);
  fill_in(t.eval_every, std::max<int64_t>(1, steps / 8));
  fill_in(t.sample_every, *t.eval_every);
  fill_in(t.checkpoint_every, *t.eval_every);
  if (*t.min_learning_rate > *t.learning_rate) {
    fail_usage("--min-learning-rate ", *t.min_learning_rate, " is above --learning-rate ", *t.learning_rate);
  }
  return f;
}

double dropout_for_passes(const PretrainFlags& flags, double planned, double passes,
                          double parameters_per_token) {
  constexpr double kManyPasses = 4.0, kDropout = 0.1;
  const bool ours = flags.recipe != std::string("classic");      // that is nanoGPT's, with nanoGPT's dropout
  const bool causal = flags.objective == std::string("causal");  // a masked text is another at every look
  const bool by_heart = passes > kManyPasses && parameters_per_token > 1.0;
  return ours && causal && by_heart ? std::max(planned, kDropout) : planned;
}

ModelConfig plan_model(const PretrainFlags& f, int64_t vocab_size) {
  const ModelFlags& m = f.model;
  const bool record = *f.recipe == "record", classic = *f.recipe == "classic";
  ModelConfig config = preset_config(*m.preset, record ? "seedling" : *m.arch);
  config.vocab_size = vocab_size;
  if (m.layers || m.heads || m.channels) {
    const int64_t channels = m.channels.value_or(config.channels);
    config.set_sizes(m.layers.value_or(config.layers), m.heads.value_or(default_heads(config, channels)),
                     channels);
  }
  if (m.mlp_channels) config.mlp_channels = *m.mlp_channels;
  if (m.trigrams.value_or(0) > 0) {
    if (!record)
      fail_usage("--trigrams needs --recipe record: no other architecture has a home for the table");
    config.ngram_table = *m.trigrams;
  }
  if (m.context_length) config.context_length = *m.context_length;
  const float dropout = static_cast<float>(*f.training.dropout);
  config.embedding_dropout = config.residual_dropout = config.attention_dropout = dropout;
  if (!classic && config.causal) {
    config.tie_embeddings = *m.arch == "gpt2";
    config.zero_init = true;
    if (config.positions == PositionKind::rotary && config.context_length <= 512) config.rope_theta = 1000.0f;
  }
  config.check();
  return config;
}

OptimizerOptions plan_optimizer(const PretrainFlags& f) {
  const TrainingFlags& t = f.training;
  OptimizerOptions options;
  options.kind = *t.optimizer;
  options.beta1 = *t.beta1;
  options.beta2 = *t.beta2;
  options.weight_decay = *t.weight_decay;
  if (options.kind == "muon") {
    // Beside a Muon rate of 0.05: embedding 0.03, head 0.01, gains 0.01, token shift 0.15.
    options.momentum = t.momentum.value_or(kMuonMomentum);
    options.embedding_rate = 0.6;
    options.head_rate = 0.2;
    options.vector_rate = 0.2;
    options.shift_rate = 3.0;
    options.epsilon = 1e-10;
  }
  return options;
}

Schedule plan_schedule(const TrainingFlags& t) {
  return {*t.schedule, *t.learning_rate, *t.min_learning_rate, t.warmup_steps.value_or(0)};
}

}  // namespace seedling
