// Writes a token file: the ids of one split, as data/README.md describes the format.
//
// Ids go straight to the disk, so a text larger than memory needs no more than one buffer. The file appears
// under its name only when it is whole: written aside, flushed, renamed. Called by prepare.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace seedling {

/// The first 64 bytes of a token file (little endian).
struct TokenHeader {
  char magic[8];        // "SEEDTOK1"
  uint32_t version;     // 1
  uint32_t width;       // bytes an id: 2 or 4
  uint64_t count;       // ids
  uint64_t text_bytes;  // UTF-8 bytes of the text they came from
  uint64_t check;       // TokenCheck over the ids
  uint64_t reserved[3];
};
static_assert(sizeof(TokenHeader) == 64);

/// A fast check sum of the ids: finds a damaged file, not a forger. Fed in 8-byte words; zeros fill the last
/// one.
class TokenCheck {
 public:
  /// All calls but the last must bring a multiple of 8 bytes.
  void update(const unsigned char* bytes, size_t count);
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0x5EED11A6ull;
};

class TokenWriter {
 public:
  /// Ids below `vocab_size` will come; up to 65,536 of them fit two bytes. Throws Error if the file cannot be
  /// made.
  TokenWriter(std::filesystem::path path, int64_t vocab_size);
  TokenWriter(const TokenWriter&) = delete;
  TokenWriter& operator=(const TokenWriter&) = delete;
  ~TokenWriter();  // removes what was not finished

  void add(const std::vector<int32_t>& ids);
  void add_text_bytes(int64_t bytes) { header_.text_bytes += static_cast<uint64_t>(bytes); }
  int64_t size() const { return static_cast<int64_t>(header_.count); }
  /// Writes the rest and the header, flushes, and gives the file its name. Throws Error (disk full: nothing
  /// stays).
  void finish();

 private:
  void flush();
  void write(const void* bytes, size_t count);

  std::filesystem::path path_, aside_;
  int fd_ = -1;
  TokenHeader header_{};
  TokenCheck check_;
  std::vector<unsigned char> buffer_;
};

}  // namespace seedling
