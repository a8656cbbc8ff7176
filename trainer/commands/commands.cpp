// The list of commands, and how an error becomes an exit code. Called by main.cpp.
#include "commands/commands.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <new>

#include "commands/options.h"

namespace seedling {

// One declaration and one entry in the list below for each file of this folder (pattern: options.h).
void add_pretrain_command(CLI::App& app, CommandContext& context);
void add_finetune_command(CLI::App& app, CommandContext& context);
void add_evaluate_command(CLI::App& app, CommandContext& context);
void add_generate_command(CLI::App& app, CommandContext& context);
void add_fill_command(CLI::App& app, CommandContext& context);
void add_predict_command(CLI::App& app, CommandContext& context);
void add_chat_command(CLI::App& app, CommandContext& context);
void add_tokenizer_command(CLI::App& app, CommandContext& context);
void add_data_command(CLI::App& app, CommandContext& context);
void add_export_command(CLI::App& app, CommandContext& context);
void add_bench_command(CLI::App& app, CommandContext& context);
void add_doctor_command(CLI::App& app, CommandContext& context);
void add_serve_command(CLI::App& app, CommandContext& context);

namespace {

using AddCommand = void (*)(CLI::App&, CommandContext&);

constexpr AddCommand kCommands[] = {
    add_pretrain_command, add_finetune_command, add_evaluate_command, add_generate_command,
    add_fill_command,     add_predict_command,  add_chat_command,     add_tokenizer_command,
    add_data_command,     add_export_command,   add_bench_command,    add_doctor_command,
    add_serve_command,
};

constexpr int kSuccess = 0, kFailure = 1, kWrongUsage = 2;

int complain(const char* what, int code) {
  std::cerr << "seedling: " << what << std::endl;
  return code;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CommandContext context;
  CLI::App app("Seedling grows a language model from a seed, on your own computer, in front of your eyes.",
               "seedling");
  app.set_version_flag("--version", SEEDLING_VERSION);
  app.require_subcommand(1);
  try {
    for (AddCommand add : kCommands) add(app, context);
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) arguments.push_back("--help");
    arguments = expand_config(app, std::move(arguments));
    check_arguments(app, arguments);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them last one first
    app.parse(std::move(arguments));
    return kSuccess;
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ConversionError& error) {
    return complain(concat(error.what(), ": not the kind of value that this flag takes (see --help)").c_str(),
                    kWrongUsage);
  } catch (const CLI::ParseError& error) {
    return complain(error.what(), kWrongUsage);
  } catch (const UsageError& error) {
    return complain(error.what(), kWrongUsage);
  } catch (const Error& error) {
    return complain(error.what(), kFailure);
  } catch (const std::filesystem::filesystem_error& error) {
    return complain(concat(error.path1().string(), ": ", error.code().message(),
                           ". Name a place that you may read and write.")
                        .c_str(),
                    kFailure);
  } catch (const std::bad_alloc&) {
    return complain("not enough memory; use a smaller model, batch or context, or train with --recompute",
                    kFailure);
  } catch (const std::exception& error) {
    return complain(
        concat("internal error: ", error.what(), " (a mistake in this program; please report it)").c_str(),
        kFailure);
  }
}

}  // namespace seedling
