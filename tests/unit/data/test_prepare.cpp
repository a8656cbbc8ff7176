// prepare_data from end to end: cache, damage, several processes, and the numbers of the rivals.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/random.h"
#include "data/dataset.h"
#include "datasets/storyworld/storyworld.h"
#include "fakes.h"

using namespace seedling;

namespace {

/// Sentences of a small language, so that a BPE has something to merge.
std::string prose(size_t bytes) {
  static const char* kWords[] = {"the", "miller", "walked", "home", "with", "a", "lantern", "and", "sang"};
  std::string text;
  for (uint64_t i = 0; text.size() < bytes; ++i) {
    text += kWords[mix64(i) % std::size(kWords)];
    text += i % 9 == 8 ? ".\n" : " ";
  }
  return text;
}

struct Setting {
  test::Scratch scratch;
  DataOptions options;
  std::string said;
  Setting(const std::string& text, const std::string& tokenizer) {
    options.data = scratch.write("text.txt", text).string();
    options.tokenizer = tokenizer;
    options.vocab_size = 300;
    options.cache = scratch.path / "cache";
    options.say = [this](const std::string& line) { said += line + "\n"; };
  }
  std::filesystem::path folder() const {
    for (const auto& entry : std::filesystem::directory_iterator(options.cache / "tokens")) {
      if (entry.is_directory()) return entry.path();
    }
    return {};
  }
};

std::string text_of(const PreparedData& data, const TokenFile& file) {
  std::vector<int32_t> ids(static_cast<size_t>(file.size()));
  file.read(0, file.size(), ids.data());
  return data.tokenizer->decode(ids);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prepare)

BOOST_AUTO_TEST_CASE(text_survives_every_tokenizer) {
  const std::string text = prose(20000) + "caf\xC3\xA9 \xE2\x82\xAC\n";
  for (const char* tokenizer : {"char", "byte", "bpe"}) {
    BOOST_TEST_CONTEXT(tokenizer) {
      Setting setting(text, tokenizer);
      const PreparedData data = prepare_data(setting.options);
      BOOST_TEST((text_of(data, *data.train) + text_of(data, *data.validation) == text));
      BOOST_TEST(data.train->text_bytes() + data.validation->text_bytes() ==
                 static_cast<int64_t>(text.size()));
      BOOST_TEST(data.name == "text.txt");
      BOOST_TEST(data.hash == sha256(text));
      BOOST_TEST(data.entropy_floor == 0.0);
      BOOST_TEST(data.rivals.size() == 5u);
      BOOST_TEST(data.rivals[1].at("nats_per_token").get<double>() <
                 data.rivals[0].at("nats_per_token").get<double>());
      BOOST_TEST(!data.prompts.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(characters_come_from_the_whole_text) {
  Setting setting(prose(5000) + "QXZ", "char");  // the last three are validation text only
  const PreparedData data = prepare_data(setting.options);
  for (const char* letter : {"Q", "X", "Z"})
    BOOST_TEST(data.tokenizer->decode(data.tokenizer->encode(letter)) == letter);
}

BOOST_AUTO_TEST_CASE(the_cache_is_used_and_keyed_by_content_and_options) {
  Setting setting(prose(5000), "bpe");
  const PreparedData first = prepare_data(setting.options);
  BOOST_TEST(setting.said.find("tokenizing") != std::string::npos);
  setting.said.clear();
  const PreparedData second = prepare_data(setting.options);
  BOOST_TEST(setting.said == "");
  BOOST_TEST(second.tokenizer->tokenizer_json() == first.tokenizer->tokenizer_json());
  BOOST_TEST((second.prompts == first.prompts));
  setting.options.vocab_size = 280;
  prepare_data(setting.options);
  BOOST_TEST(setting.said.find("tokenizing") != std::string::npos);
  setting.said.clear();
  setting.scratch.write("text.txt", prose(6000));
  BOOST_TEST(prepare_data(setting.options).hash != first.hash);
  BOOST_TEST(setting.said.find("tokenizing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_cache_is_made_anew) {
  for (const char* name : {"train.tok", "validation.tok", "prepared.json", "tokenizer.json"}) {
    for (const bool missing : {false, true}) {
      BOOST_TEST_CONTEXT(name << (missing ? " missing" : " cut")) {
        Setting setting(prose(5000), "bpe");
        const std::string whole = [&] {
          const PreparedData data = prepare_data(setting.options);
          return text_of(data, *data.train);
        }();
        const auto path = setting.folder() / name;
        if (missing) {
          std::filesystem::remove(path);
        } else {
          std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
        }
        setting.said.clear();
        const PreparedData again = prepare_data(setting.options);
        BOOST_TEST(setting.said.find("anew") != std::string::npos);
        BOOST_TEST(setting.said.find(name) != std::string::npos);
        BOOST_TEST((text_of(again, *again.train) == whole));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(several_processes_prepare_the_same_data) {
  Setting setting(prose(50000), "bpe");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 1;
      try {
        const PreparedData data = prepare_data(setting.options);
        code = text_of(data, *data.train) + text_of(data, *data.validation) == prose(50000) ? 0 : 2;
      } catch (...) {
      }
      ::_exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator(setting.options.cache / "tokens")) {
    BOOST_TEST(entry.path().string().find("partial") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_tokenizer_file_is_used_as_it_is) {
  Setting setting(prose(5000), "bpe");
  const PreparedData first = prepare_data(setting.options);
  save_tokenizer(*first.tokenizer, setting.scratch.path / "mine");
  Setting other(prose(7000), (setting.scratch.path / "mine").string());
  const PreparedData second = prepare_data(other.options);
  BOOST_TEST(second.tokenizer->tokenizer_json() == first.tokenizer->tokenizer_json());
  BOOST_TEST((text_of(second, *second.train) + text_of(second, *second.validation) == prose(7000)));
}

BOOST_AUTO_TEST_CASE(masked_data_has_masked_rivals) {
  Setting setting(prose(20000), "bpe");
  setting.options.masked = true;
  const PreparedData data = prepare_data(setting.options);
  BOOST_TEST(data.tokenizer->special().mask >= 0);
  BOOST_REQUIRE(data.rivals.size() == 2u);
  BOOST_TEST(data.rivals[1].at("accuracy").get<double>() >= data.rivals[0].at("accuracy").get<double>());
  const auto batch = MaskedLoader(data.train, data.tokenizer, 4, 32, 1, true).batch(0);
  BOOST_TEST(batch.target_count() > 4);
}

BOOST_AUTO_TEST_CASE(storyworld_brings_its_floor) {
  const test::Scratch scratch;
  DataOptions options;
  options.data = "storyworld";
  options.size = 300'000;
  options.vocab_size = 1024;
  options.cache = scratch.path;
  const PreparedData data = prepare_data(options);
  BOOST_TEST(data.entropy_floor > 0.05);
  for (const auto& rival : data.rivals)
    BOOST_TEST(rival.at("bits_per_byte").get<double>() > data.entropy_floor);
  BOOST_TEST(data.prompts.size() == 4u);
  // The floor is that of exactly the validation text.
  std::string text;
  double bits = 0;
  stream_corpus(1, uint64_t{1} << 40, 64'000, [&](const Story& story) {
    text += story.text;
    bits += story.bits;
  });
  BOOST_TEST(data.validation->text_bytes() == static_cast<int64_t>(text.size()));
  BOOST_TEST(data.entropy_floor == bits / static_cast<double>(text.size()),
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST((text_of(data, *data.validation) == text));
  BOOST_TEST(data.train->text_bytes() >= 300'000);
  // Another seed: other training text, the same validation text.
  options.seed = 2;
  options.tokenizer = "byte";
  const PreparedData other = prepare_data(options);
  BOOST_TEST((text_of(other, *other.validation) == text));
  BOOST_TEST((text_of(other, *other.train) != text_of(data, *data.train)));
}

BOOST_AUTO_TEST_CASE(several_texts_are_one_corpus) {
  const test::Scratch scratch;
  DataOptions options;
  options.tokenizer = "byte";
  options.cache = scratch.path / "cache";
  const std::string one = scratch.write("one.txt", prose(4000)).string();
  const std::string two = scratch.write("two.txt", "A second text. " + prose(6000)).string();
  const auto prepared = [&](const std::string& data) {
    options.data = data;
    return prepare_data(options);
  };
  const PreparedData both = prepared(one + "," + two);
  BOOST_TEST(both.name == "one.txt+two.txt");
  BOOST_TEST(both.train->text_bytes() + both.validation->text_bytes() ==
             static_cast<int64_t>(std::filesystem::file_size(one) + std::filesystem::file_size(two)));
  const PreparedData turned = prepared(two + "," + one);
  BOOST_TEST(turned.hash != both.hash);
  BOOST_TEST(prepared(one).hash != both.hash);
  // A mixture with Storyworld has neither its split nor its floor.
  options.size = 100'000;
  const PreparedData mixed = prepared("storyworld," + one);
  BOOST_TEST(mixed.entropy_floor == 0.0);
  BOOST_TEST(mixed.name == "storyworld+one.txt");
  // A file whose name has a comma is that file.
  const std::string odd = scratch.write("odd, indeed.txt", prose(4000)).string();
  BOOST_TEST((data_parts(odd) == std::vector<std::string>{odd}));
  BOOST_TEST((data_parts("a,,b") == std::vector<std::string>{"a", "", "b"}));
  BOOST_TEST(test::fails_with([&] { prepared(one + ","); }, {"--data", "commas"}));
  BOOST_TEST(test::fails_with([&] { prepared(one + ",brwn"); }, {"brwn", "did you mean brown"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_said) {
  Setting setting(prose(5000), "bpe");
  const auto fails = [&](std::initializer_list<const char*> words) {
    return test::fails_with([&] { prepare_data(setting.options); }, words);
  };
  const std::string data = setting.options.data;
  setting.options.data = "moby-dik";
  BOOST_TEST(fails({"moby-dik", "did you mean moby-dick"}));
  setting.options.data = "";
  BOOST_TEST(fails({"--data"}));
  setting.options.data = data;
  setting.options.tokenizer = "bpee";
  BOOST_TEST(fails({"bpee", "did you mean bpe"}));
  setting.options.tokenizer = "bpe";
  setting.options.validation_fraction = 2;
  BOOST_TEST(fails({"fraction"}));
  setting.options.validation_fraction = 0.1;
  setting.options.cache = setting.scratch.write("file", "not a folder") / "cache";
  BOOST_TEST(fails({"cache folder", "XDG_CACHE_HOME"}));
}

BOOST_AUTO_TEST_SUITE_END()
