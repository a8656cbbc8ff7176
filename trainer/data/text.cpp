// Finding and checking text: see text.h.
#include "data/text.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "data/mapped_file.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparator = "<|endoftext|>";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhite = " \t\r\n\f\v";

/// What was passed over in a folder.
struct Skipped {
  int64_t hidden = 0, binary = 0, empty = 0;
  std::string words() const {
    std::string text;
    const auto add = [&](int64_t count, const char* what) {
      if (count > 0) text += concat(text.empty() ? "" : ", ", count, " ", what);
    };
    add(hidden, "hidden");
    add(binary, "binary");
    add(empty, "empty");
    return text;
  }
};

/// Regular files under a folder in the order of their paths; names that begin with a dot are passed over.
std::vector<fs::path> text_files(const fs::path& folder, Skipped& skipped) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
  while (!error && entry != end) {
    const bool hidden = entry->path().filename().string().starts_with(".");
    if (hidden) {
      ++skipped.hidden;
      if (entry->is_directory(error)) entry.disable_recursion_pending();
    } else if (entry->is_regular_file(error)) {
      files.push_back(entry->path());
    }
    error.clear();
    entry.increment(error);
  }
  if (error) fail("cannot read folder ", folder.string(), ": ", error.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// The part of [begin, end) without white space at its edges.
Document trimmed(std::string_view bytes, uint32_t file, size_t begin, size_t end) {
  while (begin < end && kWhite.find(bytes[begin]) != kWhite.npos) ++begin;
  while (end > begin && kWhite.find(bytes[end - 1]) != kWhite.npos) --end;
  return {file, begin, end};
}

/// Adds one document, or, where <|endoftext|> stands in the text, one for each part.
void add_documents(Corpus& corpus, std::string_view bytes, uint32_t file) {
  const size_t start = bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  size_t at = bytes.find(kSeparator, start);
  if (at == bytes.npos) {
    corpus.documents.push_back({file, start, bytes.size()});
    corpus.bytes += bytes.size() - start;
    return;
  }
  size_t begin = start;
  while (true) {
    const Document document = trimmed(bytes, file, begin, std::min(at, bytes.size()));
    if (document.end > document.begin) {
      corpus.documents.push_back(document);
      corpus.bytes += document.end - document.begin;
    }
    if (at == bytes.npos) return;
    begin = at + kSeparator.size();
    at = bytes.find(kSeparator, begin);
  }
}

bool only_white(std::string_view bytes) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return bytes.find_first_not_of(kWhite) == bytes.npos;
}

/// The file itself, or where a .gz was unpacked to (named by the content of the packed file).
fs::path readable(const fs::path& path, const fs::path& scratch, const Say& say) {
  if (path.extension() != ".gz") return path;
  const fs::path target = scratch / (sha256(MappedFile(path).bytes()) + ".txt");
  if (!fs::exists(target)) {
    if (say) say(concat("unpacking ", path.string()));
    fs::create_directories(scratch);
    unpack_gzip(path, target);
  }
  return target;
}

}  // namespace

void check_text(const std::string& name, std::string_view text) {
  const auto line_of = [&](size_t at) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  };
  if (const size_t at = find_invalid_utf8(text); at != text.npos) {
    static constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[at]);
    fail(name, ", line ", line_of(at), ": not UTF-8 at byte ", at, " (0x", kHex[byte >> 4], kHex[byte & 15],
         "). Convert it first, for example: iconv -f LATIN1 -t UTF-8 FILE > NEW");
  }
  if (const size_t at = text.find('\0'); at != text.npos) {
    fail(name, ", line ", line_of(at), ": a zero byte at byte ", at,
         ": this is not a text file. If it is UTF-16, convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW");
  }
}

Corpus open_corpus(const fs::path& path, const fs::path& scratch, const Say& say) {
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  if (!folder && !fs::exists(path, error)) fail("no such file or folder: ", path.string());
  Corpus corpus;
  Skipped skipped;
  Sha256 list;
  const std::vector<fs::path> found = folder ? text_files(path, skipped) : std::vector<fs::path>{path};
  for (const fs::path& original : found) {
    const fs::path file = readable(original, scratch, say);
    const MappedFile mapped(file);
    const std::string_view bytes = mapped.bytes();
    if (folder && bytes.find('\0') != bytes.npos) {
      ++skipped.binary;
      continue;
    }
    if (only_white(bytes)) {
      if (!folder) fail(original.string(), " is empty: there is no text to learn from");
      ++skipped.empty;
      continue;
    }
    check_text(original.string(), bytes);
    corpus.hash = sha256(bytes);
    if (folder) list.update(concat(corpus.hash, "  ", fs::relative(original, path).generic_string(), "\n"));
    corpus.files.push_back(file);
    add_documents(corpus, bytes, static_cast<uint32_t>(corpus.files.size() - 1));
  }
  corpus.skipped = skipped.words();
  if (corpus.documents.empty()) {
    fail(path.string(), folder ? ": no text file in this folder" : ": no text in this file",
         corpus.skipped.empty() ? "" : concat(" (passed over: ", corpus.skipped, ")"),
         ". Put UTF-8 text there, or name another place.");
  }
  if (folder) corpus.hash = list.hex();
  if (say && !corpus.skipped.empty()) say(concat("passed over in ", path.string(), ": ", corpus.skipped));
  return corpus;
}

void for_each_document(const Corpus& corpus, const std::vector<Document>& documents,
                       const std::function<void(const Document&, std::string_view)>& look) {
  std::optional<MappedFile> mapped;
  uint32_t file = 0;
  for (const Document& document : documents) {
    if (!mapped || file != document.file) {
      file = document.file;
      mapped.emplace(corpus.files[file]);
    }
    const std::string_view bytes = mapped->bytes();
    if (document.end > bytes.size()) {
      fail(corpus.files[file].string(),
           ": the file became shorter while it was read. Try again when it is still.");
    }
    look(document, bytes.substr(document.begin, document.end - document.begin));
  }
}

}  // namespace seedling
