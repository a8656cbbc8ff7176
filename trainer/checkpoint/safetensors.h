// safetensors: the file format of Hugging Face models, read and written by every rule.
//
//   u64 N (little-endian) | N bytes of JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end)}, ...}
//   | the bytes
//
// Source: https://github.com/huggingface/safetensors (README, "Format"). The reader memory-maps the file and
// trusts nothing in it; the writer streams, so that a model is never held twice. Files written here carry a
// checksum in their metadata, which the reader verifies.
//
// Called by: checkpoint.cpp, adapter.cpp, and the golden tests (which read tensors made by PyTorch).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

/// One tensor as it lies in a file; `data` points into the mapping and need not be aligned.
struct StoredTensor {
  std::string name;
  std::string dtype;  // "F32", "BF16", ... as spelt in the file
  std::vector<int64_t> shape;
  const std::byte* data = nullptr;
  size_t bytes = 0;
  std::string file;  // for messages

  int64_t size() const;
  /// The elements as floats (from F32, F16 or BF16). Throws Error that names file, tensor and type otherwise.
  std::vector<float> floats() const;
};

/// "[12, 64]", for messages.
std::string describe_shape(const std::vector<int64_t>& shape);

/// The tensors of one file, or of all files of a sharded model.
class Safetensors {
 public:
  /// Maps one file and checks it from end to end. Throws Error naming the file and what is wrong with it.
  /// `verify` compares the checksum, which reads every byte, where the file has one.
  static Safetensors open_file(const std::filesystem::path& path, bool verify = true);
  /// model.safetensors of a folder, or else the shards that model.safetensors.index.json names.
  static Safetensors open_model(const std::filesystem::path& folder, bool verify = true);

  /// In the order of the file(s).
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  /// Null when there is none of that name.
  const StoredTensor* find(std::string_view name) const;
  /// Throws Error when there is none of that name.
  const StoredTensor& get(std::string_view name) const;
  /// Elements of one tensor as floats.
  std::vector<float> read(std::string_view name) const { return get(name).floats(); }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// The checksum that write_safetensors stored; "" in files of other programs.
  std::string checksum() const;
  /// The file, or the folder of the shards.
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Mapping;
  void add_file(const std::filesystem::path& path, bool verify);

  std::filesystem::path path_;
  std::vector<std::shared_ptr<Mapping>> mappings_;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, size_t, std::less<>> index_;  // name -> place in tensors_
  std::map<std::string, std::string> metadata_;
};

/// A tensor to write, F32: `fill` is asked for its values when its turn comes.
struct TensorSource {
  std::string name;
  std::vector<int64_t> shape;
  std::function<void(float* values)> fill;
};

/// Writes aside, fsyncs, renames; returns the file's checksum. Throws Error (disk full, unwritable); an old
/// file of that name then stays as it was.
std::string write_safetensors(const std::filesystem::path& path, std::vector<TensorSource> tensors,
                              std::map<std::string, std::string> metadata = {});

}  // namespace seedling
