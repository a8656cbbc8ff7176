#include "checkpoint/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files.h"

namespace seedling {

OutputFile::OutputFile(const std::filesystem::path& path)
    : path_(path),
      temporary_(concat(path.string(), ".tmp-", getpid())),
      descriptor_(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) complain("cannot be created");
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

void OutputFile::write(const void* data, size_t bytes) {
  for (const auto* next = static_cast<const char*>(data); bytes > 0;) {
    const ssize_t written = ::write(descriptor_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) complain("cannot be written");
    next += written, bytes -= static_cast<size_t>(written);
  }
}

void OutputFile::overwrite(const std::string& text, size_t offset) {
  if (pwrite(descriptor_, text.data(), text.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(text.size()))
    complain("cannot be written");
}

void OutputFile::finish() {
  if (fsync(descriptor_) != 0) complain("cannot be flushed to the disk");
  const int closing = std::exchange(descriptor_, -1);
  if (close(closing) != 0 || rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    complain("cannot be put in place");
  }
  sync_to_disk(path_.has_parent_path() ? path_.parent_path() : std::filesystem::path("."));
}

void OutputFile::complain(const char* what) const {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  fail(path_.string(), ": ", what, " (", std::strerror(reason), "). ",
       full ? "Free some space and try again; what was there before is untouched."
            : "Check the folder and its permissions.");
}

}  // namespace seedling
