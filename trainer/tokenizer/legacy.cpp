// Vocabularies in older files: see legacy.h.
#include "tokenizer/legacy.h"

#include "base/files.h"
#include "tokenizer/fields.h"
#include "tokenizer/sections.h"

namespace seedling {
namespace {

using nlohmann::json;

/// Calls visit(line, number from 1) for each line, without its line end.
template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  for (size_t at = 0, number = 1; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    visit(line, number);
    at = end + 1;
  }
}

void check_utf8(std::string_view text, const std::string& place) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) fail(place, ": not UTF-8 at byte ", invalid);
}

bool boolean(const json& config, const char* key, bool otherwise) {
  return config.is_object() && config.contains(key) && config[key].is_boolean() ? config[key].get<bool>()
                                                                                : otherwise;
}

}  // namespace

json from_merges_file(const json& vocab, std::string_view merges, const std::string& place) {
  check_utf8(merges, place);
  json pairs = json::array();
  for_each_line(merges, [&](std::string_view line, size_t number) {
    if (line.empty() || (number == 1 && line.substr(0, 8) == "#version")) return;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
      fail(place, ", line ", number, ": two tokens with a space between expected, found ", shown(json(line)));
    pairs.push_back(json::array({line.substr(0, space), line.substr(space + 1)}));
  });
  json model = bpe_section({}, {}, nullptr);
  model["vocab"] = vocab;
  model["merges"] = std::move(pairs);
  json result = tokenizer_sections(std::move(model));
  result["pre_tokenizer"] = result["decoder"] = byte_level_section();
  if (vocab.is_object() && vocab.contains(kEndOfText) && vocab[kEndOfText].is_number_integer())
    result["added_tokens"].push_back(special_token_section(kEndOfText, vocab[kEndOfText].get<int32_t>()));
  return result;
}

json from_vocab_file(std::string_view text, const json& config, const std::string& place) {
  check_utf8(text, place);
  json vocab = json::object();
  for_each_line(text, [&](std::string_view line, size_t number) {
    if (line.empty()) fail(place, ", line ", number, ": an empty token");
    const auto [entry, fresh] = vocab.emplace(line, number - 1);
    if (!fresh)
      fail(place, ", line ", number, ": the token ", shown(json(line)), " stands already in line ",
           entry->get<size_t>() + 1);
  });
  json model = wordpiece_section({});
  json result = tokenizer_sections(nullptr);
  for (const char* token : kMaskedTokens)
    if (vocab.contains(token))
      result["added_tokens"].push_back(special_token_section(token, vocab[token].get<int32_t>()));
  if (vocab.contains("[CLS]") && vocab.contains("[SEP]"))
    result["post_processor"] = template_section(vocab["[CLS]"].get<int32_t>(), vocab["[SEP]"].get<int32_t>());
  model["vocab"] = std::move(vocab);
  result["model"] = std::move(model);
  const json strip =
      config.is_object() && config.contains("strip_accents") ? config["strip_accents"] : json(nullptr);
  result["normalizer"] = bert_normalizer_section(boolean(config, "do_lower_case", true), strip,
                                                 boolean(config, "tokenize_chinese_chars", true));
  result["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  result["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  return result;
}

}  // namespace seedling
