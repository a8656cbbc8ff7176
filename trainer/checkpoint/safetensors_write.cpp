// Writing safetensors: the header first, then each tensor as it is produced, then the checksum into the
// header.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checksum.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_format.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A file under a temporary name that gets its real one only when everything is on the disk.
class OutputFile {
 public:
  explicit OutputFile(const fs::path& path)
      : path_(path),
        temporary_(concat(path.string(), ".tmp-", getpid())),
        descriptor_(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) complain("cannot be created");
  }
  ~OutputFile() {
    if (descriptor_ < 0) return;
    close(descriptor_);
    unlink(temporary_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, size_t bytes) {
    for (const auto* next = static_cast<const char*>(data); bytes > 0;) {
      const ssize_t written = ::write(descriptor_, next, bytes);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) complain("cannot be written");
      next += written, bytes -= static_cast<size_t>(written);
    }
  }
  void overwrite(const std::string& text, size_t offset) {
    if (pwrite(descriptor_, text.data(), text.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(text.size()))
      complain("cannot be written");
  }
  void finish() {
    if (fsync(descriptor_) != 0) complain("cannot be flushed to the disk");
    const int closing = std::exchange(descriptor_, -1);
    const bool good = close(closing) == 0 && rename(temporary_.c_str(), path_.c_str()) == 0;
    if (good) return;
    const int reason = errno;
    unlink(temporary_.c_str());
    errno = reason;
    complain("cannot be put in place");
  }

 private:
  [[noreturn]] void complain(const char* what) const {
    const int reason = errno;
    fail(path_.string(), ": ", what, " (", std::strerror(reason), "). ",
         reason == ENOSPC || reason == EDQUOT
             ? "Free some space and try again; what was there before is untouched."
             : "Check the folder and its permissions.");
  }

  fs::path path_;
  std::string temporary_;
  int descriptor_;
};

}  // namespace

std::string write_safetensors(const fs::path& path, std::vector<TensorSource> tensors,
                              std::map<std::string, std::string> metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const std::string zeros(16, '0');
  metadata["format"] = "pt";  // transformers 4.x refuses files that do not say so
  metadata[kChecksumKey] = zeros;
  json header = {{"__metadata__", metadata}};
  uint64_t offset = 0;
  size_t largest = 0;
  for (const TensorSource& tensor : tensors) {
    uint64_t count = 1;
    for (int64_t dimension : tensor.shape) count *= static_cast<uint64_t>(dimension);
    require(!header.contains(tensor.name), "a tensor is to be written twice");
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + 4 * count}}};
    offset += 4 * count;
    largest = std::max<size_t>(largest, count);
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();

  OutputFile file(path);
  Checksum sum;
  const auto put = [&](const void* data, size_t bytes) { file.write(data, bytes), sum.add(data, bytes); };
  put(&length, 8);
  put(text.data(), text.size());
  std::vector<float> values(largest);
  for (const TensorSource& tensor : tensors) {
    size_t count = 1;
    for (int64_t dimension : tensor.shape) count *= static_cast<size_t>(dimension);
    tensor.fill(values.data());
    put(values.data(), 4 * count);
  }
  const std::string mark = concat('"', kChecksumKey, "\":\"");
  file.overwrite(sum.hex(), 8 + text.find(mark + zeros) + mark.size());
  file.finish();
  sync_to_disk(path.has_parent_path() ? path.parent_path() : fs::path("."));
  return sum.hex();
}

}  // namespace seedling
