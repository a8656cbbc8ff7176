// The sections of a tokenizer.json: see sections.h.
#include "tokenizer/sections.h"

namespace seedling {
namespace {

using nlohmann::json;

json vocabulary_section(const std::vector<std::string>& tokens) {
  json vocabulary = json::object();
  for (size_t id = 0; id < tokens.size(); ++id)
    if (!tokens[id].empty()) vocabulary[tokens[id]] = id;
  return vocabulary;
}

json special(const char* name, int type) { return {{"SpecialToken", {{"id", name}, {"type_id", type}}}}; }
json sequence(const char* name, int type) { return {{"Sequence", {{"id", name}, {"type_id", type}}}}; }

}  // namespace

json special_token_section(const std::string& content, int32_t id, bool lstrip) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", lstrip},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

json byte_level_section() {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
}

json bert_normalizer_section(bool lowercase, const json& strip_accents, bool chinese) {
  return {{"type", "BertNormalizer"},
          {"clean_text", true},
          {"handle_chinese_chars", chinese},
          {"strip_accents", strip_accents},
          {"lowercase", lowercase}};
}

json template_section(int32_t cls, int32_t sep) {
  const json start = special("[CLS]", 0), end = special("[SEP]", 0), a = sequence("A", 0),
             b = sequence("B", 1);
  const auto described = [](const char* name, int32_t id) {
    return json{{"id", name}, {"ids", json::array({id})}, {"tokens", json::array({name})}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", json::array({start, a, end})},
          {"pair", json::array({start, a, end, b, special("[SEP]", 1)})},
          {"special_tokens", {{"[CLS]", described("[CLS]", cls)}, {"[SEP]", described("[SEP]", sep)}}}};
}

json bpe_section(const std::vector<std::string>& tokens, const std::vector<Merge>& merges,
                 const json& unk_token) {
  json pairs = json::array();
  for (const Merge& merge : merges)
    pairs.push_back(
        json::array({tokens[static_cast<size_t>(merge.left)], tokens[static_cast<size_t>(merge.right)]}));
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unk_token},
          {"continuing_subword_prefix", ""},
          {"end_of_word_suffix", ""},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", vocabulary_section(tokens)},
          {"merges", std::move(pairs)}};
}

json wordpiece_section(const std::vector<std::string>& tokens) {
  return {{"type", "WordPiece"},
          {"unk_token", "[UNK]"},
          {"continuing_subword_prefix", "##"},
          {"max_input_chars_per_word", 100},
          {"vocab", vocabulary_section(tokens)}};
}

json tokenizer_sections(json model) {
  return {{"version", "1.0"},          {"truncation", nullptr},
          {"padding", nullptr},        {"added_tokens", json::array()},
          {"normalizer", nullptr},     {"pre_tokenizer", nullptr},
          {"post_processor", nullptr}, {"decoder", nullptr},
          {"model", std::move(model)}};
}

}  // namespace seedling
