// --serve (see dashboard.h).
#include "commands/dashboard.h"

namespace seedling {

void add_serve_flag(CLI::App* command, int& port) {
  command
      ->add_option_function<std::vector<int>>(
          "--serve", [&port](const std::vector<int>& given) { port = given.empty() ? 8080 : given.front(); },
          "Dashboard at http://127.0.0.1:PORT while it trains (default port 8080)")
      ->expected(0, 1)
      ->check(CLI::Range(0, 65535));
}

std::shared_ptr<void> start_dashboard(Session&, const std::filesystem::path&, int) {
  fail("--serve: this build has no dashboard server");
}

}  // namespace seedling
