// seedling bench: how fast this machine trains and generates, held against its products and its memory.
//
// Real training steps (forward, backward, clipping, optimizer) on random tokens; warm-up first, then the
// median of the repeats. mfu = tokens a second x FLOPs a token / ceiling, the ceiling measured in the same
// run and precision, before and after. Generation is one sequence with its KV cache, each token reading every
// weight once: its share is of what memory allows. --profile adds a table of the ops of a step.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "backend/cpu/machine.h"
#include "commands/options.h"
#include "model/model.h"
#include "training/speed.h"

namespace seedling {

namespace {

struct BenchFlags {
  std::string preset = "nano", arch, optimizer = "adamw";
  int64_t context_length = 0, batch_size = 0, vocab_size = 0;
  int repeats = 5;
  double seconds = 1.0;
  std::optional<double> dropout;
  bool profile = false, recompute = false;
};

constexpr int kProfiledSteps = 5;
constexpr int64_t kGeneratedTokens = 64;

/// Batch and vocabulary of the recipes that made the presets known; of the large ones, what a device can
/// hold.
void fill_defaults(BenchFlags& flags, const Backend& backend) {
  const bool large = flags.preset == "gpt2" || flags.preset == "bert-base";
  const bool characters = flags.preset == "nano" || flags.preset == "baby";
  if (flags.batch_size == 0)
    flags.batch_size = flags.preset == "nano"   ? 12
                       : flags.preset == "baby" ? 64
                       : !large                 ? 8
                                                : (backend.name() == "cuda" ? 32 : 4);
  if (flags.vocab_size == 0) flags.vocab_size = characters ? 65 : large ? 50257 : 4096;
}

/// "12.3": columns of the table.
std::string fixed(double value, int digits, int width) {
  char text[40];
  std::snprintf(text, sizeof text, "%*.*f", width, digits, value);
  return text;
}

/// The ops of a step, the longest first: to the reader a table, to the caller the same as JSON.
nlohmann::json tell_profile(const Profile& profile, double ceiling, double memory,
                            const CommandContext& context) {
  nlohmann::json lines = nlohmann::json::array();
  const double steps = profile.steps;
  double inside = 0.0;
  context.say("  share      calls   us a call  of the ceiling   op");
  for (const OpTime& op : profile.ops) {
    inside += op.seconds;
    const double rate = (op.flops > 0.0 ? op.flops : op.bytes) / op.seconds;
    const double reached = rate / (op.flops > 0.0 ? ceiling : memory), share = op.seconds / profile.seconds;
    nlohmann::json line = {{"op", op.name},
                           {"calls", static_cast<double>(op.calls) / steps},
                           {"share", share},
                           {"seconds", op.seconds / steps},
                           {"of_ceiling", reached}};
    line[op.flops > 0.0 ? "gflops" : "gb_per_second"] = rate / 1e9;
    lines.push_back(line);
    context.say(concat(fixed(100 * share, 1, 6), "% ", fixed(static_cast<double>(op.calls) / steps, 0, 9),
                       fixed(1e6 * op.seconds / static_cast<double>(op.calls), 1, 12),
                       fixed(100 * reached, 1, 7), "% of ", op.flops > 0.0 ? "products" : "memory  ", "  ",
                       op.name));
  }
  context.say(concat(fixed(100 * (1 - inside / profile.seconds), 1, 6), "%   between the ops"));
  return lines;
}

void run_bench(BenchFlags flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  fill_defaults(flags, *backend);
  ModelConfig config = preset_config(flags.preset, flags.arch);
  config.vocab_size = flags.vocab_size;
  if (flags.context_length > 0) config.context_length = flags.context_length;
  if (flags.dropout) {
    config.embedding_dropout = config.residual_dropout = config.attention_dropout =
        static_cast<float>(*flags.dropout);
  }
  config.check();
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu_info().cores;
  const double before = measure_ceiling(*backend, threads, 0.3);
  Model model(config, *backend, true);
  model.initialize(context.common.seed);
  SpeedOptions options;
  options.batch_size = flags.batch_size;
  options.context_length = config.context_length;
  options.optimizer = flags.optimizer.c_str();
  options.recompute = flags.recompute;
  options.repeats = flags.repeats;
  options.seconds_each = flags.seconds;
  const std::vector<double> speeds = measure_training(model, options);
  const double ceiling = std::max(before, measure_ceiling(*backend, threads, 0.3));
  const double speed = median(speeds), flops = config.flops_per_token(config.context_length);
  nlohmann::json result = {{"preset", flags.preset},
                           {"arch", config.model_type},
                           {"tokens_per_second", speed},
                           {"tokens_per_second_all", speeds},
                           {"flops_per_token", flops},
                           {"mfu", speed * flops / ceiling},
                           {"gemm_gflops", ceiling / 1e9},
                           {"peak_rss_bytes", peak_memory()},
                           {"device", backend->name()},
                           {"device_description", backend->description()},
                           {"precision", backend->activation_type() == DType::bf16 ? "bf16" : "fp32"},
                           {"threads", threads},
                           {"parameters", model.parameters().count()},
                           {"batch_size", flags.batch_size},
                           {"context_length", config.context_length},
                           {"vocab_size", config.vocab_size},
                           {"dropout", config.residual_dropout},
                           {"recompute", flags.recompute},
                           {"optimizer", flags.optimizer}};
  if (backend->name() == "cuda") result["copy_bytes_per_second"] = measure_copy(*backend);
  const double memory = measure_memory(*backend);
  result["memory_bytes_per_second"] = memory;
  if (config.causal) {
    const int64_t tokens = std::min(kGeneratedTokens, config.context_length - 1);
    const double weights = static_cast<double>(config.matrix_parameters()) *
                           static_cast<double>(size_of(backend->activation_type()));
    std::vector<double> generated, shares;
    for (const GenerationSpeed& speed : measure_generation(model, tokens, flags.repeats)) {
      generated.push_back(speed.tokens_per_second);
      shares.push_back(speed.tokens_per_second * weights / speed.memory);
    }
    result["generation_tokens_per_second"] = median(generated);
    result["generation_bandwidth_share"] = median(shares);
  }
  if (flags.profile) {
    result["profile"] =
        tell_profile(measure_profile(config, *backend, options, kProfiledSteps), ceiling, memory, context);
  }
  context.finish(result);
}

}  // namespace

void add_bench_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* command =
      add_command(app, context, "bench", "Measure training speed against this machine's ceiling");
  command->add_option("--preset", flags->preset,
                      "nano, baby, story, gpt2, bert-tiny, bert-mini or bert-base");
  command->add_option("--arch", flags->arch, "gpt2, bert, llama or qwen3 (default: the preset's)");
  command->add_option("--optimizer", flags->optimizer, "adamw or muon")
      ->check(CLI::IsMember({"adamw", "muon"}));
  command
      ->add_option("--context-length", flags->context_length, "Tokens in a sequence (default: the preset's)")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--batch-size", flags->batch_size, "Sequences in a step")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--vocab-size", flags->vocab_size, "Rows of the vocabulary")
      ->check(CLI::Range(2, 1 << 24));
  command->add_option("--dropout", flags->dropout, "Share of activations dropped (default: the preset's)")
      ->check(CLI::Range(0.0, 0.95));
  command->add_flag("--recompute", flags->recompute, "Train with activations computed again for backward");
  command->add_option("--repeats", flags->repeats, "Measurements (default 5)")->check(CLI::Range(1, 1000));
  command->add_option("--seconds", flags->seconds, "Least duration of one (default 1)")
      ->check(CLI::Range(0.0, 600.0));
  command->add_flag("--profile", flags->profile, "Also tell where the time of a step goes, op by op");
  command->callback([flags, &context] { run_bench(*flags, context); });
}

}  // namespace seedling
