// seedling data: the named data sets: which there are, where they come from, and getting them.
#include <nlohmann/json.hpp>

#include "commands/options.h"
#include "data/cache.h"
#include "data/describe.h"

namespace seedling {

void add_data_command(CLI::App& app, CommandContext& context) {
  CLI::App* command = add_command(app, context, "data", "List, get and describe data sets");
  command->require_subcommand(1);
  const auto name = std::make_shared<std::string>();
  const auto size = std::make_shared<int64_t>(0);
  const auto say = [&context](const std::string& line) { context.say(line); };

  add_command(*command, context, "list", "The named data sets")->callback([&context] {
    const nlohmann::json list = list_data();
    context.finish(list, list_text(list));
  });

  CLI::App* prepare = add_command(*command, context, "prepare", "Fetch, check and convert a data set");
  prepare->add_option("name", *name, "A name from `seedling data list`")->required();
  prepare->add_option("--data-size", *size, "Bytes of text to write (storyworld)");
  prepare->callback([name, size, say, &context] {
    context.finish(prepare_named(*name, *size, context.common.seed, cache_folder(""), say));
  });

  CLI::App* describe = add_command(*command, context, "describe", "What a data set, file or folder holds");
  describe->add_option("name", *name, "A name from `seedling data list`, a file or a folder")->required();
  describe->callback([name, say, &context] { context.finish(describe_data(*name, cache_folder(""), say)); });
}

}  // namespace seedling
