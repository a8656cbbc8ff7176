// What --data names: see prepare.h.
#include "base/error.h"
#include "base/files.h"
#include "data/prepare.h"
#include "data/recipes.h"
#include "data/storyworld_text.h"

namespace seedling {
namespace {

[[noreturn]] void fail_unknown(const std::string& data) {
  std::vector<std::string> names = {"storyworld"};
  for (const Recipe& recipe : recipes()) names.push_back(recipe.name);
  const std::string near = nearest_word(data, names.data(), names.size());
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  fail("no such file, folder or data set: ", data, near.empty() ? "" : concat(" (did you mean ", near, "?)"),
       ". Data sets by name: ", list, " (`seedling data list` describes them).");
}

}  // namespace

Source find_source(const DataOptions& options, const std::filesystem::path& cache) {
  if (options.data.empty()) fail_usage("no data named: give --data FILE, FOLDER or NAME");
  Source source;
  if (options.data == "storyworld") return storyworld_source(options, cache);
  std::filesystem::path path = options.data;
  if (const Recipe* recipe = find_recipe(options.data)) {
    source.name = recipe->name;
    path = prepare_recipe(*recipe, cache, options.say).text;
    if (path.empty()) {
      fail_usage(recipe->name,
                 " holds examples for fine-tuning, no running text to pretrain on. Use it with "
                 "`seedling finetune --task ",
                 recipe->task, "`.");
    }
  } else {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) fail_unknown(options.data);
    source.name = path.lexically_normal().has_filename()
                      ? path.lexically_normal().filename().string()
                      : path.lexically_normal().parent_path().filename().string();
  }
  source.corpus = open_corpus(path, cache / "unpacked", options.say);
  source.split = split_corpus(source.corpus, options.validation_fraction);
  return source;
}

}  // namespace seedling
