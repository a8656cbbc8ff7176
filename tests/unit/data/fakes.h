// A tiny tokenizer and scratch folders for the data tests.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokenizer/tokenizer.h"

namespace seedling::test {

/// One id a byte, then [EOS] 256, [PAD] 257, [CLS] 258, [SEP] 259, [MASK] 260. A word begins behind a space.
class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(bool masked = false) {
    if (masked) {
      special_ = {.bos = -1, .eos = -1, .unk = -1, .pad = 257, .cls = 258, .sep = 259, .mask = 260};
    } else {
      special_.eos = 256;
    }
  }
  std::vector<int32_t> encode(std::string_view text) const override {
    ++calls;
    std::vector<int32_t> ids;
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::vector<int32_t> encode_with_offsets(std::string_view text,
                                           std::vector<std::pair<size_t, size_t>>& offsets) const override {
    offsets.clear();
    for (size_t i = 0; i < text.size(); ++i) offsets.emplace_back(i, i + 1);
    return encode(text);
  }
  std::string decode(const std::vector<int32_t>& ids, bool) const override {
    std::string text;
    for (const int32_t id : ids) {
      if (id < 256) text += static_cast<char>(id);
    }
    return text;
  }
  std::string token_bytes(int32_t id) const override {
    return id < 256 ? std::string(1, static_cast<char>(id)) : "";
  }
  std::string token_text(int32_t id) const override { return token_bytes(id); }
  int32_t token_id(std::string_view) const override { return -1; }
  int64_t vocab_size() const override { return 261; }
  const SpecialTokens& special() const override { return special_; }
  bool is_special(int32_t id) const override { return id >= 256; }
  bool starts_word(int32_t id) const override { return id == ' '; }
  std::string kind() const override { return "byte"; }
  const nlohmann::json& tokenizer_json() const override { return json_; }
  const nlohmann::json& config_json() const override { return json_; }

  mutable int calls = 0;

 private:
  SpecialTokens special_;
  nlohmann::json json_ = nlohmann::json::object();
};

/// A folder that is removed at the end of the test.
struct Scratch {
  Scratch() {
    char name[] = "/tmp/seedling-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
  std::filesystem::path path;
};

/// Does the call throw an Error whose message holds every one of the words?
template <typename Call>
bool fails_with(Call call, std::initializer_list<const char*> words) {
  try {
    call();
  } catch (const Error& error) {
    for (const char* word : words) {
      if (std::string(error.what()).find(word) == std::string::npos) return false;
    }
    return true;
  }
  return false;
}

}  // namespace seedling::test
