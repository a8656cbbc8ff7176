// Puts the table of training flags (training/flags.h) on a command's help and parser.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "commands/options.h"
#include "training/flags.h"

namespace seedling {

/// A path that exists is stored in run.json from the root, so that the run can be repeated from any folder.
inline void make_absolute(std::optional<std::string>& path) {
  if (path && std::filesystem::exists(*path)) path = std::filesystem::canonical(*path).string();
}

/// A visitor for visit_*_flags that adds each flag as an option of `command`.
struct AddFlags {
  CLI::App* command;

  template <typename T>
  void operator()(const FlagInfo& info, std::optional<T>& flag) const {
    const std::string name = std::string("--") + info.name;
    std::string help = info.help;
    if (info.choices != nullptr) help += std::string(" (") + info.choices + ")";
    if constexpr (std::is_same_v<T, bool>) {
      command->add_flag_function(
          name, [&flag](std::int64_t) { flag = true; }, help);
    } else {
      const auto take = [info, &flag](const T& value) {
        check_flag(info, value);
        flag = value;
      };
      command->template add_option_function<T>(name, take, help)->take_last();
    }
  }
};

}  // namespace seedling
