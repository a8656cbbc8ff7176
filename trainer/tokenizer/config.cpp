// tokenizer_config.json: see config.h.
//
// `transformers` 5 rebuilds the tokenizer for classes with a constructor of their own: GPT2Tokenizer keeps
// only vocab, merges, post_processor and added tokens, BertTokenizer only vocab and added tokens. Those two
// names are therefore written only where nothing else would be lost; PreTrainedTokenizerFast reads
// tokenizer.json as it is.
#include "tokenizer/config.h"

#include "tokenizer/fields.h"
#include "tokenizer/sections.h"

namespace seedling {
namespace {

using nlohmann::json;

/// A part a token can play, where its id goes, and its usual names in the order of preference.
struct Role {
  const char* key;
  int32_t SpecialTokens::*id;
  std::vector<const char*> names;
};

const std::vector<Role>& roles() {
  static const std::vector<Role> list = {
      {"bos_token", &SpecialTokens::bos, {kEndOfText, "<|begin_of_text|>", "<s>"}},
      {"eos_token", &SpecialTokens::eos, {kEndOfText, "<|end_of_text|>", "</s>"}},
      {"unk_token", &SpecialTokens::unk, {"[UNK]", "<unk>", kEndOfText}},
      {"pad_token", &SpecialTokens::pad, {"[PAD]", "<pad>"}},
      {"cls_token", &SpecialTokens::cls, {"[CLS]"}},
      {"sep_token", &SpecialTokens::sep, {"[SEP]"}},
      {"mask_token", &SpecialTokens::mask, {"[MASK]", "<mask>"}},
  };
  return list;
}

/// The first usual name that the vocabulary has, "" if it has none.
std::string usual_name(const Role& role, const Vocabulary& vocabulary) {
  for (const char* name : role.names)
    if (vocabulary.find(name) >= 0) return name;
  return "";
}

bool has_all(const Vocabulary& vocabulary, const char* const (&names)[5]) {
  for (const char* name : names)
    if (vocabulary.find(name) < 0) return false;
  return true;
}

bool is_standard_gpt2(const PipelineParts& parts) {
  return parts.plain_bpe && parts.decoder == Decoder::kByteLevel &&
         parts.pre_tokenizer == PreTokenizer::kGpt2 && !parts.add_prefix_space && !parts.normalizer &&
         parts.vocabulary.find(kEndOfText) >= 0 && parts.vocabulary.find("[MASK]") < 0;
}

bool is_standard_bert(const PipelineParts& parts) {
  return parts.kind == "wordpiece" && parts.normalizer && parts.normalizer->clean_text &&
         parts.pre_tokenizer == PreTokenizer::kBert && parts.decoder == Decoder::kWordPiece &&
         parts.cleanup && parts.continuing_prefix == "##" && has_all(parts.vocabulary, kMaskedTokens);
}

}  // namespace

json suitable_config(const PipelineParts& parts) {
  json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                 {"clean_up_tokenization_spaces", false},
                 {"add_prefix_space", parts.add_prefix_space}};
  if (is_standard_gpt2(parts)) config["tokenizer_class"] = "GPT2Tokenizer";
  if (is_standard_bert(parts)) {
    config["tokenizer_class"] = "BertTokenizer";
    config["do_lower_case"] = parts.normalizer->lowercase;
    config["tokenize_chinese_chars"] = parts.normalizer->handle_chinese_chars;
    const bool follows = parts.normalizer->strip_accents == parts.normalizer->lowercase;
    config["strip_accents"] = follows ? json(nullptr) : json(parts.normalizer->strip_accents);
  }
  for (const Role& role : roles())
    if (const std::string name = usual_name(role, parts.vocabulary); !name.empty()) config[role.key] = name;
  // Without this list `transformers` 5 gives pairs no token types, and 4 gives causal models types that they
  // misread.
  if (parts.vocabulary.find("[CLS]") >= 0)
    config["model_input_names"] = {"input_ids", "token_type_ids", "attention_mask"};
  else
    config["model_input_names"] = {"input_ids", "attention_mask"};
  return config;
}

SpecialTokens find_special_tokens(const json& config, const Vocabulary& vocabulary,
                                  const std::string& place) {
  if (!config.is_object())
    fail(place, ": its tokenizer_config.json must be a JSON object, not ", shown(config));
  SpecialTokens special;
  for (const Role& role : roles()) {
    const auto entry = config.find(role.key);
    if (entry == config.end()) {
      special.*role.id = vocabulary.find(usual_name(role, vocabulary));
      continue;
    }
    json name = *entry;  // a string, or an object with the token's options
    if (name.is_object() && name.contains("content")) name = json(name["content"]);
    if (name.is_null()) continue;
    if (!name.is_string())
      fail(place, ": ", role.key, " in its tokenizer_config.json must be a string, not ", shown(name));
    special.*role.id = vocabulary.find(name.get<std::string>());
  }
  return special;
}

}  // namespace seedling
