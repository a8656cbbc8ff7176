// A file's bytes, memory-mapped for reading: the system brings in only what is touched, so files larger than
// memory work. Called by text.cpp and token_file.cpp.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace seedling {

class MappedFile {
 public:
  /// Throws Error naming the file and the system's reason.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {address_, size_}; }

 private:
  const char* address_ = nullptr;
  size_t size_ = 0;
};

}  // namespace seedling
