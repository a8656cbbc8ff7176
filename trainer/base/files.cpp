// Whole files, safely: see files.h.
#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace seedling {
namespace {

/// Line and column (from 1) of a byte offset.
std::string place_in(std::string_view text, size_t offset) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return concat("line ", line, ", column ", column);
}

/// Nesting that no file of ours or Hugging Face's comes near.
constexpr int kDeepestJson = 200;

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write ", path.string(), ": ", std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail("cannot read ", path.string(), ": ", std::strerror(errno));
  std::string bytes;
  char block[1 << 16];
  while (true) {
    const ssize_t count = ::read(file.fd, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot read ", path.string(), ": ", std::strerror(errno));
    if (count == 0) return bytes;
    bytes.append(block, static_cast<size_t>(count));
  }
}

nlohmann::json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    // Printing is recursive in the library: what is nested too deep would overflow the stack in a message.
    return nlohmann::json::parse(text, [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
      if (depth > kDeepestJson)
        fail(path.string(), ": this JSON is nested more than ", kDeepestJson, " deep.");
      return true;
    });
  } catch (const nlohmann::json::parse_error& error) {
    fail(path.string(), ", ", place_in(text, error.byte > 0 ? error.byte - 1 : 0),
         ": this is not valid JSON. Correct the file, or make it anew.");
  } catch (const nlohmann::json::exception& error) {  // a number too large for any type
    fail(path.string(), ": ", error.what(), ". Correct the file, or make it anew.");
  }
}

void write_file_atomic(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path aside = path.string() + concat(".tmp-", ::getpid());
  try {
    const Descriptor file{::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.fd < 0) fail("cannot write ", path.string(), ": ", std::strerror(errno));
    write_all(file.fd, bytes, path);
    if (::fsync(file.fd) != 0) fail("cannot write ", path.string(), ": ", std::strerror(errno));
  } catch (const Error&) {
    ::unlink(aside.c_str());
    throw;
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(aside.c_str());
    fail("cannot write ", path.string(), ": ", std::strerror(reason));
  }
}

void write_json_atomic(const std::filesystem::path& path, const nlohmann::json& value) {
  write_file_atomic(path, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void sync_to_disk(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0 || ::fsync(file.fd) != 0) {
    fail("cannot flush ", path.string(), " to the disk: ", std::strerror(errno));
  }
}

}  // namespace seedling
