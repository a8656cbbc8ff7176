// From the JSON of tokenizer.json to a tokenizer, refusing by name whatever it cannot do exactly.
//
// Called by everything that makes a tokenizer: loading, older vocabulary files, training. Format: README.md.
#include "tokenizer/bpe.h"
#include "tokenizer/config.h"
#include "tokenizer/fields.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/wordpiece.h"

namespace seedling {
namespace {

using nlohmann::json;

constexpr int64_t kMostTokens = 1 << 22;

/// "type" of a section, "null" where the section is null or absent.
std::string type_of(const json& section, const std::string& place) {
  if (section.is_null()) return "null";
  if (!section.is_object() || !section.contains("type") || !section["type"].is_string())
    fail(place, " must be null or an object with a \"type\", not ", shown(section));
  return section["type"].get<std::string>();
}

void read_vocabulary(const json& vocab, const std::string& place, Vocabulary& vocabulary) {
  if (!vocab.is_object()) fail(place, " must be an object of tokens and ids, not ", shown(vocab));
  if (vocab.empty()) fail(place, " is empty");
  for (const auto& [token, value] : vocab.items()) {
    const bool counts =
        value.is_number_unsigned() || (value.is_number_integer() && value.get<int64_t>() >= 0);
    if (!counts || value.get<uint64_t>() >= static_cast<uint64_t>(kMostTokens))
      fail(place, ": the id of ", shown(token), " must be a whole number from 0 to ", kMostTokens - 1,
           ", not ", shown(value));
    const auto id = value.get<int32_t>();
    if (token.empty()) fail(place, ": an empty token (id ", id, ")");
    if (!vocabulary.token(id).empty())
      fail(place, ": id ", id, " is given twice, to ", shown(vocabulary.token(id)), " and ", shown(token));
    vocabulary.add(token, id);
  }
}

std::vector<Merge> read_merges(const json& merges, const std::string& place, const Vocabulary& vocabulary) {
  if (!merges.is_array()) fail(place, " must be a list, not ", shown(merges));
  std::vector<Merge> result;
  result.reserve(merges.size());
  for (const json& entry : merges) {
    std::string left, right;
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
      left = entry[0].get<std::string>();
      right = entry[1].get<std::string>();
    } else if (entry.is_string()) {  // the older form, "left right"
      const auto text = entry.get<std::string>();
      const size_t space = text.find(' ');
      if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
        fail(place, "[", result.size(), "] must be two tokens with a space between, not ", shown(entry));
      left = text.substr(0, space);
      right = text.substr(space + 1);
    } else {
      fail(place, "[", result.size(), "] must be a pair of tokens, not ", shown(entry));
    }
    const auto id = [&](const std::string& token) {
      const int32_t found = vocabulary.find(token);
      if (found < 0)
        fail(place, "[", result.size(), "] ", shown(entry), ": ", shown(token), " is not in the vocabulary");
      return found;
    };
    result.push_back({id(left), id(right), id(left + right)});
  }
  return result;
}

void read_added_tokens(const json& list, const std::string& place, PipelineParts& parts) {
  if (list.is_null()) return;
  if (!list.is_array()) fail(place, " must be a list, not ", shown(list));
  // Tokens that the model does not have take the ids after its own, in the order of the list.
  auto next = static_cast<int32_t>(parts.vocabulary.count());
  for (const json& entry : list) {
    Fields fields(entry, concat(place, "[", parts.added.size(), "]"));
    AddedToken token;
    token.content = fields.text("content", "");
    if (token.content.empty()) fail(fields.place(), ".content is missing or empty");
    token.single_word = fields.boolean("single_word", false);
    token.lstrip = fields.boolean("lstrip", false);
    token.rstrip = fields.boolean("rstrip", false);
    token.special = fields.boolean("special", false);
    token.normalized = fields.boolean("normalized", !token.special);
    const int64_t written = fields.integer("id", -1, 0, kMostTokens - 1);
    fields.finish();
    token.id = parts.vocabulary.find(token.content);
    const bool fresh = token.id < 0;
    if (fresh) token.id = next;
    if (written != token.id)
      fail(fields.place(), " gives ", shown(token.content), " the id ", written,
           ", but its place in the vocabulary is ", token.id);
    if (fresh) {
      if (!parts.vocabulary.token(next).empty()) fail(fields.place(), ": id ", next, " is already taken");
      parts.vocabulary.add(token.content, next++);
    }
    parts.added.push_back(std::move(token));
  }
}

void read_normalizer(const json& section, const std::string& place, PipelineParts& parts) {
  const std::string type = type_of(section, place);
  if (type == "null") return;
  if (type != "BertNormalizer")
    fail(place, ".type ", shown(type), " is not supported (only BertNormalizer or null)");
  Fields fields(section, place);
  fields.get("type");
  BertNormalizer normalizer;
  normalizer.clean_text = fields.boolean("clean_text", true);
  normalizer.handle_chinese_chars = fields.boolean("handle_chinese_chars", true);
  normalizer.lowercase = fields.boolean("lowercase", true);
  normalizer.strip_accents = fields.boolean("strip_accents", normalizer.lowercase);
  fields.finish();
  parts.normalizer = normalizer;
}

/// Returns whether pieces are bytes spelt in GPT-2's alphabet.
bool read_pre_tokenizer(const json& section, const std::string& place, PipelineParts& parts) {
  const std::string type = type_of(section, place);
  if (type == "Sequence" && section.contains("pretokenizers") && section["pretokenizers"].is_array() &&
      section["pretokenizers"].size() == 1)
    return read_pre_tokenizer(section["pretokenizers"][0], place + ".pretokenizers[0]", parts);
  if (type == "null") return false;
  Fields fields(section, place);
  fields.get("type");
  if (type == "BertPreTokenizer") {
    fields.finish();
    parts.pre_tokenizer = PreTokenizer::kBert;
    return false;
  }
  if (type != "ByteLevel")
    fail(place, ".type ", shown(type), " is not supported (only ByteLevel, BertPreTokenizer or null)");
  parts.add_prefix_space = fields.boolean("add_prefix_space", true);
  if (fields.boolean("use_regex", true)) parts.pre_tokenizer = PreTokenizer::kGpt2;
  fields.boolean("trim_offsets", true);  // concerns offsets inside the library only
  fields.finish();
  return true;
}

void read_decoder(const json& section, const std::string& place, PipelineParts& parts) {
  const std::string type = type_of(section, place);
  if (type == "null") return;
  Fields fields(section, place);
  fields.get("type");
  if (type == "ByteLevel") {
    parts.decoder = Decoder::kByteLevel;
    for (const char* key : {"add_prefix_space", "use_regex", "trim_offsets"}) fields.boolean(key, true);
  } else if (type == "Fuse") {
    parts.decoder = Decoder::kFuse;
  } else if (type == "WordPiece") {
    parts.decoder = Decoder::kWordPiece;
    parts.continuing_prefix = fields.text("prefix", "##");
    parts.cleanup = fields.boolean("cleanup", true);
  } else {
    fail(place, ".type ", shown(type), " is not supported (only ByteLevel, WordPiece, Fuse or null)");
  }
  fields.finish();
}

int32_t read_unknown(Fields& fields, const Vocabulary& vocabulary) {
  const std::string token = fields.text("unk_token", "");
  if (token.empty()) return -1;
  const int32_t id = vocabulary.find(token);
  if (id < 0) fail(fields.place(), ".unk_token ", shown(token), " is not in the vocabulary");
  return id;
}

void read_bpe(Fields& model, bool byte_level, PipelineParts& parts) {
  BpeSettings settings;
  settings.byte_level = byte_level;
  settings.unk = read_unknown(model, parts.vocabulary);
  settings.fuse_unk = model.boolean("fuse_unk", false);
  settings.ignore_merges = model.boolean("ignore_merges", false);
  model.expect("dropout", 0.0);
  model.expect("continuing_subword_prefix", "");
  model.expect("end_of_word_suffix", "");
  model.expect("byte_fallback", false);
  const std::vector<Merge> merges =
      read_merges(model.get("merges"), model.place() + ".merges", parts.vocabulary);
  parts.kind = !merges.empty() ? "bpe" : byte_level ? "byte" : "char";
  parts.plain_bpe = !settings.ignore_merges && !settings.fuse_unk;
  parts.model = std::make_unique<Bpe>(settings, parts.vocabulary.tokens(), merges);
}

void read_wordpiece(Fields& model, bool byte_level, PipelineParts& parts) {
  if (byte_level) fail(model.place(), ".type \"WordPiece\" after a ByteLevel pre_tokenizer is not supported");
  const int32_t unk = read_unknown(model, parts.vocabulary);
  if (unk < 0) fail(model.place(), ".unk_token is missing");
  const std::string prefix = model.text("continuing_subword_prefix", "##");
  const int64_t longest = model.integer("max_input_chars_per_word", 100, 0, 1 << 30);
  if (parts.decoder != Decoder::kWordPiece) parts.continuing_prefix = prefix;
  parts.kind = "wordpiece";
  parts.model = std::make_unique<WordPiece>(parts.vocabulary.tokens(), prefix, unk, longest);
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(json tokenizer_json, json config_json, const std::string& place) {
  PipelineParts parts;
  Fields top(tokenizer_json, place);
  top.expect("version", "1.0");
  read_normalizer(top.get("normalizer"), place + ": normalizer", parts);
  const bool byte_level = read_pre_tokenizer(top.get("pre_tokenizer"), place + ": pre_tokenizer", parts);
  read_decoder(top.get("decoder"), place + ": decoder", parts);
  type_of(top.get("post_processor"),
          place + ": post_processor");  // adds special tokens, which encode never does

  Fields model(top.get("model"), place + ": model");
  const std::string type = model.text("type", model.get("merges").is_null() ? "" : "BPE");
  if (type != "BPE" && type != "WordPiece")
    fail(place, ": model.type ", shown(type), " is not supported (only BPE and WordPiece)");
  read_vocabulary(model.get("vocab"), place + ": model.vocab", parts.vocabulary);
  if (type == "BPE")
    read_bpe(model, byte_level, parts);
  else
    read_wordpiece(model, byte_level, parts);
  model.finish();
  read_added_tokens(top.get("added_tokens"), place + ": added_tokens", parts);

  if (config_json.is_null()) config_json = suitable_config(parts);
  parts.special = find_special_tokens(config_json, parts.vocabulary, place);
  parts.config_json = std::move(config_json);
  parts.tokenizer_json = std::move(tokenizer_json);
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace seedling
