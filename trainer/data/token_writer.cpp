// Writes a token file: see token_writer.h.
#include "data/token_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace seedling {

constexpr size_t kBuffer = 1 << 20;  // a multiple of 8, as TokenCheck wants

void TokenCheck::update(const unsigned char* bytes, size_t count) {
  while (count > 0) {
    uint64_t word = 0;
    const size_t taken = count < 8 ? count : 8;
    std::memcpy(&word, bytes, taken);
    state_ = (state_ ^ word) * 0x9FB21C651E98DF25ull;
    state_ ^= state_ >> 32;
    bytes += taken;
    count -= taken;
  }
}

TokenWriter::TokenWriter(std::filesystem::path path, int64_t vocab_size)
    : path_(std::move(path)), aside_(path_.string() + concat(".tmp-", ::getpid())) {
  std::memcpy(header_.magic, "SEEDTOK1", 8);
  header_.version = 1;
  header_.width = vocab_size <= 65536 ? 2 : 4;
  fd_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("cannot write ", path_.string(), ": ", std::strerror(errno));
  try {
    write(&header_, sizeof header_);  // its place; the true one follows in finish()
  } catch (...) {
    ::close(fd_);
    ::unlink(aside_.c_str());
    throw;
  }
  buffer_.reserve(kBuffer + 8);
}

TokenWriter::~TokenWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(aside_.c_str());
}

void TokenWriter::add(const std::vector<int32_t>& ids) {
  for (const int32_t id : ids) {
    require(id >= 0 && (header_.width == 4 || id <= 65535), "TokenWriter: id out of range");
    const uint32_t value = static_cast<uint32_t>(id);
    for (uint32_t i = 0; i < header_.width; ++i) {
      buffer_.push_back(static_cast<unsigned char>(value >> (8 * i)));
    }
    if (buffer_.size() >= kBuffer) flush();
  }
  header_.count += ids.size();
}

void TokenWriter::flush() {
  check_.update(buffer_.data(), buffer_.size());
  write(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void TokenWriter::write(const void* bytes, size_t count) {
  const char* at = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(fd_, at, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write ", path_.string(), ": ", std::strerror(errno));
    at += written;
    count -= static_cast<size_t>(written);
  }
}

void TokenWriter::finish() {
  flush();
  header_.check = check_.value();
  if (::lseek(fd_, 0, SEEK_SET) != 0) fail("cannot write ", path_.string(), ": ", std::strerror(errno));
  write(&header_, sizeof header_);
  if (::fsync(fd_) != 0) fail("cannot write ", path_.string(), ": ", std::strerror(errno));
  if (::rename(aside_.c_str(), path_.c_str()) != 0) {
    fail("cannot write ", path_.string(), ": ", std::strerror(errno));
  }
  ::close(fd_);
  fd_ = -1;
}

}  // namespace seedling
