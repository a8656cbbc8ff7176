// Memory-mapped files: see mapped_file.h.
#include "data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace seedling {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot read ", path.string(), ": ", std::strerror(errno));
  struct stat status {};
  void* address = nullptr;
  int reason = 0;
  if (::fstat(fd, &status) != 0) {
    reason = errno;
  } else if (!S_ISREG(status.st_mode)) {
    reason = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  } else if (status.st_size > 0) {
    address = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (address == MAP_FAILED) reason = errno;
  }
  ::close(fd);
  if (reason != 0) fail("cannot read ", path.string(), ": ", std::strerror(reason));
  address_ = static_cast<const char*>(address);
  size_ = static_cast<size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(const_cast<char*>(address_), size_);
}

}  // namespace seedling
