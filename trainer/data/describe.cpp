// What `seedling data` tells: see describe.h.
#include "data/describe.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/prepare.h"
#include "data/recipes.h"
#include "data/storyworld_text.h"
#include "datasets/storyworld/storyworld.h"

namespace seedling {
namespace {

constexpr const char* kStoryworldTitle = "Storyworld, the embedded default: small stories of one village";

nlohmann::json describe_storyworld() {
  return {{"name", "storyworld"},
          {"title", kStoryworldTitle},
          {"about", "Written by this program from a seed, with its exact entropy; needs no network."},
          {"version", kStoryworldVersion},
          {"default_bytes", kStoryworldBytes}};
}

nlohmann::json describe_recipe(const Recipe& recipe) {
  nlohmann::json files = nlohmann::json::array();
  for (const RecipeFile& file : recipe.files) {
    files.push_back({{"method", file.method},
                     {"from", file.from},
                     {"file", file.file},
                     {"bytes", file.bytes},
                     {"sha256", file.sha256}});
  }
  return {{"name", recipe.name},       {"title", recipe.title},
          {"about", recipe.about},     {"origin", recipe.origin},
          {"version", recipe.version}, {"licence", recipe.licence},
          {"task", recipe.task},       {"files", files}};
}

nlohmann::json describe_text(const std::string& name, const std::filesystem::path& cache, const Say& say) {
  DataOptions options;
  options.data = name;
  options.say = say;
  const Source source = find_source(options, cache);
  int64_t characters = 0, lines = 0;
  uint64_t validation = 0;
  for_each_document(source.corpus, source.corpus.documents, [&](const Document&, std::string_view text) {
    characters += std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    lines += std::count(text.begin(), text.end(), '\n');
  });
  for (const Document& document : source.split.validation) validation += document.end - document.begin;
  return {{"name", source.name},
          {"files", source.corpus.files.size()},
          {"documents", source.corpus.documents.size()},
          {"bytes", source.corpus.bytes},
          {"characters", characters},
          {"lines", lines},
          {"sha256", source.corpus.hash},
          {"passed_over", source.corpus.skipped},
          {"split", source.split.by_documents ? "whole documents validate" : "the end of the text validates"},
          {"validation_bytes", validation}};
}

}  // namespace

nlohmann::json list_data() {
  nlohmann::json sets = nlohmann::json::array();
  sets.push_back(
      {{"name", "storyworld"}, {"title", kStoryworldTitle}, {"task", ""}, {"licence", "this program's"}});
  for (const Recipe& recipe : recipes()) {
    sets.push_back(
        {{"name", recipe.name}, {"title", recipe.title}, {"task", recipe.task}, {"licence", recipe.licence}});
  }
  return {{"data_sets", sets}};
}

std::string list_text(const nlohmann::json& list) {
  std::string text;
  for (const nlohmann::json& set : list.at("data_sets")) {
    std::string line = set.at("name").get<std::string>();
    line.resize(std::max<size_t>(line.size() + 2, 22), ' ');
    line += set.at("title").get<std::string>();
    const std::string task = set.at("task").get<std::string>();
    if (!task.empty()) line += concat(" (for finetune --task ", task, ")");
    text += line + "\n";
  }
  return text + "Any UTF-8 text file, or folder of them, is a data set too.";
}

nlohmann::json prepare_named(const std::string& name, int64_t size, uint64_t seed,
                             const std::filesystem::path& cache, const Say& say) {
  if (const Recipe* recipe = find_recipe(name)) {
    const PreparedRecipe prepared = prepare_recipe(*recipe, cache, say);
    nlohmann::json result = {{"name", name}};
    const auto tell = [&](const char* key, const std::filesystem::path& path) {
      if (!path.empty()) result[key] = path.string();
    };
    tell("text", prepared.text);
    tell("train", prepared.train);
    tell("validation", prepared.validation);
    tell("test", prepared.test);
    return result;
  }
  DataOptions options;
  options.data = name;
  options.seed = seed;
  options.size = size;
  options.say = say;
  const Source source =
      find_source(options, cache);  // storyworld, a path, or an error that names the nearest
  return {{"name", source.name},
          {"text", source.corpus.files[0].string()},
          {"documents", source.corpus.documents.size()},
          {"bytes", source.corpus.bytes},
          {"entropy_floor", source.entropy_floor}};
}

nlohmann::json describe_data(const std::string& name, const std::filesystem::path& cache, const Say& say) {
  if (name == "storyworld") return describe_storyworld();
  if (const Recipe* recipe = find_recipe(name)) return describe_recipe(*recipe);
  return describe_text(name, cache, say);
}

}  // namespace seedling
