// Small helpers for reading and writing whole files safely.
//
// Every write that must not be lost is atomic: the bytes go to a temporary name in the same folder, are
// flushed to the disk, and the name is switched by rename(2). A reader sees the old file or the new one,
// never half of either, and a full disk leaves the old one untouched.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace seedling {

/// The bytes of a file. Throws Error that names the file and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// Parses a JSON file. Throws Error with file, line and column where it is malformed.
nlohmann::json read_json(const std::filesystem::path& path);

/// Writes aside, fsyncs, renames. Throws Error (for example: disk full); the old file then stays.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// write_file_atomic of the JSON text with two-space indentation and a final newline.
void write_json_atomic(const std::filesystem::path& path, const nlohmann::json& value);

/// Flushes a file's or a folder's own contents to the disk (fsync).
void sync_to_disk(const std::filesystem::path& path);

/// Byte offset of the first byte that is not valid UTF-8, or npos if all of it is.
size_t find_invalid_utf8(std::string_view text);

/// The text with every invalid UTF-8 sequence replaced by U+FFFD (for JSON and the page).
std::string replace_invalid_utf8(std::string_view text);

/// 64 lowercase hex digits: the SHA-256 (FIPS 180-4) of the bytes.
std::string sha256(std::string_view bytes);

/// The same in pieces: update() as often as wanted, then hex() once.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  std::string hex();

 private:
  void block(const unsigned char* bytes);

  std::array<uint32_t, 8> state_;
  std::array<unsigned char, 64> buffer_{};
  size_t filled_ = 0;
  uint64_t length_ = 0;
};

/// The nearest candidate to a mistyped word by edit distance, or "" if none is near.
std::string nearest_word(std::string_view word, const std::string* candidates, size_t count);

}  // namespace seedling
