// Runs another program, as an argument list and never through a shell. Called by recipes.cpp.
#pragma once

#include <string>
#include <vector>

namespace seedling {

/// Exit code and the last part of what the program wrote. Code 127: there is no such program.
struct ProcessResult {
  int code = 0;
  std::string output;
};

/// Runs argv[0] (found in PATH) and waits. Standard input is empty; output and errors come back together.
ProcessResult run_process(const std::vector<std::string>& argv);

}  // namespace seedling
