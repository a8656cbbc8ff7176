// The cache folder: see cache.h.
#include "data/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace seedling {
namespace fs = std::filesystem;

fs::path cache_folder(const fs::path& asked) {
  fs::path folder = asked;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (folder.empty()) {
    if (const std::string base = variable("XDG_CACHE_HOME"); !base.empty()) {
      folder = fs::path(base) / "seedling";
    } else if (const std::string home = variable("HOME"); !home.empty()) {
      folder = fs::path(home) / ".cache" / "seedling";
    } else {
      fail("no place for the cache: neither HOME nor XDG_CACHE_HOME is set. Set XDG_CACHE_HOME to a folder.");
    }
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0) {
    fail("cannot write to the cache folder ", folder.string(), ": ",
         error ? error.message() : std::string(std::strerror(errno)),
         ". Make it writable, or set XDG_CACHE_HOME to another folder.");
  }
  return folder;
}

FolderLock::FolderLock(const fs::path& path, const Say& say) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("cannot write ", path.string(), ": ", std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) return;  // a file system without locks: renames keep readers safe all the same
  if (say) say("another seedling is preparing the same data; waiting for it");
  while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);  // which unlocks
}

void make_folder(const fs::path& folder, const std::function<void(const fs::path&)>& make) {
  fs::create_directories(folder.parent_path());
  // Leftovers of processes that were killed: nobody else writes here while we hold the lock.
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.parent_path())) {
    if (entry.path().filename().string().starts_with(folder.filename().string() + ".partial")) {
      fs::remove_all(entry.path());
    }
  }
  const fs::path aside = folder.string() + concat(".partial-", ::getpid());
  try {
    fs::create_directory(aside);
    make(aside);
    sync_to_disk(aside);
    fs::remove_all(folder);
    fs::rename(aside, folder);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    fail("cannot write ", folder.string(), ": ", error.code().message());
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    throw;
  }
}

}  // namespace seedling
