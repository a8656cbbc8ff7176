// Seedling's only main: hands the command line to commands/ and turns errors into exit codes.
#include "commands/commands.h"

int main(int argc, char** argv) { return seedling::run_command_line(argc, argv); }
