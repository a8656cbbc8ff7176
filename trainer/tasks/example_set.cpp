// Finding and splitting examples: see example_set.h.
#include "tasks/example_set.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "data/cache.h"
#include "data/dataset.h"
#include "datasets/storyworld/storyworld.h"
#include "datasets/storyworld/tasks.h"

namespace seedling {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kEmbedded[] = "storyworld";
constexpr const char* kSuffixes[] = {".jsonl", ".csv", ".tsv", ".json", ".jsonl.gz", ".csv.gz", ".tsv.gz"};
/// A tenth validates, within these bounds.
constexpr size_t kFewest = 1, kMost = 2000;
/// A class this many times rarer than another is worth a word.
constexpr double kImbalance = 3.0;

uint64_t hash_of(const std::string& text, uint64_t key) {
  for (const char letter : text) key = mix64(key ^ static_cast<unsigned char>(letter));
  return key;
}

/// The three files of an embedded set, written into the cache once.
fs::path embedded_folder(const storyworld::TaskInfo& info) {
  const fs::path folder = cache_folder({}) / "datasets" /
                          concat("storyworld-", kStoryworldVersion, "-", info.name, "-", info.train);
  fs::create_directories(folder.parent_path());
  const FolderLock lock(folder.string() + ".lock", nullptr);
  if (fs::exists(folder / "test.jsonl")) return folder;
  make_folder(folder, [&](const fs::path& aside) {
    const std::pair<storyworld::Split, const char*> splits[] = {
        {storyworld::Split::train, "train.jsonl"},
        {storyworld::Split::validation, "validation.jsonl"},
        {storyworld::Split::test, "test.jsonl"}};
    for (const auto& [split, name] : splits) {
      std::string lines;
      for (const json& example : storyworld::make_split(info.task, split, 1)) lines += example.dump() + "\n";
      write_file_atomic(aside / name, lines);
    }
  });
  return folder;
}

/// "storyworld" or "storyworld/spam"; null for anything else. A file or folder of that name comes first.
const storyworld::TaskInfo* find_embedded(const std::string& task, const std::string& data) {
  if (fs::exists(data) || data.rfind(kEmbedded, 0) != 0) return nullptr;
  const std::string rest = data.substr(std::string(kEmbedded).size());
  if (!rest.empty() && rest[0] != '/') return nullptr;
  if (!rest.empty()) {
    const storyworld::TaskInfo& info = storyworld::task_set(rest.substr(1));
    if (info.kind != task)
      fail_usage("--data ", data, " is a set for ", info.kind, ", not for ", task, "; use --task ",
                 info.kind);
    return &info;
  }
  const std::string preferred = task == "generation" ? "style" : "";
  for (const storyworld::TaskInfo& info : storyworld::task_sets())
    if (info.kind == task && (preferred.empty() || info.name == preferred)) return &info;
  return nullptr;
}

fs::path find_in_folder(const fs::path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (const char* suffix : kSuffixes)
      if (const fs::path path = folder / (std::string(name) + suffix); fs::exists(path)) return path;
  return {};
}

/// Takes a tenth of `train` away, by a hash of the input, so that equal inputs go the same way.
std::vector<Example> split_off(std::vector<Example>& train, uint64_t seed, const std::string& file) {
  std::vector<std::pair<uint64_t, std::string>> keys;
  std::unordered_set<std::string> seen;
  for (const Example& example : train) {
    std::string input = input_of(example);
    if (seen.insert(input).second) keys.emplace_back(hash_of(input, mix64(seed)), std::move(input));
  }
  if (keys.size() < 2)
    fail(file, ": has only ", keys.size(), " different example", keys.size() == 1 ? "" : "s",
         "; give at least 2, or a --validation file");
  std::sort(keys.begin(), keys.end());
  keys.resize(std::clamp(keys.size() / 10, kFewest, kMost));
  std::unordered_set<std::string> chosen;
  for (auto& [hash, input] : keys) chosen.insert(std::move(input));
  std::vector<Example> validation, rest;
  for (Example& example : train)
    (chosen.count(input_of(example)) > 0 ? validation : rest).push_back(std::move(example));
  train = std::move(rest);
  return validation;
}

/// `count` of the examples in random order, each label in the share it has among all, and at least once where
/// `count` has room for every label (without labels there is one class).
std::vector<Example> draw(const std::vector<Example>& examples, size_t count, uint64_t seed) {
  std::map<std::string, std::vector<size_t>> classes;
  for (size_t i = 0; i < examples.size(); ++i) {
    const size_t member = permute(i, examples.size(), derive_key(seed, 0xFE3));
    classes[examples[member].label].push_back(member);
  }
  // Largest remainder: whole shares first, then one more where the fraction left over is largest.
  std::map<std::string, size_t> shares;
  std::vector<std::pair<double, std::string>> remainders;
  size_t given = 0;
  for (const auto& [label, members] : classes) {
    const double share = static_cast<double>(count * members.size()) / static_cast<double>(examples.size());
    shares[label] = static_cast<size_t>(share);
    given += shares[label];
    remainders.emplace_back(shares[label] == 0 ? 1.0 : share - std::floor(share), label);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; given < count; ++i, ++given) ++shares[remainders[i].second];
  std::vector<size_t> chosen;
  for (const auto& [label, members] : classes)
    chosen.insert(chosen.end(), members.begin(),
                  members.begin() + static_cast<std::ptrdiff_t>(shares[label]));
  std::vector<Example> few;
  for (size_t i = 0; i < chosen.size(); ++i)
    few.push_back(examples[chosen[permute(i, chosen.size(), derive_key(seed, 0xFE4))]]);
  return few;
}

int64_t count_known(const std::vector<Example>& examples, const std::unordered_set<std::string>& inputs) {
  return std::count_if(examples.begin(), examples.end(),
                       [&](const Example& example) { return inputs.count(input_of(example)) > 0; });
}

void describe(TaskData& data, const TaskDataOptions& options) {
  const auto say = [&](const std::string& line) {
    if (options.say) options.say(line);
  };
  std::unordered_set<std::string> inputs;
  for (const Example& example : data.train) inputs.insert(input_of(example));
  const auto repeated = static_cast<int64_t>(data.train.size() - inputs.size());
  const int64_t in_validation = count_known(data.validation, inputs),
                in_test = count_known(data.test, inputs);
  data.report = {
      {"train", data.train.size()},    {"validation", data.validation.size()}, {"test", data.test.size()},
      {"repeated_in_train", repeated}, {"train_in_validation", in_validation}, {"train_in_test", in_test}};
  say(concat(data.name, ": ", data.train.size(), " examples to learn from, ", data.validation.size(),
             " to validate", data.test.empty() ? "" : concat(", ", data.test.size(), " to test")));
  if (repeated > 0) say(concat("  ", repeated, " training examples repeat the input of another"));
  if (in_validation > 0)
    say(concat("  warning: ", in_validation, " validation inputs stand in the training data too"));
  if (in_test > 0)
    say(concat("  warning: ", in_test, " of the ", data.test.size(),
               " test inputs stand in the training data too: the test score is too good"));
  if (options.task == "qa") {
    const auto none = std::count_if(data.train.begin(), data.train.end(),
                                    [](const Example& example) { return example.answers.empty(); });
    data.report["without_answer"] = none;
  }
  if (options.task != "classification") return;
  std::map<std::string, int64_t> counts;
  for (const Example& example : data.train) ++counts[example.label];
  data.report["labels"] = counts;
  int64_t most = 0, fewest = static_cast<int64_t>(data.train.size());
  std::string words;
  for (const auto& [label, count] : counts) {
    most = std::max(most, count), fewest = std::min(fewest, count);
    if (counts.size() <= 12) words += concat(words.empty() ? "" : ", ", label, " ", count);
  }
  const double share = static_cast<double>(most) / static_cast<double>(data.train.size());
  data.report["majority"] = share;
  if (static_cast<double>(most) > kImbalance * static_cast<double>(fewest))
    say(concat("  the classes differ much in size (", words,
               "): always guessing the largest would be right in ", static_cast<int>(100.0 * share + 0.5),
               " %; look at macro_f1 as well"));
}

}  // namespace

std::string input_of(const Example& example) {
  std::string text = example.input;
  if (!example.context.empty()) text += "\n" + example.context;
  for (const Message& message : example.messages) text += "\n" + message.role + ": " + message.content;
  return text;
}

std::vector<std::string> labels_of(const std::vector<Example>& examples) {
  std::vector<std::string> labels;
  for (const Example& example : examples) labels.push_back(example.label);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const bool numbers = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return !label.empty() && label.size() < 10 && label.find_first_not_of("0123456789") == std::string::npos;
  });
  if (numbers)
    std::stable_sort(labels.begin(), labels.end(),
                     [](const std::string& a, const std::string& b) { return std::stol(a) < std::stol(b); });
  return labels;
}

std::vector<std::pair<std::string, std::string>> embedded_sets() {
  std::vector<std::pair<std::string, std::string>> sets;
  for (const storyworld::TaskInfo& info : storyworld::task_sets()) sets.emplace_back(info.name, info.kind);
  return sets;
}

fs::path find_test_file(const std::string& task, const std::string& data) {
  if (const storyworld::TaskInfo* info = find_embedded(task, data))
    return embedded_folder(*info) / "test.jsonl";
  if (!fs::is_directory(data)) return data;
  const fs::path path = find_in_folder(data, {"test", "validation", "valid", "dev"});
  if (path.empty()) fail(data, ": no test.jsonl, .csv, .tsv or .json in this folder; name the file itself");
  return path;
}

TaskData load_task_data(const TaskDataOptions& options) {
  TaskData data;
  fs::path folder;
  if (const storyworld::TaskInfo* info = find_embedded(options.task, options.data)) {
    folder = embedded_folder(*info);
    data.name = concat(kEmbedded, "/", info->name);
  } else {
    data.name = fs::path(options.data).lexically_normal().string();
    if (fs::is_directory(options.data)) folder = options.data;
  }
  data.train_file = folder.empty() ? fs::path(options.data) : find_in_folder(folder, {"train"});
  if (data.train_file.empty())
    fail(folder.string(), ": no train.jsonl, .csv, .tsv or .json in this folder; name the file itself");
  data.validation_file = options.validation;
  data.test_file = options.test;
  if (!folder.empty()) {
    if (options.validation.empty())
      data.validation_file = find_in_folder(folder, {"validation", "valid", "dev"});
    if (options.test.empty()) data.test_file = find_in_folder(folder, {"test"});
  }
  data.train = load_examples(data.train_file, options.task);
  std::string hashes = sha256(read_file(data.train_file));
  if (data.validation_file.empty()) {
    data.validation_file = data.train_file;
    data.validation = split_off(data.train, options.seed, data.train_file.string());
  } else {
    data.validation = load_examples(data.validation_file, options.task);
    hashes += sha256(read_file(data.validation_file));
  }
  if (!data.test_file.empty()) {
    data.test = load_examples(data.test_file, options.task);
    hashes += sha256(read_file(data.test_file));
  }
  data.hash = sha256(hashes);
  const auto limit = static_cast<size_t>(options.limit);
  if (limit > 0 && limit < data.train.size()) data.train = draw(data.train, limit, options.seed);
  describe(data, options);
  return data;
}

}  // namespace seedling
