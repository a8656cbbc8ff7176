// What every command shares: the common flags, --config, where progress and results go.
//
// To add a command: write commands/NAME.cpp with
//
//   void add_NAME_command(CLI::App& app, CommandContext& context) {
//     auto flags = std::make_shared<NameFlags>();
//     CLI::App* command = add_command(app, context, "NAME", "What it does, in one line");
//     command->add_option("--text", flags->text, "...")->required();
//     command->callback([flags, &context] { run_name(*flags, context); });
//   }
//
// then declare it and add it to the list in commands.cpp. The callback throws Error or UsageError when
// something is wrong, calls context.say() for progress and context.finish() once with the results.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/error.h"

namespace seedling {

/// The flags that every command takes.
struct CommonOptions {
  bool json = false;
  uint64_t seed = 1;
  bool seed_given = false;
  DeviceOptions device;
  std::string config;
};

class CommandContext {
 public:
  CommonOptions common;

  /// The backend that the flags ask for. Where --device auto has chosen a GPU, that is said in a line of
  /// progress.
  std::unique_ptr<Backend> open_device() const;
  /// A line of progress, on standard error.
  void say(const std::string& line) const;
  /// The results: with --json one line of JSON on standard output, else `text` (or, when empty, the JSON's
  /// entries one a line).
  void finish(const nlohmann::json& result, const std::string& text = "") const;
};

/// A subcommand of `app` with the common flags.
CLI::App* add_command(CLI::App& app, CommandContext& context, const std::string& name,
                      const std::string& help);

/// The arguments with --config FILE replaced by what the file says (flags given by hand win). Throws
/// UsageError for unknown keys, naming the nearest known one.
std::vector<std::string> expand_config(CLI::App& app, std::vector<std::string> arguments);

/// What --precision means for training: with auto bf16 where the CPU has a unit for it, else fp32. Its steps
/// are two to four times as fast on tiles (AMX), one and a half to two on dot products (AVX512-BF16), at the
/// same loss (tests/bench/LOG.md). Where a GPU will be used, auto stays auto: it chooses by itself.
std::string training_precision(const DeviceOptions& device);
/// Chooses it, and says so where it is bf16. Commands that only read a model stay in fp32.
void choose_training_precision(CommandContext& context);

/// Throws UsageError where an argument is a flag or a command that does not exist, naming the nearest.
void check_arguments(CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace seedling
