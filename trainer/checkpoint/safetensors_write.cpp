// Writing safetensors: the header first, then each tensor as it is produced, then the checksum into the
// header.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/checksum.h"
#include "checkpoint/output_file.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_format.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

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
  return sum.hex();
}

}  // namespace seedling
