// Three kinds: byte-level BPE as it is; characters as byte-level BPE whose merges build each character from
// its bytes; WordPiece as llama.cpp spells it (word beginnings marked instead of continuations).
#include "checkpoint/gguf_tokenizer.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tokenizer/byte_alphabet.h"

namespace seedling {
using nlohmann::json;

namespace {

/// tokenizer.ggml.token_type.
enum TokenType : int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5 };

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  std::vector<std::string> merges;
};

/// A section of tokenizer.json by its type; "" when it is null.
std::string type_of(const json& tokenizer, const char* section) {
  const auto found = tokenizer.find(section);
  if (found == tokenizer.end() || !found->is_object()) return "";
  return found->value("type", "");
}

/// Only the stock pre-tokenizer of GPT-2 has a name ("gpt-2") that the runtime knows.
void check_byte_level(const json& tokenizer) {
  const bool stock = type_of(tokenizer, "pre_tokenizer") == "ByteLevel" &&
                     tokenizer["pre_tokenizer"].value("use_regex", true) &&
                     !tokenizer["pre_tokenizer"].value("add_prefix_space", true) &&
                     type_of(tokenizer, "normalizer").empty();
  if (!stock)
    fail(
        "this tokenizer cuts text into words in a way that GGUF cannot name (only GPT-2's own is supported), "
        "so the "
        "exported model would read other tokens. Export with --format hf instead.");
}

/// "a b" of a merge that is a pair or already such a text.
std::string merge_text(const json& merge) {
  return merge.is_string() ? merge.get<std::string>()
                           : merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>();
}

/// The bytes of one character, spelt, and the merges that join them from the left.
void add_character(Vocabulary& vocabulary, const std::string& character) {
  std::vector<std::string> pieces;
  for (char byte : character) pieces.push_back(spell_bytes(std::string(1, byte)));
  std::string joined = pieces[0];
  for (size_t i = 1; i < pieces.size(); ++i) {
    vocabulary.merges.push_back(joined + " " + pieces[i]);
    joined += pieces[i];
  }
  vocabulary.tokens.back() = joined;
}

Vocabulary read_vocabulary(const Tokenizer& tokenizer, int64_t rows, const std::string& kind) {
  const json& content = tokenizer.tokenizer_json();
  Vocabulary vocabulary;
  for (int64_t row = 0; row < rows; ++row) {
    const auto id = static_cast<int32_t>(row);
    if (row >= tokenizer.vocab_size()) {
      vocabulary.tokens.push_back(concat("[PAD", row, "]"));
      vocabulary.types.push_back(kUnused);
      continue;
    }
    vocabulary.tokens.push_back(tokenizer.token_text(id));
    vocabulary.types.push_back(id == tokenizer.special().unk && kind != "bpe" ? kUnknown
                               : tokenizer.is_special(id)                     ? kControl
                                                                              : kNormal);
    std::string& token = vocabulary.tokens.back();
    if (vocabulary.types.back() != kNormal) continue;
    if (kind == "char") add_character(vocabulary, std::string(token));
    if (kind == "wordpiece") token = token.rfind("##", 0) == 0 ? token.substr(2) : "\u2581" + token;
  }
  for (const json& added : content.value("added_tokens", json::array())) {
    const auto id = added.value("id", int64_t{-1});
    if (id >= 0 && id < rows && vocabulary.types[id] == kNormal) {
      vocabulary.tokens[id] = added.value("content", vocabulary.tokens[id]);
      vocabulary.types[id] = kUserDefined;
    }
  }
  if (kind == "bpe")
    for (const json& merge : content.at("model").value("merges", json::array()))
      vocabulary.merges.push_back(merge_text(merge));
  return vocabulary;
}

void write_id(GgufFile& file, const char* key, int32_t id) {
  if (id >= 0) file.set_u32(std::string("tokenizer.ggml.") + key, static_cast<uint64_t>(id));
}

}  // namespace

void write_gguf_tokenizer(GgufFile& file, const Tokenizer& tokenizer, int64_t rows, bool masked,
                          std::vector<std::string>& warnings) {
  const json& content = tokenizer.tokenizer_json();
  const SpecialTokens& special = tokenizer.special();
  const std::string kind = tokenizer.kind() == "byte" ? "bpe" : tokenizer.kind();
  if (kind == "bpe") check_byte_level(content);
  if (kind == "char")
    warnings.push_back(
        "characters outside the vocabulary are dropped by the runtime without a word; here they become " +
        (special.unk >= 0 ? tokenizer.token_text(special.unk) : std::string("nothing")));
  const Vocabulary vocabulary = read_vocabulary(tokenizer, rows, kind);
  file.set_string("tokenizer.ggml.model", kind == "wordpiece" ? "bert" : "gpt2");
  file.set_string("tokenizer.ggml.pre", kind == "wordpiece" ? "default" : "gpt-2");
  file.set_strings("tokenizer.ggml.tokens", vocabulary.tokens);
  file.set_i32s("tokenizer.ggml.token_type", vocabulary.types);
  if (kind != "wordpiece") file.set_strings("tokenizer.ggml.merges", vocabulary.merges);
  if (kind == "wordpiece" && type_of(content, "normalizer") == "BertNormalizer")
    file.set_bool("tokenizer.ggml.normalizer.lowercase", content["normalizer"].value("lowercase", true));

  // A masked model's text stands between [CLS] and [SEP]; the runtime calls adding them bos and eos.
  write_id(file, "bos_token_id", masked ? special.cls : special.bos);
  write_id(file, "eos_token_id", masked ? special.sep : special.eos);
  write_id(file, "unknown_token_id", special.unk);
  write_id(file, "padding_token_id", special.pad);
  write_id(file, "cls_token_id", special.cls);
  write_id(file, "seperator_token_id", special.sep);  // spelt so in llama.cpp
  write_id(file, "mask_token_id", special.mask);
  file.set_bool("tokenizer.ggml.add_bos_token", masked);
  file.set_bool("tokenizer.ggml.add_eos_token", masked);
  const auto chat = tokenizer.config_json().find("chat_template");
  if (chat != tokenizer.config_json().end() && chat->is_string())
    file.set_string("tokenizer.chat_template", chat->get<std::string>());
}

}  // namespace seedling
