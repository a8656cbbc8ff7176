// What a tokenizer does with special tokens, words, unknown characters; saving and loading.

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support.h"
#include "tokenizer/legacy.h"
#include "tokenizer/pipeline.h"

using namespace seedling;
using nlohmann::json;

BOOST_AUTO_TEST_SUITE(tokenizer_behaviour)

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    path = std::filesystem::temp_directory_path() / concat("seedling-tokenizer-", getpid());
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string spelt(const Tokenizer& tokenizer, const std::string& text) {
  std::string joined;
  for (const int32_t id : tokenizer.encode(text)) joined += tokenizer.token_text(id) + "|";
  return joined;
}

std::unique_ptr<Tokenizer> wordpiece(const std::vector<std::string>& words, const json& config = nullptr) {
  std::string lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (const std::string& word : words) lines += word + "\n";
  return make_tokenizer(from_vocab_file(lines, config, "vocab.txt"), config, "test");
}

}  // namespace

BOOST_AUTO_TEST_CASE(special_tokens_in_the_text) {
  const auto causal = trained("bpe");
  BOOST_TEST(spelt(*causal, "a<|endoftext|>a") == "a|<|endoftext|>|a|");
  const std::vector<int32_t> ids = causal->encode("a<|endoftext|>a");
  BOOST_TEST(causal->decode(ids) == "aa");
  BOOST_TEST(causal->decode(ids, false) == "a<|endoftext|>a");
  BOOST_TEST(causal->is_special(ids[1]));
  BOOST_TEST(!causal->is_special(ids[0]));
  BOOST_TEST(causal->encode("<|endoftext|").size() > 1u);
  BOOST_TEST(causal->decode({-1, ids[0], 100000}) == "a");

  const auto masked = trained("bpe", true);
  BOOST_TEST(spelt(*masked, "a [MASK]a") == "a|[MASK]|a|");  // the mask takes the space, as " b" would
  BOOST_TEST(spelt(*trained("char", true), "a [MASK]a") == "a| |[MASK]|a|");
  std::vector<std::pair<size_t, size_t>> offsets;
  masked->encode_with_offsets("a  [MASK]a", offsets);
  BOOST_TEST((offsets == std::vector<std::pair<size_t, size_t>>{{0, 1}, {1, 9}, {9, 10}}));
}

BOOST_AUTO_TEST_CASE(wordpiece_words) {
  const auto t = wordpiece({"un", "##aff", "##able", "the", ",", "caf", "##e", "森", "want"});
  BOOST_TEST(spelt(*t, "The UNaffable, unaffableX") == "the|un|##aff|##able|,|[UNK]|");
  BOOST_TEST(spelt(*t, "Café\u0301 the森the") == "caf|##e|the|森|the|");
  BOOST_TEST(spelt(*t, "the" + std::string(98, 'a')) == "[UNK]|");
  BOOST_TEST(spelt(*t, "[CLS]want[MASK][SEP]") == "[CLS]|want|[MASK]|[SEP]|");
  BOOST_TEST(t->decode(t->encode("the unaffable , the")) == "the unaffable, the");
  BOOST_TEST(t->starts_word(t->token_id("un")));
  BOOST_TEST(!t->starts_word(t->token_id("##aff")));
  std::vector<std::pair<size_t, size_t>> offsets;
  t->encode_with_offsets(" Cafés, é", offsets);
  BOOST_TEST((offsets == std::vector<std::pair<size_t, size_t>>{{1, 7}, {7, 8}, {9, 11}}));
  const auto cased = wordpiece({"The", "the"}, {{"do_lower_case", false}});
  BOOST_TEST(spelt(*cased, "The the") == "The|the|");
}

BOOST_AUTO_TEST_CASE(words_begin_where_masking_needs_it) {
  const auto t = trained("bpe", true);
  BOOST_TEST(t->starts_word(t->encode(" the")[0]));
  BOOST_TEST(t->starts_word(t->encode(",")[0]));
  BOOST_TEST(t->starts_word(t->special().mask));
  BOOST_TEST(!t->starts_word(t->encode("e")[0]));
  BOOST_TEST(!t->starts_word(t->token_id("é")));  // in the byte alphabet: half of a character
}

BOOST_AUTO_TEST_CASE(saving_what_was_loaded_changes_nothing) {
  const Folder folder;
  for (const std::string kind : {"bpe", "byte", "char", "wordpiece"})
    for (const bool masked : {false, true}) {
      const auto first = trained(kind, masked);
      save_tokenizer(*first, folder.path);
      const std::string file = read_file(folder.path / "tokenizer.json");
      const auto second = load_tokenizer(folder.path);
      BOOST_TEST(second->tokenizer_json() == first->tokenizer_json());
      BOOST_TEST(second->config_json() == first->config_json());
      BOOST_TEST(second->kind() == kind);
      BOOST_TEST(second->vocab_size() == first->vocab_size());
      BOOST_TEST(second->encode(sample_text()) == first->encode(sample_text()));
      save_tokenizer(*second, folder.path);
      BOOST_TEST(read_file(folder.path / "tokenizer.json") == file);
      BOOST_TEST(load_tokenizer(folder.path / "tokenizer.json")->special().eos == first->special().eos);
    }
}

BOOST_AUTO_TEST_CASE(configurations_name_the_right_class) {
  const auto config = [](const std::string& kind, bool masked) {
    return trained(kind, masked)->config_json();
  };
  BOOST_TEST(config("bpe", false)["tokenizer_class"] == "GPT2Tokenizer");
  BOOST_TEST(config("byte", false)["tokenizer_class"] == "GPT2Tokenizer");
  BOOST_TEST(config("bpe", true)["tokenizer_class"] == "PreTrainedTokenizerFast");
  BOOST_TEST(config("char", false)["tokenizer_class"] == "PreTrainedTokenizerFast");
  BOOST_TEST(config("wordpiece", true)["tokenizer_class"] == "BertTokenizer");
  BOOST_TEST(config("wordpiece", true)["do_lower_case"] == true);
  BOOST_TEST(config("wordpiece", false)["tokenizer_class"] == "PreTrainedTokenizerFast");
  BOOST_TEST(config("bpe", false)["model_input_names"] == json({"input_ids", "attention_mask"}));
  BOOST_TEST(config("bpe", true)["model_input_names"] ==
             json({"input_ids", "token_type_ids", "attention_mask"}));
  BOOST_TEST(config("char", false)["clean_up_tokenization_spaces"] == false);
  BOOST_TEST(config("bpe", true)["mask_token"] == "[MASK]");
}

BOOST_AUTO_TEST_CASE(older_files) {
  const Folder folder;
  const auto modern = trained("bpe");
  const json& model = modern->tokenizer_json()["model"];
  std::ofstream(folder.path / "vocab.json") << model["vocab"].dump();
  std::ofstream merges(folder.path / "merges.txt");
  merges << "#version: 0.2\n";
  for (const json& pair : model["merges"])
    merges << pair[0].get<std::string>() << ' ' << pair[1].get<std::string>() << '\n';
  merges.close();
  const auto older = load_tokenizer(folder.path);
  BOOST_TEST(older->encode(sample_text()) == modern->encode(sample_text()));
  BOOST_TEST(older->special().eos == modern->special().eos);
  BOOST_TEST(older->config_json()["tokenizer_class"] == "GPT2Tokenizer");
  BOOST_TEST(load_tokenizer(folder.path / "vocab.json")->encode("the") == modern->encode("the"));

  std::filesystem::remove(folder.path / "vocab.json");
  std::ofstream(folder.path / "vocab.txt") << "[UNK]\r\n[CLS]\r\n[SEP]\r\nseed\r\n##s\r\n";
  BOOST_TEST(spelt(*load_tokenizer(folder.path), "Seeds") == "seed|##s|");
  BOOST_TEST(load_tokenizer(folder.path)->special().cls == 1);
}

BOOST_AUTO_TEST_CASE(named_tokens_win_over_usual_ones) {
  json sections = trained("bpe", true)->tokenizer_json();
  const json config = {
      {"mask_token", {{"content", "[UNK]"}}}, {"pad_token", nullptr}, {"eos_token", "nowhere"}};
  const SpecialTokens special = make_tokenizer(sections, config, "test")->special();
  BOOST_TEST(special.mask == 1);
  BOOST_TEST(special.pad == -1);
  BOOST_TEST(special.eos == -1);
  BOOST_TEST(special.cls == 2);
}

BOOST_AUTO_TEST_SUITE_END()
