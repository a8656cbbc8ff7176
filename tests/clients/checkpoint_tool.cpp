// A small program for the checks against real clients: makes, converts and asks models from the command line,
// one JSON line out. Not part of the product; built by the target checkpoint_tool. Called by
// check_checkpoints.py, check_gguf.*.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "backend/backend.h"
#include "base/error.h"
#include "base/random.h"
#include "checkpoint/adapter.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/gguf.h"
#include "generation/generator.h"

using namespace seedling;
using nlohmann::json;

namespace {

/// A small tokenizer of that kind, with the masked model's special tokens if asked.
std::unique_ptr<Tokenizer> make_tokenizer(bool masked, const std::string& kind) {
  TokenizerOptions options;
  options.kind = kind;
  options.vocab_size = 300;
  options.masked = masked;
  return train_tokenizer(options, [](const auto& consume) {
    for (int i = 0; i < 20; ++i)
      consume(
          "The quick brown fox jumps over the lazy dog. Once upon a time there was a little girl. Café "
          "€5!\n");
  });
}

/// make ARCH HEAD SEED OUT OPTION...: a model whose every parameter is random, saved.
json make(const std::vector<std::string>& a, Backend& backend) {
  ModelConfig config = arch_config(a.at(0));
  config.set_sizes(3, 4, 32, a.at(0) == "llama" || a.at(0) == "qwen3" ? 2 : 4);
  config.context_length = 48;
  const std::string& head = a.at(1);
  config.head = head == "classifier" ? HeadKind::classifier
                : head == "span"     ? HeadKind::span
                : config.causal      ? HeadKind::language_model
                                     : HeadKind::masked_language_model;
  if (config.head == HeadKind::classifier) config.labels = {"bad", "good", "odd"};
  std::string kind = "bpe";
  double noise = 0.1;
  for (size_t i = 4; i < a.size(); ++i) {
    if (a[i] == "char" || a[i] == "wordpiece") kind = a[i];
    if (a[i] == "loud") noise = 0.18;
    if (a[i] == "untied") config.tie_embeddings = false;
    if (a[i] == "tied") config.tie_embeddings = true;
    if (a[i] == "no_bias") config.bias = false;
    if (a[i] == "bias") config.bias = true;
    if (a[i] == "no_gain") config.norm_gain = false;
    if (a[i] == "erf") config.activation = Activation::gelu_erf;
    if (a[i] == "wide") config.head_size = 16, config.mlp_channels = 40;
    if (a[i] == "32s")
      config.set_sizes(2, 2, 64, config.positions == PositionKind::rotary ? 1 : 2),
          config.context_length = 256;
  }
  const std::unique_ptr<Tokenizer> tokenizer = make_tokenizer(!config.causal, kind);
  config.vocab_size = tokenizer->vocab_size();
  Model model(config, backend, false);
  model.initialize(std::stoull(a.at(2)));
  // Biases and gains away from 0 and 1, so that a swapped or forgotten one shows.
  Random random(std::stoull(a.at(2)) + 1);
  for (Parameter& parameter : model.parameters().all()) {
    std::vector<float> values(static_cast<size_t>(parameter.size()));
    backend.copy_to_host(values.data(), parameter.value.raw(), parameter.value.bytes());
    for (float& value : values) value += static_cast<float>(noise * random.normal());
    backend.copy_to_device(parameter.value.raw(), values.data(), parameter.value.bytes());
  }
  backend.parameters_changed();
  save_checkpoint(a.at(3), model, *tokenizer, {{"step", 1}}, {});
  return {{"vocab_size", config.vocab_size}};
}

/// logits DIR [IDS] [TYPES], each a JSON list.
json logits(const std::vector<std::string>& a, Backend& backend) {
  LoadedModel loaded = load_model(a.at(0), backend);
  Batch batch;
  batch.B = 1;
  batch.tokens = json::parse(a.at(1)).get<std::vector<int32_t>>();
  if (a.size() > 2) batch.types = json::parse(a[2]).get<std::vector<int32_t>>();
  batch.T = static_cast<int64_t>(batch.tokens.size());
  return {{"logits", loaded.model->logits(batch)}};
}

/// hidden DIR IDS: the last hidden states.
json hidden(const std::vector<std::string>& a, Backend& backend) {
  LoadedModel loaded = load_model(a.at(0), backend);
  Batch batch;
  batch.B = 1;
  batch.tokens = json::parse(a.at(1)).get<std::vector<int32_t>>();
  batch.T = static_cast<int64_t>(batch.tokens.size());
  return {{"hidden", loaded.model->hidden(batch)}};
}

/// greedy DIR IDS COUNT: with and without the cache.
json greedy(const std::vector<std::string>& a, Backend& backend) {
  LoadedModel loaded = load_model(a.at(0), backend);
  SamplingOptions options;
  options.temperature = 0;
  options.max_tokens = std::stoll(a.at(2));
  if (a.size() > 3) options.repetition_penalty = std::stof(a[3]);
  const auto prompt = json::parse(a.at(1)).get<std::vector<int32_t>>();
  json result = {{"ids", generate(*loaded.model, *loaded.tokenizer, prompt, options)}};
  options.use_cache = false;
  result["without_cache"] = generate(*loaded.model, *loaded.tokenizer, prompt, options);
  return result;
}

/// save DIR OUT: loads and saves again.
json save(const std::vector<std::string>& a, Backend& backend) {
  LoadedModel loaded = load_model(a.at(0), backend);
  save_checkpoint(a.at(1), *loaded.model, *loaded.tokenizer, nullptr, {});
  return {{"folder", a[1]}};
}

/// gguf DIR OUT TYPE: exports.
json gguf(const std::vector<std::string>& a, Backend& backend) {
  LoadedModel loaded = load_model(a.at(0), backend);
  return {{"warnings", export_gguf(a.at(1), *loaded.model, *loaded.tokenizer, gguf_type(a.at(2)), "test")}};
}

/// adapter BASE OUT HEAD TARGET...: a random LoRA adapter of rank 4 over a base, with a whole head for a
/// classifier.
json adapter(const std::vector<std::string>& a, Backend& backend) {
  ModelConfig config = load_config(a.at(0));
  if (a.at(2) == "classifier") config.head = HeadKind::classifier, config.labels = {"no", "yes", "perhaps"};
  Model model(config, backend, false);
  Adapter adapter;
  adapter.base = a.at(0);
  adapter.rank = 4, adapter.alpha = 6, adapter.head = config.head, adapter.labels = config.labels;
  adapter.targets.assign(a.begin() + 3, a.end());
  Random random(21);
  const auto noise = [&](int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(0.2 * random.normal());
    return values;
  };
  for (const LoraTarget& target : lora_targets(config, adapter.targets)) {
    const Parameter* parameter = model.parameters().find(target.parameter);
    const int64_t out = parameter->shape[0], in = parameter->shape[1];
    LoraPair pair{target.parameter, 4, noise(4 * in), std::vector<float>(static_cast<size_t>(out * 4), 0.0f)};
    for (const auto& [begin, end] : target.rows)
      for (int64_t i = begin * 4; i < end * 4; ++i) pair.b[i] = static_cast<float>(0.2 * random.normal());
    adapter.pairs.push_back(pair);
  }
  if (config.head == HeadKind::classifier)
    for (const Parameter& parameter : model.parameters().all())
      if (parameter.name.rfind("classifier.", 0) == 0 || parameter.name.rfind("pooler.", 0) == 0)
        adapter.whole[parameter.name] = noise(parameter.size());
  save_adapter(a.at(1), adapter, model, *load_tokenizer(a.at(0)), nullptr, {});
  // Read back, bit for bit.
  const Adapter back = read_adapter(a.at(1), config);
  bool same = back.whole == adapter.whole && back.pairs.size() == adapter.pairs.size();
  for (const LoraPair& pair : adapter.pairs)
    same = same && std::any_of(back.pairs.begin(), back.pairs.end(), [&](const LoraPair& other) {
             return other.parameter == pair.parameter && other.a == pair.a && other.b == pair.b;
           });
  return {{"same", same}};
}

/// encode DIR TEXT: ids without special tokens.
json encode(const std::vector<std::string>& a) { return {{"ids", load_tokenizer(a.at(0))->encode(a.at(1))}}; }

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
    const std::string command = argc > 1 ? argv[1] : "";
    const std::unique_ptr<Backend> backend = make_backend({"cpu", "fp32", 1});
    json result;
    if (command == "make")
      result = make(arguments, *backend);
    else if (command == "logits")
      result = logits(arguments, *backend);
    else if (command == "greedy")
      result = greedy(arguments, *backend);
    else if (command == "hidden")
      result = hidden(arguments, *backend);
    else if (command == "save")
      result = save(arguments, *backend);
    else if (command == "gguf")
      result = gguf(arguments, *backend);
    else if (command == "adapter")
      result = adapter(arguments, *backend);
    else if (command == "encode")
      result = encode(arguments);
    else
      fail_usage("checkpoint_tool make|logits|greedy|save|gguf|adapter|encode ...");
    std::cout << result << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
