// Reads a token file: see dataset.h and README.md of this folder.
#include <cstring>

#include "base/error.h"
#include "data/dataset.h"
#include "data/mapped_file.h"
#include "data/token_writer.h"

namespace seedling {

struct TokenFile::Mapping {
  explicit Mapping(const std::filesystem::path& path) : file(path) {}
  MappedFile file;
  TokenHeader header{};
  const unsigned char* ids = nullptr;
};

std::shared_ptr<TokenFile> TokenFile::open(const std::filesystem::path& path) {
  auto mapping = std::make_unique<Mapping>(path);
  const std::string_view bytes = mapping->file.bytes();
  TokenHeader& header = mapping->header;
  const auto damaged = [&](const auto&... why) {
    fail(path.string(), ": not a whole token file (", why...,
         "). Delete it; it will be made anew from the text.");
  };
  if (bytes.size() < sizeof header) damaged("it ends within the header");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, "SEEDTOK1", 8) != 0) damaged("it does not begin with SEEDTOK1");
  if (header.version != 1) damaged("version ", header.version, ", this program reads version 1");
  if (header.width != 2 && header.width != 4) damaged(header.width, " bytes an id");
  const uint64_t body = bytes.size() - sizeof header;
  if (body % header.width != 0 || body / header.width != header.count) {
    damaged("the header says ", header.count, " ids, the file holds ", body, " bytes of them");
  }
  mapping->ids = reinterpret_cast<const unsigned char*>(bytes.data()) + sizeof header;
  TokenCheck check;
  check.update(mapping->ids, body);
  if (check.value() != header.check) damaged("its check sum is wrong");
  std::shared_ptr<TokenFile> file(new TokenFile());
  file->mapping_ = std::move(mapping);
  return file;
}

TokenFile::~TokenFile() = default;

int64_t TokenFile::size() const { return static_cast<int64_t>(mapping_->header.count); }

int64_t TokenFile::text_bytes() const { return static_cast<int64_t>(mapping_->header.text_bytes); }

void TokenFile::read(int64_t begin, int64_t count, int32_t* ids) const {
  require(begin >= 0 && count >= 0 && begin + count <= size(), "TokenFile: read past the end");
  if (mapping_->header.width == 4) {
    std::memcpy(ids, mapping_->ids + 4 * begin, static_cast<size_t>(4 * count));
    return;
  }
  const unsigned char* from = mapping_->ids + 2 * begin;
  for (int64_t i = 0; i < count; ++i) ids[i] = from[2 * i] | from[2 * i + 1] << 8;
}

int32_t TokenFile::at(int64_t index) const {
  int32_t id;
  read(index, 1, &id);
  return id;
}

}  // namespace seedling
