// Files of JSON lines (see line_files.h).
#include "web/server/line_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"

namespace seedling::server {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {
constexpr int64_t kMostBytesARead = int64_t{2} << 20;  // stays in the cache between reading and scanning
}  // namespace

OpenFile::OpenFile(const fs::path& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor >= 0 && ::fstat(descriptor, &status) != 0) ::close(descriptor), descriptor = -1;
}

OpenFile::~OpenFile() {
  if (descriptor >= 0) ::close(descriptor);
}

std::string OpenFile::range(int64_t begin, int64_t end) const {
  std::string text(static_cast<size_t>(std::max<int64_t>(0, end - begin)), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n =
        ::pread(descriptor, text.data() + done, text.size() - done, begin + static_cast<int64_t>(done));
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  text.resize(done);
  return text;
}

json parse_line(std::string_view text) {
  std::string clean = replace_invalid_utf8(text);
  json line = json::parse(clean, nullptr, false);
  if (line.is_discarded()) {  // perhaps for a bare NaN, Infinity or -Infinity, outside of strings
    std::string strict;
    bool quoted = false;
    for (size_t i = 0; i < clean.size(); ++i) {
      if (clean[i] == '"' && (i == 0 || clean[i - 1] != '\\')) quoted = !quoted;
      size_t length = 0;
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
        if (!quoted && clean.compare(i, word.size(), word) == 0) length = std::max(length, word.size());
      }
      strict += length > 0 ? "null" : clean.substr(i, 1);
      if (length > 0) i += length - 1;
    }
    line = json::parse(strict, nullptr, false);
  }
  return line.is_object() ? line : json(nullptr);
}

json last_line(const fs::path& path) {
  const OpenFile file(path);
  if (file.descriptor < 0) return nullptr;
  const int64_t size = file.status.st_size;
  std::string tail = file.range(std::max<int64_t>(0, size - kTailBytes), size);
  const size_t end = tail.rfind('\n');
  if (end == std::string::npos) return nullptr;
  tail.resize(end);
  const size_t begin = tail.rfind('\n');
  return parse_line(std::string_view(tail).substr(begin == std::string::npos ? 0 : begin + 1));
}

std::string GrowingFile::read(bool& restarted) {
  restarted = false;
  const OpenFile file(path_);
  if (file.descriptor < 0) {
    restarted = offset_ > 0;
    offset_ = 0, inode_ = 0;
    return "";
  }
  if (file.status.st_size < offset_ || (inode_ != 0 && file.status.st_ino != inode_))
    offset_ = 0, restarted = true;
  inode_ = file.status.st_ino;
  size_ = file.status.st_size;
  std::string text = file.range(offset_, std::min<int64_t>(file.status.st_size, offset_ + kMostBytesARead));
  text.resize(text.rfind('\n') + 1);  // npos + 1 = 0: no whole line yet
  offset_ += static_cast<int64_t>(text.size());
  return text;
}

void GrowingFile::skip_to_end() {
  const OpenFile file(path_);
  if (file.descriptor < 0) return;
  const int64_t begin = std::max<int64_t>(0, file.status.st_size - kTailBytes);
  const size_t newline = file.range(begin, file.status.st_size).rfind('\n');
  offset_ = newline == std::string::npos ? begin : begin + static_cast<int64_t>(newline) + 1;
  inode_ = file.status.st_ino;
}

}  // namespace seedling::server
