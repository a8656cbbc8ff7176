// Loading a tokenizer from a file or a folder, and saving one: see tokenizer.h.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "tokenizer/legacy.h"
#include "tokenizer/pipeline.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kLargestFile = size_t{256} << 20;  // bytes; published tokenizers stay below 40 MiB
constexpr int kDeepest = 64;                        // JSON nesting; a real file has 6

std::string read_bounded(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > kLargestFile)
    fail(path.string(), ": ", size, " bytes are too many for a tokenizer (at most ", kLargestFile, ")");
  return read_file(path);
}

json read_bounded_json(const fs::path& path) {
  const std::string text = read_bounded(path);
  const auto not_too_deep = [&](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest)
      fail(path.string(), ": nested deeper than ", kDeepest, " levels; this is no tokenizer");
    return true;
  };
  try {
    return json::parse(text, not_too_deep);
  } catch (const json::exception& error) {
    const std::string what = error.what();  // "[json.exception...] parse error at line 1, column 2: ..."
    fail(path.string(), ": not valid JSON: ", what.substr(std::min(what.size(), what.find("] ") + 2)));
  }
}

std::optional<fs::path> existing(const fs::path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::error_code error; fs::exists(folder / name, error)) return folder / name;
  return std::nullopt;
}

json config_beside(const fs::path& folder) {
  const auto path = existing(folder, {"tokenizer_config.json"});
  return path ? read_bounded_json(*path) : json(nullptr);
}

/// A vocab.json is all numbers: its "model", if it has one, is the id of that word.
bool is_plain_vocabulary(const json& content) {
  return content.is_object() && (!content.contains("model") || content["model"].is_number());
}

std::unique_ptr<Tokenizer> load_json(const fs::path& path) {
  json content = read_bounded_json(path);
  const fs::path folder = path.parent_path();
  if (!is_plain_vocabulary(content))
    return make_tokenizer(std::move(content), config_beside(folder), path.string());
  const auto merges = existing(folder, {"merges.txt", "vocab.bpe"});
  if (!merges)
    fail(path.string(), ": no \"model\" in it, so it is no tokenizer.json; and for a vocab.json there is no ",
         "merges.txt beside it");
  json tokenizer = from_merges_file(content, read_bounded(*merges), merges->string());
  return make_tokenizer(std::move(tokenizer), config_beside(folder), path.string());
}

std::unique_ptr<Tokenizer> load_vocab_txt(const fs::path& path) {
  json config = config_beside(path.parent_path());
  json tokenizer = from_vocab_file(read_bounded(path), config, path.string());
  return make_tokenizer(std::move(tokenizer), std::move(config), path.string());
}

/// tokenizer.json in the order people expect: the library's order of sections, the vocabulary by id.
ordered_json arranged(const json& tokenizer) {
  static constexpr const char* kSections[] = {"version",        "truncation", "padding",
                                              "added_tokens",   "normalizer", "pre_tokenizer",
                                              "post_processor", "decoder",    "model"};
  ordered_json result = ordered_json::object();
  for (const char* name : kSections)
    if (tokenizer.contains(name)) result[name] = ordered_json(tokenizer[name]);
  for (const auto& [name, section] : tokenizer.items())
    if (!result.contains(name)) result[name] = ordered_json(section);

  std::vector<std::pair<int64_t, std::string>> by_id;
  for (const auto& [token, id] : tokenizer["model"]["vocab"].items())
    by_id.emplace_back(id.get<int64_t>(), token);
  std::sort(by_id.begin(), by_id.end());
  ordered_json::object_t vocabulary;  // filled as the list it is: its operator[] searches from the front
  vocabulary.reserve(by_id.size());
  for (const auto& [id, token] : by_id) vocabulary.emplace_back(token, ordered_json(id));
  result["model"]["vocab"] = std::move(vocabulary);
  return result;
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error))
    fail(path.string(),
         ": no such file or folder; a tokenizer is a tokenizer.json or a folder that holds one");
  if (!fs::is_directory(path, error))
    return path.extension() == ".txt" ? load_vocab_txt(path) : load_json(path);
  if (const auto file = existing(path, {"tokenizer.json", "vocab.json", "encoder.json"}))
    return load_json(*file);
  if (const auto file = existing(path, {"vocab.txt"})) return load_vocab_txt(*file);
  fail(path.string(),
       ": no tokenizer in this folder (looked for tokenizer.json, vocab.json with merges.txt, vocab.txt)");
}

void save_tokenizer(const Tokenizer& tokenizer, const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    fail(directory.string(), ": cannot make this folder (", error.message(), "); choose another one");
  write_file_atomic(directory / "tokenizer.json", arranged(tokenizer.tokenizer_json()).dump(2) + "\n");
  write_json_atomic(directory / "tokenizer_config.json", tokenizer.config_json());
}

}  // namespace seedling
