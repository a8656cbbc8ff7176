// One write a line (see line_file.h).
#include "training/line_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace seedling {

using nlohmann::json;

LineFile::LineFile(std::filesystem::path path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) fail(path_.string(), ": cannot be opened for writing: ", std::strerror(errno));
  // Held as long as the file is open: one trainer a run, and the dashboard can see from outside whether it
  // lives. A reader may hold a shared lock for a moment while it looks.
  int tries = 100;
  while (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (--tries == 0) {
      ::close(file_);
      fail(path_.string(), ": another process writes this run; end it first, or choose another --out");
    }
    ::usleep(10000);
  }
  struct stat status {};
  if (::fstat(file_, &status) == 0) size_ = status.st_size;
}

LineFile::~LineFile() {
  if (file_ >= 0) ::close(file_);
}

void LineFile::append(const json& line) {
  const std::string text = one_line(line) + "\n";
  ssize_t written = 0;
  do {
    written = ::write(file_, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(text.size())) {
    const std::string reason = written < 0 ? std::strerror(errno) : "the disk is full";
    if (written > 0 && ::ftruncate(file_, size_) != 0) {  // no half line stays behind
      fail(path_.string(), ": half a line was written and cannot be taken back: ", std::strerror(errno));
    }
    fail(path_.string(), ": cannot write: ", reason, "; free some space and continue with --resume");
  }
  size_ += written;
}

void LineFile::truncate(int64_t size) {
  if (size > size_) {
    fail(path_.string(), ": has ", size_, " bytes, but the checkpoint was made when it had ", size,
         "; the run directory was changed from outside, so the run cannot be resumed exactly");
  }
  if (::ftruncate(file_, size) != 0) fail(path_.string(), ": cannot be cut: ", std::strerror(errno));
  size_ = size;
}

std::vector<json> read_lines(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<json> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos;
       begin = end + 1, end = text.find('\n', begin)) {
    json line = json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                            text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (line.is_discarded()) fail(path.string(), ":", lines.size() + 1, ": not a JSON line");
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string one_line(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace seedling
