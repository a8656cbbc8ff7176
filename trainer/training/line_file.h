// Files of JSON lines (metrics, samples, events): a line is one write(2), and a resumed run cuts what came
// after its checkpoint. Called by training/trainer.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace seedling {

class LineFile {
 public:
  /// Opens or creates, and locks it (flock) against a second writer. Throws Error naming the file and the
  /// system's reason.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Appends one line in one write; NaN becomes null, invalid UTF-8 is replaced. Throws Error (disk full
  /// ...).
  void append(const nlohmann::json& line);
  /// Bytes written so far: what a checkpoint remembers.
  int64_t size() const { return size_; }
  /// Cuts the file back to `size` bytes. Throws Error if it is shorter than that.
  void truncate(int64_t size);

 private:
  std::filesystem::path path_;
  int file_ = -1;
  int64_t size_ = 0;
};

/// The lines of a file; a half-written last line is left out. Throws Error with file and line where one is
/// malformed.
std::vector<nlohmann::json> read_lines(const std::filesystem::path& path);

/// JSON on one line, whatever the strings hold.
std::string one_line(const nlohmann::json& value);

}  // namespace seedling
