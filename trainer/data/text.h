// Text as documents: where they are, that they are sound, and their bytes on demand.
//
//   a file          one document, or several where <|endoftext|> stands between them
//   a folder        every file in it, at any depth, is a document (books, articles, source code)
//
// A document is a byte range of a file; files are mapped only while they are read, so a text may be larger
// than memory. Called by prepare.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

using Say = std::function<void(const std::string&)>;

/// Bytes [begin, end) of a file.
struct Document {
  uint32_t file = 0;
  uint64_t begin = 0, end = 0;
  bool whole = true;  // it ends where the text it comes from ends, not where a split cut it
};

struct Corpus {
  std::vector<std::filesystem::path> files;
  std::vector<Document> documents;
  uint64_t bytes = 0;   // of all documents
  std::string hash;     // of a file: its SHA-256; of a folder: that of the list "sha256  relative path\n"
  std::string skipped;  // what was left out and why, in words; empty if nothing
};

/// Finds and checks the text. `scratch` takes what has to be unpacked (.gz). Throws Error with file, line and
/// byte: missing, empty, not UTF-8, binary, a folder without text.
Corpus open_corpus(const std::filesystem::path& path, const std::filesystem::path& scratch, const Say& say);

/// Calls `look` with the bytes of each document in turn.
void for_each_document(const Corpus& corpus, const std::vector<Document>& documents,
                       const std::function<void(const Document&, std::string_view)>& look);

/// Throws Error naming `name`, line and byte where the text is not UTF-8 or holds a zero byte.
void check_text(const std::string& name, std::string_view text);

/// Unpacks a gzip file to `target`, atomically. Throws Error (damaged, or this program was built without
/// zlib).
void unpack_gzip(const std::filesystem::path& source, const std::filesystem::path& target);

}  // namespace seedling
