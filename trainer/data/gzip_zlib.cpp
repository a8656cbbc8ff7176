// Unpacks gzip files with zlib. sources.cmake takes this file where zlib is there, else gzip_none.cpp.
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "data/text.h"

namespace seedling {

void unpack_gzip(const std::filesystem::path& source, const std::filesystem::path& target) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> packed(gzopen(source.c_str(), "rb"), gzclose);
  if (!packed) fail("cannot read ", source.string());
  const std::filesystem::path aside = target.string() + concat(".tmp-", ::getpid());
  try {
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(aside.c_str(), "wb"), std::fclose);
    char block[1 << 16];
    int count = 0;
    while (file && (count = gzread(packed.get(), block, sizeof block)) > 0) {
      if (std::fwrite(block, 1, static_cast<size_t>(count), file.get()) != static_cast<size_t>(count)) break;
    }
    if (!file || count > 0 || std::fflush(file.get()) != 0) {
      fail("cannot write ", target.string(), ": ", std::strerror(errno));
    }
    int code = Z_OK;
    const char* reason = gzerror(packed.get(), &code);
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
      fail(source.string(), ": damaged or cut off gzip file (", reason, "). Fetch it again.");
    }
    sync_to_disk(aside);
    std::filesystem::rename(aside, target);
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
}

}  // namespace seedling
