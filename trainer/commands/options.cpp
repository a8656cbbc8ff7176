// The common flags and --config (see options.h). Called by commands.cpp and every command.
#include "commands/options.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "backend/cpu/machine.h"
#include "backend/devices.h"
#include "base/files.h"
#include "training/line_file.h"

namespace seedling {

namespace {

using nlohmann::json;

std::vector<CLI::App*> subcommands_of(CLI::App& command) {
  return command.get_subcommands([](CLI::App*) { return true; });
}

/// The command that the arguments name (possibly nested: "tokenizer train"), and where its own arguments
/// begin.
CLI::App* chosen_command(CLI::App& app, const std::vector<std::string>& arguments, size_t& begin) {
  CLI::App* command = &app;
  for (begin = 0; begin < arguments.size(); ++begin) {
    const std::vector<CLI::App*> below = subcommands_of(*command);
    const auto next = std::find_if(below.begin(), below.end(), [&](const CLI::App* each) {
      return each->get_name() == arguments[begin];
    });
    if (next == below.end()) break;
    command = *next;
  }
  return command;
}

/// "--batch-size=4" -> "--batch-size"; "" where the argument is no long flag.
std::string flag_of(const std::string& argument) {
  if (argument.size() < 3 || argument.compare(0, 2, "--") != 0) return "";
  return argument.substr(0, argument.find('='));
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = nearest_word(word, known.data(), known.size());
  return nearest.empty() ? "" : concat("; did you mean ", nearest, "?");
}

std::string value_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

void CommandContext::say(const std::string& line) const { std::cerr << line << std::endl; }

void CommandContext::finish(const json& result, const std::string& text) const {
  if (common.json) {
    std::cout << one_line(result) << std::endl;
  } else if (!text.empty()) {
    std::cout << text << std::endl;
  } else {
    for (const auto& [key, value] : result.items()) std::cout << key << ": " << value_text(value) << "\n";
    std::cout << std::flush;
  }
  if (!std::cout) fail("standard output: cannot write the result (closed, or the disk is full)");
}

std::unique_ptr<Backend> CommandContext::open_device() const {
  std::unique_ptr<Backend> backend = make_backend(common.device);
  if (common.device.device == "auto" && backend->name() == "cuda")
    say(concat("device: ", backend->description(), " (--device cpu for the processor)"));
  return backend;
}

CLI::App* add_command(CLI::App& app, CommandContext& context, const std::string& name,
                      const std::string& help) {
  CLI::App* command = app.add_subcommand(name, help);
  CommonOptions& common = context.common;
  command
      ->add_flag("--json", common.json,
                 "The last line on standard output is one JSON object with the results")
      ->group("Common");
  command
      ->add_option_function<uint64_t>(
          "--seed",
          [&common](const uint64_t& seed) {
            common.seed = seed;
            common.seed_given = true;
          },
          "Every random choice follows from it (default 1)")
      ->take_last()
      ->group("Common");
  command->add_option("--threads", common.device.threads, "Threads to use (default 0: every core)")
      ->check(CLI::Range(0, 4096))
      ->take_last()
      ->group("Common");
  command->add_option("--device", common.device.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->take_last()
      ->group("Common");
  command->add_option("--precision", common.device.precision, "auto, fp32 or bf16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
      ->take_last()
      ->group("Common");
  command
      ->add_option("--config", common.config, "JSON file whose keys are flag names; flags given by hand win")
      ->take_last()
      ->group("Common");
  return command;
}

std::string training_precision(const DeviceOptions& device) {
  const CpuInfo& cpu = cpu_info();
  if (device.precision != "auto" || device.device == "cuda") return device.precision;
  if (device.device == "auto" && cuda_answers()) return device.precision;  // a GPU chooses by itself
  return cpu.amx_bf16 || cpu.avx512_bf16 ? "bf16" : "fp32";
}

void choose_training_precision(CommandContext& context) {
  DeviceOptions& device = context.common.device;
  if (device.precision != "auto" || training_precision(device) != "bf16") return;
  device.precision = "bf16";
  context.say(concat("precision: bf16, on this CPU's ", cpu_info().amx_bf16 ? "tiles" : "bf16 dot products",
                     " (--precision fp32 for full single precision)"));
}

std::vector<std::string> expand_config(CLI::App& app, std::vector<std::string> arguments) {
  size_t begin = 0;
  CLI::App* command = chosen_command(app, arguments, begin);
  std::string file;
  for (size_t i = begin; i < arguments.size(); ++i) {
    if (flag_of(arguments[i]) != "--config") continue;
    if (arguments[i].size() > 8) file = arguments[i].substr(9);
    if (arguments[i].size() == 8 && i + 1 < arguments.size()) file = arguments[i + 1];
  }
  if (file.empty()) return arguments;
  const json config = read_json(file);
  if (!config.is_object())
    fail_usage(file, ": the configuration must be one JSON object {\"flag-name\": value, ...}");
  const std::vector<std::string> known = flag_names(*command);
  for (const auto& [key, value] : config.items()) {
    const std::string flag = "--" + key;
    if (key == "config" || std::find(known.begin(), known.end(), flag) == known.end()) {
      fail_usage(file, ": unknown key \"", key, "\"", suggestion(flag, known));
    }
    const bool by_hand = std::any_of(arguments.begin() + static_cast<std::ptrdiff_t>(begin), arguments.end(),
                                     [&](const std::string& argument) { return flag_of(argument) == flag; });
    if (by_hand || value.is_null() || value == json(false)) continue;
    if (value == json(true)) {
      arguments.push_back(flag);
    } else if (value.is_array()) {
      for (const json& entry : value) arguments.push_back(flag + "=" + value_text(entry));
    } else if (value.is_object()) {
      fail_usage(file, ": key \"", key, "\" needs a plain value, not an object");
    } else {
      arguments.push_back(flag + "=" + value_text(value));
    }
  }
  return arguments;
}

void check_arguments(CLI::App& app, const std::vector<std::string>& arguments) {
  size_t begin = 0;
  CLI::App* command = chosen_command(app, arguments, begin);
  const std::vector<CLI::App*> deeper = subcommands_of(*command);
  if (begin < arguments.size() && !deeper.empty() && !arguments[begin].empty() &&
      arguments[begin][0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* app_below : deeper) names.push_back(app_below->get_name());
    fail_usage("unknown command '", arguments[begin], "'", suggestion(arguments[begin], names),
               " (seedling --help)");
  }
  const std::vector<std::string> known = flag_names(*command);
  for (size_t i = begin; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string flag = flag_of(arguments[i]);
    if (flag.empty() || std::find(known.begin(), known.end(), flag) != known.end()) continue;
    fail_usage("unknown flag ", flag, suggestion(flag, known), " (seedling ", command->get_name(),
               " --help)");
  }
}

}  // namespace seedling
