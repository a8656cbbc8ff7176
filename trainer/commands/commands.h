// The command line: one file a command, joined in one explicit list (commands.cpp).
#pragma once

namespace seedling {

/// Parses and runs. Exit code: 0 success, 1 failure with one clear message on standard error, 2 wrong usage.
int run_command_line(int argc, char** argv);

}  // namespace seedling
