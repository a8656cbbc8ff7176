// Reading safetensors: every number in the header is checked before a byte of data is touched.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checksum.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_format.h"

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// Bytes of one element of a type of the format; 0 for an unknown name.
size_t element_bytes(std::string_view dtype) {
  static constexpr std::pair<std::string_view, size_t> kTypes[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},   {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I16", 2},
      {"U16", 2},  {"F16", 2}, {"BF16", 2}, {"I32", 4},     {"U32", 4},     {"F32", 4},
      {"I64", 8},  {"U64", 8}, {"F64", 8},  {"C64", 8}};
  for (const auto& [name, bytes] : kTypes)
    if (name == dtype) return bytes;
  return 0;
}

/// The header as JSON, duplicate keys refused (nlohmann's parser alone would let the last one win).
json parse_header(std::string_view text, const std::string& file) {
  std::vector<std::set<std::string>> keys;
  std::string duplicate;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (depth > 20) fail(file, ": the safetensors header is nested too deep to be one.");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  json header;
  if (text.find('\0') != std::string_view::npos)  // the parser would take it for the end
    fail(file, ": the safetensors header is not valid JSON (a zero byte).");
  try {
    header = json::parse(text.begin(), text.end(), watch);
  } catch (const json::exception& error) {
    fail(file, ": the safetensors header is not valid JSON (", error.what(),
         "). The file is damaged or truncated: fetch it again.");
  }
  if (!duplicate.empty())
    fail(file, ": the safetensors header names '", replace_invalid_utf8(duplicate), "' twice.");
  if (!header.is_object()) fail(file, ": the safetensors header is not a JSON object.");
  return header;
}

/// A number that must be a whole one, not negative and below 2^63.
uint64_t whole_number(const json& value, const std::string& place) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() ? value.get<uint64_t>() >> 63 != 0 : value.get<int64_t>() < 0))
    fail(place, " holds ", value.dump(-1, ' ', false, json::error_handler_t::replace),
         " where a whole number is wanted.");
  return value.get<uint64_t>();
}

const json& member(const json& object, const char* key, const std::string& place) {
  const auto found = object.find(key);
  if (found == object.end()) fail(place, " has no '", key, "'.");
  return *found;
}

/// An entry of the header; `data` becomes the offset from the start of the byte buffer until the whole is
/// checked.
StoredTensor parse_entry(const std::string& name, const json& entry, const std::string& file, uint64_t& begin,
                         uint64_t& end) {
  const std::string place = concat(file, ": tensor '", name, "'");
  if (!entry.is_object()) fail(place, " is described by ", entry.type_name(), " instead of an object.");
  StoredTensor tensor;
  tensor.name = name;
  tensor.file = file;
  const json& dtype = member(entry, "dtype", place);
  if (!dtype.is_string()) fail(place, " has a 'dtype' that is no text.");
  tensor.dtype = dtype.get<std::string>();
  const size_t width = element_bytes(tensor.dtype);
  if (width == 0)
    fail(place, " has the type '", tensor.dtype,
         "', which is not supported. Convert the model to F32, F16 or BF16.");

  const json& shape = member(entry, "shape", place);
  if (!shape.is_array()) fail(place, " has a 'shape' that is no list.");
  uint64_t bytes = width;
  for (const json& dimension : shape) {
    const uint64_t size = whole_number(dimension, place + ".shape");
    tensor.shape.push_back(static_cast<int64_t>(size));
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes >> 63 != 0)
      fail(place, " has the shape ", shape.dump(), ", too large to exist.");
  }
  const json& offsets = member(entry, "data_offsets", place);
  if (!offsets.is_array() || offsets.size() != 2) fail(place, " has 'data_offsets' that are not a pair.");
  begin = whole_number(offsets[0], place + ".data_offsets");
  end = whole_number(offsets[1], place + ".data_offsets");
  if (end < begin || end - begin != bytes)
    fail(place, " has the shape ", describe_shape(tensor.shape), " of ", tensor.dtype, " (", bytes,
         " bytes) but the offsets [", begin, ", ", end, ").");
  tensor.bytes = bytes;
  return tensor;
}

/// Compares the checksum that write_safetensors stored with the file's bytes (its own digits read as zeros).
void verify_checksum(std::string_view header, std::string_view whole, const std::string& stored,
                     const std::string& file) {
  const std::string mark = concat('"', kChecksumKey, "\":\"", stored, '"');
  const size_t place = header.find(mark);
  Checksum sum;
  if (place != std::string_view::npos) {
    std::string blank(header);
    const size_t digits = place + mark.size() - 1 - stored.size();
    std::fill_n(blank.begin() + digits, stored.size(), '0');
    sum.add(whole.data(), 8);
    sum.add(blank.data(), blank.size());
    sum.add(whole.data() + 8 + header.size(), whole.size() - 8 - header.size());
  }
  if (place == std::string_view::npos || sum.hex() != stored)
    fail(file,
         ": the bytes do not match their checksum, so the file was damaged since it was saved. Use another "
         "copy or another checkpoint.");
}

}  // namespace

struct Safetensors::Mapping {
  const char* bytes = nullptr;
  size_t size = 0;
  ~Mapping() {
    if (size > 0) munmap(const_cast<char*>(bytes), size);
  }
};

Safetensors Safetensors::open_file(const fs::path& path, bool verify) {
  Safetensors result;
  result.path_ = path;
  result.add_file(path, verify);
  return result;
}

Safetensors Safetensors::open_model(const fs::path& folder, bool verify) {
  const fs::path single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
  if (fs::exists(single)) return open_file(single, verify);
  if (!fs::exists(index)) {
    const bool pickled = fs::exists(folder / "pytorch_model.bin");
    fail(folder.string(), ": there is no model.safetensors here",
         pickled ? ", only pytorch_model.bin, a Python pickle, which is not read. Convert it with "
                   "transformers' save_pretrained."
                 : ". Give a folder that holds config.json and model.safetensors.");
  }
  const json content = read_json(index);
  const auto map = content.is_object() ? content.find("weight_map") : content.end();
  if (!content.is_object() || map == content.end() || !map->is_object())
    fail(index.string(), ": there is no 'weight_map' object. The index is damaged: fetch it again.");
  std::set<std::string> files;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    // The name comes from a stranger: it may only be a plain file of this folder.
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string("/\\:\0", 4)) != std::string::npos)
      fail(index.string(), ": tensor '", tensor, "' is said to be in ",
           file.dump(-1, ' ', false, json::error_handler_t::replace),
           ", which is not a plain file name. Do not trust this model.");
    files.insert(name);
  }
  if (files.empty()) fail(index.string(), ": 'weight_map' names no file.");
  Safetensors result;
  result.path_ = folder;
  for (const std::string& file : files) result.add_file(folder / file, verify);
  for (const auto& [tensor, file] : map->items())
    if (result.find(tensor) == nullptr)
      fail(index.string(), ": tensor '", tensor,
           "' is in none of the files. A file is missing its tensors: fetch the model again.");
  return result;
}

void Safetensors::add_file(const fs::path& path, bool verify) {
  const std::string file = path.string();
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(file, ": cannot be opened (", std::strerror(errno), ").");
  struct stat status;
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const size_t size = regular ? static_cast<size_t>(status.st_size) : 0;
  void* memory = size >= 8 ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  const int reason = errno;
  close(descriptor);
  if (!regular) fail(file, ": is not a regular file.");
  if (size < 8)
    fail(file, ": is ", size,
         " bytes long, too short for a safetensors file. It was truncated: fetch it again.");
  if (memory == MAP_FAILED) fail(file, ": cannot be mapped into memory (", std::strerror(reason), ").");
  auto mapping = std::make_shared<Mapping>();
  mapping->bytes = static_cast<const char*>(memory);
  mapping->size = size;

  uint64_t length;
  std::memcpy(&length, mapping->bytes, 8);
  if (length > kLargestHeader || length > size - 8)
    fail(file, ": the header is said to be ", length, " bytes long, in a file of ", size,
         " bytes. The file is truncated or no safetensors file.");
  const std::string_view header(mapping->bytes + 8, length);
  const uint64_t data_bytes = size - 8 - length;
  const json content = parse_header(header, file);

  struct Place {
    uint64_t begin, end;
    StoredTensor tensor;
  };
  std::vector<Place> places;
  std::string stored_checksum;
  for (const auto& [name, entry] : content.items()) {
    if (name == "__metadata__") {
      if (entry.is_null()) continue;
      if (!entry.is_object()) fail(file, ": '__metadata__' is not an object.");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) fail(file, ": '__metadata__' has a value for '", key, "' that is no text.");
        metadata_[key] = value.get<std::string>();
        if (key == kChecksumKey) stored_checksum = metadata_[key];
      }
      continue;
    }
    Place place;
    place.tensor = parse_entry(name, entry, file, place.begin, place.end);
    places.push_back(std::move(place));
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t expected = 0;
  for (Place& place : places) {
    if (place.begin != expected)
      fail(file, ": tensor '", place.tensor.name, "' begins at byte ", place.begin, " where ", expected,
           " is due (a hole or an overlap). The file is damaged.");
    expected = place.end;
  }
  if (expected != data_bytes)
    fail(file, ": the tensors take ", expected, " bytes, but the file holds ", data_bytes,
         ". It was truncated or something was added: fetch it again.");
  if (verify && !stored_checksum.empty())
    verify_checksum(header, {mapping->bytes, size}, stored_checksum, file);
  for (Place& place : places) {
    place.tensor.data = reinterpret_cast<const std::byte*>(mapping->bytes) + 8 + length + place.begin;
    if (!index_.emplace(place.tensor.name, tensors_.size()).second)
      fail(file, ": tensor '", place.tensor.name, "' is in another file of the model too.");
    tensors_.push_back(std::move(place.tensor));
  }
  mappings_.push_back(std::move(mapping));
}

std::string Safetensors::checksum() const {
  const auto found = metadata_.find(kChecksumKey);
  return found == metadata_.end() ? "" : found->second;
}

const StoredTensor* Safetensors::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const StoredTensor& Safetensors::get(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  if (tensor == nullptr) fail(path_.string(), ": there is no tensor '", name, "'.");
  return *tensor;
}

}  // namespace seedling
