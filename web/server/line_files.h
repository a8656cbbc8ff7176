// Files of JSON lines that somebody else may be writing: read as they grow, never locked; a line counts once
// its newline is there. Called by: run_folder, run_store.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace seedling::server {

constexpr int64_t kTailBytes = 64 * 1024;  // where the last line of a file is looked for

/// A file open for reading; descriptor < 0 where that could not be.
struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  /// Bytes [begin, end), or fewer at the end of the file.
  std::string range(int64_t begin, int64_t end) const;
  int descriptor;
  struct stat status {};
};

/// Reads what was appended to a file since the last time, in whole lines.
class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path path) : path_(std::move(path)) {}
  /// New whole lines (a few megabytes a call; call again while it is not empty). `restarted`: the file
  /// was cut or replaced, and what was read before no longer holds.
  std::string read(bool& restarted);
  /// Bytes of the file when it was last read.
  int64_t size() const { return size_; }
  /// From now on only what is appended after this moment.
  void skip_to_end();

 private:
  std::filesystem::path path_;
  int64_t offset_ = 0, size_ = 0;
  ino_t inode_ = 0;
};

/// One line of a file of lines as an object; null where it is none. Invalid UTF-8 is replaced, and the NaN
/// and Infinity that some programs write are read as null.
nlohmann::json parse_line(std::string_view line);

/// The last whole line of a file as JSON; null where there is none.
nlohmann::json last_line(const std::filesystem::path& file);

}  // namespace seedling::server
