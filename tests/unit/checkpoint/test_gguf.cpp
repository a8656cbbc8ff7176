// GGUF: the number formats and the container (whole files are checked against llama.cpp by
// clients/check_gguf.mjs).
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/files.h"
#include "checkpoint/gguf.h"
#include "checkpoint/gguf_file.h"
#include "unit/checkpoint/samples.h"
#include "unit/checkpoint/scratch.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(gguf)

BOOST_AUTO_TEST_CASE(half_precision_rounds_to_the_nearest) {
  BOOST_TEST(float_to_half(1.0f) == 0x3C00);
  BOOST_TEST(float_to_half(-2.0f) == 0xC000);
  BOOST_TEST(float_to_half(65504.0f) == 0x7BFF);
  BOOST_TEST(float_to_half(65520.0f) == 0x7C00);  // halfway to what is not there: infinity
  BOOST_TEST(float_to_half(0x1p-24f) == 0x0001);
  BOOST_TEST(float_to_half(0x1p-25f) == 0x0000);  // a tie goes to the even neighbour
  BOOST_TEST(float_to_half(1.0f + 0x1p-11f) == 0x3C00);
  BOOST_TEST(float_to_half(1.0f + 3 * 0x1p-11f) == 0x3C02);
  BOOST_TEST(float_to_half(2.0f - 0x1p-12f) == 0x4000);
  BOOST_TEST(float_to_half(-0.0f) == 0x8000);
  BOOST_TEST((float_to_half(std::numeric_limits<float>::quiet_NaN()) & 0x7FFF) > 0x7C00);
}

BOOST_AUTO_TEST_CASE(eight_bits_in_blocks) {
  std::vector<float> values(32, 0.0f);
  values[0] = 12.7f, values[1] = -12.7f, values[2] = 0.06f;
  const std::string bytes = pack(values.data(), values.size(), GgmlType::q8_0);
  BOOST_TEST(bytes.size() == 34u);
  BOOST_TEST(static_cast<int>(static_cast<int8_t>(bytes[2])) == 127);
  BOOST_TEST(static_cast<int>(static_cast<int8_t>(bytes[3])) == -127);
  BOOST_TEST(static_cast<int>(static_cast<int8_t>(bytes[4])) == 1);
  values.assign(32, 0.0f);
  BOOST_TEST(pack(values.data(), values.size(), GgmlType::q8_0) == std::string(34, '\0'));
}

BOOST_AUTO_TEST_CASE(the_container) {
  const ScratchFolder folder;
  GgufFile file;
  file.set_u32("k", 7);
  file.add({"t", {2, 3}, GgmlType::f32, [] { return std::vector<float>{1, 2, 3, 4, 5, 6}; }});
  file.write(folder / "f.gguf");
  const std::string bytes = read_file(folder / "f.gguf");
  const auto u64 = [&](size_t at) {
    uint64_t value;
    std::memcpy(&value, bytes.data() + at, 8);
    return value;
  };
  BOOST_TEST(bytes.substr(0, 4) == "GGUF");
  BOOST_TEST(u64(8) == 1u);
  BOOST_TEST(u64(16) == 1u);
  const size_t info = 24 + 8 + 1 + 4 + 4;   // after the one key
  BOOST_TEST(u64(info + 8 + 1 + 4) == 3u);  // fastest dimension first
  BOOST_TEST(u64(info + 8 + 1 + 4 + 8) == 2u);
  BOOST_TEST(bytes.size() % 32 == 0u);
  float first;
  std::memcpy(&first, bytes.data() + bytes.size() - 32, 4);
  BOOST_TEST(first == 1.0f);
}

BOOST_AUTO_TEST_CASE(models_without_a_place_there) {
  const ScratchFolder folder;
  const auto backend = small_backend();
  for (const auto& [arch, objective, why] : std::vector<std::tuple<std::string, Objective, std::string>>{
           {"seedling", Objective::causal, "record"},
           {"distilbert", Objective::masked, "DistilBERT"},
           {"bert", Objective::span, "answers"},
           {"gpt2", Objective::classifier, "BERT alone"}}) {
    Model model(small_config(arch, objective), *backend, false);
    const auto tokenizer = small_tokenizer(false);
    const std::string message =
        error_of([&] { export_gguf(folder / "m.gguf", model, *tokenizer, GgufType::f32, "m"); });
    BOOST_TEST(message.find(why) != std::string::npos, message);
    BOOST_TEST(!std::filesystem::exists(folder / "m.gguf"));
  }
  BOOST_CHECK_THROW(gguf_type("q4"), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
