// safetensors: the round trip, every rule of the format, and what happens to damaged files.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "base/files.h"
#include "base/random.h"
#include "checkpoint/checksum.h"
#include "checkpoint/safetensors.h"
#include "unit/checkpoint/scratch.h"

using namespace seedling;

namespace {

/// A file of the format from a header text and data bytes.
std::string make_file(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

TensorSource source(const std::string& name, std::vector<int64_t> shape, std::vector<float> values) {
  return {name, std::move(shape), [values](float* out) { std::copy(values.begin(), values.end(), out); }};
}

/// The message with which a file of this header and data is refused; "" when it is accepted.
std::string refusal(const std::string& header, const std::string& data) {
  const ScratchFolder folder;
  const auto path = folder.write("x.safetensors", make_file(header, data));
  const std::string message = error_of([&] { Safetensors::open_file(path); });
  if (!message.empty()) BOOST_TEST(message.find("x.safetensors") != std::string::npos, message);
  return message;
}

bool mentions(const std::string& message, const std::string& part) {
  if (message.find(part) != std::string::npos) return true;
  BOOST_TEST_MESSAGE("'" << message << "' does not mention '" << part << "'");
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(checksum_is_xxh64) {
  // Vectors of the reference implementation.
  BOOST_TEST(checksum("") == "ef46db3751d8e999");
  BOOST_TEST(checksum("a") == "d24ec4f1a98c6e5b");
  BOOST_TEST(checksum("abc") == "44bc2cf5ad770999");
  BOOST_TEST(checksum("Nobody inspects the spammish repetition") == "fbcea83c8a378bf1");
  // Any cutting into pieces gives the same sum.
  Random random(3);
  std::string bytes(1000, ' ');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  for (int round = 0; round < 50; ++round) {
    Checksum sum;
    for (size_t done = 0; done < bytes.size();) {
      const size_t piece = std::min<size_t>(random.below(70), bytes.size() - done);
      sum.add(bytes.data() + done, piece);
      done += piece;
    }
    BOOST_TEST(sum.hex() == checksum(bytes));
  }
}

BOOST_AUTO_TEST_CASE(round_trip) {
  const ScratchFolder folder;
  const std::vector<float> first = {1.5f, -2.25f, 3e-39f, 4, 5, 6}, scalar = {7};
  write_safetensors(folder / "m.safetensors",
                    {source("b.weight", {2, 3}, first), source("a", {}, scalar), source("none", {0, 4}, {})},
                    {{"note", "kept"}});
  const Safetensors file = Safetensors::open_file(folder / "m.safetensors");
  BOOST_TEST(file.tensors().size() == 3u);
  BOOST_TEST(file.read("b.weight") == first);
  BOOST_TEST(file.get("b.weight").shape == (std::vector<int64_t>{2, 3}));
  BOOST_TEST(file.read("a") == scalar);
  BOOST_TEST(file.read("none").empty());
  BOOST_TEST(file.find("c") == nullptr);
  BOOST_TEST(file.metadata().at("format") == "pt");
  BOOST_TEST(file.metadata().at("note") == "kept");
  // The writer's own rules: "{" first, the buffer 8-byte aligned, nothing else in the folder.
  const std::string bytes = read_file(folder / "m.safetensors");
  BOOST_TEST(bytes[8] == '{');
  BOOST_TEST(*reinterpret_cast<const uint64_t*>(bytes.data()) % 8 == 0u);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(half_types) {
  // F16 1.0, -2.0, smallest subnormal, infinity; BF16 1.0, -2.0.
  const std::string data = {0x00, 0x3C, 0x00, '\xC0', 0x01, 0x00, 0x00, 0x7C, '\x80', 0x3F, 0x00, '\xC0'};
  const ScratchFolder folder;
  const auto path = folder.write(
      "h.safetensors",
      make_file(
          R"( {"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8],"extra":1},"__metadata__":null}  )",
          data));
  const Safetensors file = Safetensors::open_file(path);
  BOOST_TEST(file.read("h") == (std::vector<float>{1, -2, 0x1p-24f, INFINITY}));
  BOOST_TEST(file.read("b") == (std::vector<float>{1, -2}));
}

BOOST_AUTO_TEST_CASE(odd_offsets_are_read) {
  const ScratchFolder folder;
  const float value = 0.1f;
  const auto path = folder.write(
      "o.safetensors",
      make_file(
          R"({"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"f":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}})",
          std::string(3, '\1') + std::string(reinterpret_cast<const char*>(&value), 4)));
  const Safetensors file = Safetensors::open_file(path);
  BOOST_TEST(file.read("f").at(0) == value);
  BOOST_TEST(mentions(error_of([&] { file.read("u"); }), "U8"));
}

BOOST_AUTO_TEST_CASE(refusals) {
  const std::string four(4, '\0'), eight(8, '\0');
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  BOOST_TEST(refusal(entry("F32", "[1]", "[0,4]"), four).empty());
  BOOST_TEST(mentions(refusal(entry("F32", "[1]", "[0,4]"), eight), "holds 8"));         // surplus
  BOOST_TEST(mentions(refusal(entry("F32", "[2]", "[0,8]"), four), "holds 4"));          // truncated
  BOOST_TEST(mentions(refusal(entry("F32", "[1]", "[4,8]"), eight), "where 0 is due"));  // hole
  BOOST_TEST(mentions(refusal(entry("F32", "[2]", "[0,4]"), four), "shape [2]"));        // size and shape
  BOOST_TEST(mentions(refusal(entry("F32", "[1]", "[4,0]"), four), "offsets"));
  BOOST_TEST(mentions(refusal(entry("F32", "[-1]", "[0,4]"), four), "whole number"));
  BOOST_TEST(mentions(refusal(entry("F32", "[1.0]", "[0,4]"), four), "whole number"));
  BOOST_TEST(mentions(refusal(entry("F32", "[4294967296,4294967296]", "[0,4]"), four), "too large"));
  BOOST_TEST(mentions(refusal(entry("F32", "[18446744073709551617]", "[0,4]"), four), "whole number"));
  BOOST_TEST(mentions(refusal(entry("F4", "[1]", "[0,4]"), four), "F4"));
  BOOST_TEST(mentions(refusal(entry("F32", "1", "[0,4]"), four), "shape"));
  BOOST_TEST(mentions(refusal(entry("F32", "[1]", "[0]"), four), "pair"));
  BOOST_TEST(mentions(refusal(R"({"t":{"shape":[1],"data_offsets":[0,4]}})", four), "dtype"));
  BOOST_TEST(mentions(refusal(R"({"t":1})", four), "'t'"));
  BOOST_TEST(mentions(
      refusal(
          R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
          four),
      "twice"));
  BOOST_TEST(mentions(
      refusal(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
          four),
      "overlap"));
  BOOST_TEST(mentions(refusal(R"({"__metadata__":{"a":1}})", ""), "no text"));
  BOOST_TEST(mentions(refusal("[]", ""), "object"));
  BOOST_TEST(mentions(refusal(R"({"t":1e999})", ""), "JSON"));
  BOOST_TEST(mentions(refusal(R"({"t":)" + std::string(200000, '[') + std::string(200000, ']') + "}", ""),
                      "too deep"));
  BOOST_TEST(mentions(refusal("{\"\xFF\":1}", ""), "JSON"));
  BOOST_TEST(mentions(refusal(std::string("{}\0\0", 4), ""), "JSON"));
  BOOST_TEST(mentions(refusal("", ""), "JSON"));
  BOOST_TEST(refusal("{}", "").empty());

  const ScratchFolder folder;
  BOOST_TEST(
      mentions(error_of([&] { Safetensors::open_file(folder / "gone.safetensors"); }), "gone.safetensors"));
  BOOST_TEST(mentions(error_of([&] { Safetensors::open_file(folder.path()); }), "regular"));
  BOOST_TEST(mentions(error_of([&] { Safetensors::open_file(folder.write("s", "abc")); }), "too short"));
  BOOST_TEST(mentions(error_of([&] { Safetensors::open_file(folder.write("l", std::string(16, '\xFF'))); }),
                      "header is said"));
}

BOOST_AUTO_TEST_CASE(shards) {
  const ScratchFolder folder;
  write_safetensors(folder / "model-00001-of-00002.safetensors", {source("a", {1}, {1})});
  write_safetensors(folder / "model-00002-of-00002.safetensors", {source("b", {1}, {2})});
  const auto index = [&](const std::string& map) {
    folder.write("model.safetensors.index.json", R"({"metadata":{},"weight_map":)" + map + "}");
  };
  index(R"({"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"})");
  BOOST_TEST(Safetensors::open_model(folder.path()).read("b").at(0) == 2.0f);
  for (const char* evil : {"../x", "/etc/passwd", "..", "", "a\\\\b"}) {
    index(concat(R"({"a":")", evil, "\"}"));
    BOOST_TEST(mentions(error_of([&] { Safetensors::open_model(folder.path()); }), "not a plain file name"));
  }
  index(R"({"c":"model-00001-of-00002.safetensors"})");
  BOOST_TEST(mentions(error_of([&] { Safetensors::open_model(folder.path()); }), "'c'"));
  index(R"({"a":"model-00003-of-00002.safetensors"})");
  BOOST_TEST(mentions(error_of([&] { Safetensors::open_model(folder.path()); }), "00003"));
  // One file beside an index wins, as in transformers.
  write_safetensors(folder / "model.safetensors", {source("a", {1}, {9})});
  BOOST_TEST(Safetensors::open_model(folder.path()).read("a").at(0) == 9.0f);
}

/// Every truncation and every single flipped bit: one Error, or tensors that are still exactly the same.
BOOST_AUTO_TEST_CASE(damage_never_goes_unnoticed) {
  const ScratchFolder folder;
  write_safetensors(folder / "m", {source("h.0", {2, 2}, {1, 2, 3, 4}), source("h.1", {2, 2}, {5, 6, 7, 8})});
  const std::string good = read_file(folder / "m");
  for (size_t length = 0; length < good.size(); ++length)
    BOOST_TEST(!error_of([&] { Safetensors::open_file(folder.write("x", good.substr(0, length))); }).empty());
  int unnoticed = 0;
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] ^= static_cast<char>(1 << bit % 8);
    folder.write("x", bad);
    const std::string message = error_of([&] {
      const Safetensors file = Safetensors::open_file(folder / "x");
      BOOST_TEST(file.read("h.0") == (std::vector<float>{1, 2, 3, 4}));
      BOOST_TEST(file.read("h.1") == (std::vector<float>{5, 6, 7, 8}));
      ++unnoticed;
    });
    if (!message.empty()) BOOST_TEST(mentions(message, "/x"));
  }
  // Only the name of the checksum itself (and of its metadata) can change without being noticed.
  BOOST_TEST(unnoticed <= 8 * 40);
}

BOOST_AUTO_TEST_CASE(failed_write_leaves_the_old_file) {
  const ScratchFolder folder;
  write_safetensors(folder / "m", {source("a", {1}, {1})});
  const std::string before = read_file(folder / "m");
  TensorSource broken{"a", {1}, [](float*) { throw Error("no values"); }};
  BOOST_TEST(error_of([&] { write_safetensors(folder / "m", {broken}); }) == "no values");
  BOOST_TEST(read_file(folder / "m") == before);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  BOOST_TEST(mentions(error_of([&] { write_safetensors(folder / "no/m", {}); }), "cannot be created"));
  // A device that is always full.
  if (std::filesystem::exists("/dev/full"))
    BOOST_TEST(!error_of([&] { write_safetensors("/dev/full/m", {}); }).empty());
}

BOOST_AUTO_TEST_SUITE_END()
