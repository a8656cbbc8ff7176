// A file that appears whole or not at all, written piece by piece (internal to checkpoint/).
#pragma once

#include <filesystem>
#include <string>

namespace seedling {

/// A file under a temporary name that gets its real one only when everything is on the disk. Every failure
/// throws Error (a full disk says so), and what had the real name before stays as it was.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, size_t bytes);
  void overwrite(const std::string& text, size_t offset);
  /// Flushes to the disk and renames.
  void finish();

 private:
  [[noreturn]] void complain(const char* what) const;

  std::filesystem::path path_;
  std::string temporary_;
  int descriptor_;
};

}  // namespace seedling
