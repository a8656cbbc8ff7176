// Stands in for gzip_zlib.cpp where zlib is not installed: says what to do.
#include "base/error.h"
#include "data/text.h"

namespace seedling {

void unpack_gzip(const std::filesystem::path& source, const std::filesystem::path&) {
  fail(source.string(), ": this program was built without zlib. Unpack the file first: gunzip -k ",
       source.string());
}

}  // namespace seedling
