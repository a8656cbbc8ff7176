// What --data names: see prepare.h.
#include <algorithm>

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

/// One file, folder or name.
Source find_one(const DataOptions& options, const std::filesystem::path& cache) {
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
  return source;
}

/// Puts the texts of `more` behind those of `source`.
void append(Source& source, const Source& more) {
  const auto offset = static_cast<uint32_t>(source.corpus.files.size());
  source.name += (source.name.empty() ? "" : "+") + more.name;
  source.corpus.files.insert(source.corpus.files.end(), more.corpus.files.begin(), more.corpus.files.end());
  for (Document document : more.corpus.documents) {
    document.file += offset;
    source.corpus.documents.push_back(document);
  }
  source.corpus.bytes += more.corpus.bytes;
  source.corpus.hash = sha256(source.corpus.hash + more.corpus.hash);
}

}  // namespace

bool is_data_name(const std::string& data) { return data == "storyworld" || find_recipe(data) != nullptr; }

std::vector<std::string> data_parts(const std::string& data) {
  std::error_code error;
  if (data.find(',') == data.npos || std::filesystem::exists(data, error)) return {data};
  std::vector<std::string> parts;
  for (size_t at = 0; at <= data.size();) {
    const size_t end = std::min(data.find(',', at), data.size());
    parts.push_back(data.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

Source find_source(const DataOptions& options, const std::filesystem::path& cache) {
  const std::vector<std::string> parts = data_parts(options.data);
  Source source;
  for (const std::string& part : parts) {
    if (part.empty())
      fail_usage("no data named: give --data FILE, FOLDER or NAME, or several with commas between");
    DataOptions one = options;
    one.data = part;
    Source found = find_one(one, cache);
    if (parts.size() == 1) {
      source = std::move(found);
    } else {
      append(source, found);
    }
  }
  if (source.split.train.empty()) source.split = split_corpus(source.corpus, options.validation_fraction);
  return source;
}

}  // namespace seedling
