// Broken and hostile files: one clear error that names the file, never a crash and never a half-read
// tokenizer.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support.h"
#include "tokenizer/pipeline.h"

using namespace seedling;
using nlohmann::json;

BOOST_AUTO_TEST_SUITE(tokenizer_hostile)

namespace {

/// What loading says; "" if it does not complain.
std::string complaint(json tokenizer, json config = nullptr) {
  try {
    make_tokenizer(std::move(tokenizer), std::move(config), "FILE");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

/// The tokenizer with one value replaced.
std::string with(const std::string& pointer, const json& value, const std::string& kind = "bpe") {
  json content = trained(kind, kind == "wordpiece")->tokenizer_json();
  content[json::json_pointer(pointer)] = value;
  return complaint(content);
}

bool mentions(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos && text.find("FILE") != std::string::npos;
  if (!found) BOOST_TEST_MESSAGE("said: " << text);
  return found;
}

struct File {
  std::filesystem::path path;
  File() {
    path = std::filesystem::temp_directory_path() / concat("seedling-hostile-", getpid()) / "tokenizer.json";
    std::filesystem::create_directories(path.parent_path());
  }
  ~File() { std::filesystem::remove_all(path.parent_path()); }
  std::string complaint(std::string_view bytes) const {
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      load_tokenizer(path);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_not_supported_is_named) {
  BOOST_TEST(mentions(with("/model/type", "Unigram"), "Unigram"));
  BOOST_TEST(mentions(with("/model/byte_fallback", true), "byte_fallback"));
  BOOST_TEST(mentions(with("/model/dropout", 0.1), "dropout"));
  BOOST_TEST(mentions(with("/model/end_of_word_suffix", "</w>"), "end_of_word_suffix"));
  BOOST_TEST(mentions(with("/model/continuing_subword_prefix", "##"), "continuing_subword_prefix"));
  BOOST_TEST(mentions(with("/model/new_setting", 1), "new_setting"));
  BOOST_TEST(mentions(with("/normalizer", {{"type", "NFKC"}}), "NFKC"));
  BOOST_TEST(mentions(with("/pre_tokenizer", {{"type", "Metaspace"}}), "Metaspace"));
  BOOST_TEST(mentions(with("/pre_tokenizer/add_prefix", true), "add_prefix"));
  BOOST_TEST(mentions(with("/decoder", {{"type", "Metaspace"}}), "Metaspace"));
  BOOST_TEST(mentions(with("/version", "2.0"), "version"));
  BOOST_TEST(mentions(with("/pre_tokenizer", {{"type", "ByteLevel"}}, "wordpiece"), "ByteLevel"));
  BOOST_TEST(with("/model/dropout", 0.0) == "");
  BOOST_TEST(with("/model/continuing_subword_prefix", nullptr) == "");
}

BOOST_AUTO_TEST_CASE(contradictions) {
  BOOST_TEST(mentions(with("/model/vocab/b", 0), "given twice"));
  BOOST_TEST(mentions(with("/model/vocab/b", -1), "\"b\""));
  BOOST_TEST(mentions(with("/model/vocab/b", 1e9), "\"b\""));
  BOOST_TEST(mentions(with("/model/vocab/b", 3000000000u), "\"b\""));
  BOOST_TEST(mentions(with("/model/vocab/b", "1"), "\"b\""));
  BOOST_TEST(mentions(with("/model/vocab", json::object()), "empty"));
  BOOST_TEST(mentions(with("/model/merges/0", json::array({"q", "nowhere"})), "nowhere"));
  BOOST_TEST(mentions(with("/model/merges/0", json::array({"!", "q"})), "!q"));
  BOOST_TEST(mentions(with("/model/merges/3", "a b c"), "merges[3]"));
  BOOST_TEST(mentions(with("/model/merges/3", json::array({"a"})), "merges[3]"));
  BOOST_TEST(mentions(with("/model/merges", 7), "merges"));
  BOOST_TEST(mentions(with("/added_tokens/0/id", 5), "<|endoftext|>"));
  BOOST_TEST(mentions(with("/added_tokens/0/content", ""), "content"));
  BOOST_TEST(mentions(with("/added_tokens/0/content", "new"), "\"new\""));  // its place would be 400
  BOOST_TEST(mentions(with("/model/unk_token", "nowhere"), "unk_token"));
  BOOST_TEST(mentions(with("/model/unk_token", "nowhere", "wordpiece"), "unk_token"));
}

BOOST_AUTO_TEST_CASE(wrong_types_everywhere) {
  // Every value of the file, one at a time, replaced by values of every type: an Error or a tokenizer,
  // nothing else.
  for (const std::string kind : {"bpe", "wordpiece"}) {
    json content = trained(kind, true, 300)->tokenizer_json();
    const json flat = content.flatten();
    int refused = 0, tried = 0;
    for (const auto& [pointer, value] : flat.items()) {
      if (pointer.find("/model/vocab/") == 0 && tried % 40 != 0) {
        ++tried;
        continue;
      }
      ++tried;
      for (const json& wrong :
           {json(nullptr), json(true), json(-5), json(1.5), json("x"), json::array(), json::object()}) {
        json copy = content;
        copy[json::json_pointer(pointer)] = wrong;
        try {
          make_tokenizer(copy, nullptr, "FILE")->encode("a [MASK] b");
        } catch (const Error& error) {
          ++refused;
          BOOST_REQUIRE(std::string(error.what()).find("FILE") == 0);
        }
      }
    }
    BOOST_TEST(refused > 100);
  }
  BOOST_TEST(mentions(complaint(json::array()), "object"));
  BOOST_TEST(mentions(complaint(json::object()), "model"));
  BOOST_TEST(mentions(complaint(trained("bpe")->tokenizer_json(), json::array()), "tokenizer_config.json"));
  BOOST_TEST(mentions(complaint(trained("bpe")->tokenizer_json(), {{"eos_token", 5}}), "eos_token"));
}

BOOST_AUTO_TEST_CASE(truncated_and_damaged_files) {
  const File file;
  const std::string whole = trained("bpe", false, 300)->tokenizer_json().dump();
  BOOST_TEST(file.complaint(whole) == "");
  for (size_t length = 0; length < whole.size(); length += 1 + whole.size() / 300) {
    const std::string said = file.complaint(std::string_view(whole).substr(0, length));
    BOOST_REQUIRE(said.find(file.path.string()) == 0);
  }
  Random random(5);
  for (int i = 0; i < 300; ++i) {  // a flipped bit may leave a valid file, but never a crash
    std::string damaged = whole;
    damaged[random.below(damaged.size())] ^= static_cast<char>(1 << random.below(8));
    const std::string said = file.complaint(damaged);
    BOOST_REQUIRE(said.empty() || said.find(file.path.string()) == 0);
  }
}

BOOST_AUTO_TEST_CASE(monsters) {
  const File file;
  BOOST_TEST(file.complaint(std::string(1000000, '[')).find("deep") != std::string::npos);
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "{\"a\":";
  BOOST_TEST(file.complaint(deep).find("deep") != std::string::npos);
  BOOST_TEST(file.complaint("{\"model\": \"\xff\"}") != "");
  BOOST_TEST(file.complaint("{\"model\": \"\\ud800\"}") != "");
  BOOST_TEST(
      file.complaint("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 4194304}, \"merges\": []}}") != "");
  std::filesystem::resize_file(file.path, uintmax_t{300} << 20);  // a hole: nothing is written
  BOOST_CHECK_THROW(load_tokenizer(file.path), Error);
  BOOST_CHECK_THROW(load_tokenizer(file.path.parent_path() / "missing"), Error);
  BOOST_CHECK_THROW(load_tokenizer(file.path / "inside a file"), Error);
  BOOST_CHECK_THROW(save_tokenizer(*trained("byte"), file.path / "inside a file"), Error);
  std::filesystem::remove(file.path);
  BOOST_CHECK_THROW(load_tokenizer(file.path.parent_path()), Error);
  std::ofstream(file.path.parent_path() / "vocab.json") << "{\"a\": 0}";
  BOOST_CHECK_THROW(load_tokenizer(file.path.parent_path()), Error);  // no merges.txt
  std::ofstream(file.path.parent_path() / "merges.txt") << "a b c\n";
  BOOST_CHECK_THROW(load_tokenizer(file.path.parent_path()), Error);
}

BOOST_AUTO_TEST_SUITE_END()
