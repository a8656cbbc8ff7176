// Encoding and decoding: see pipeline.h.
#include "tokenizer/pipeline.h"

#include "base/error.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/unicode.h"

namespace seedling {

/// Where ids go, and how a place in the text at hand leads back to the caller's text.
struct PipelineTokenizer::Output {
  std::vector<int32_t>& ids;
  std::vector<std::pair<size_t, size_t>>* offsets;  // null where nobody asked
  size_t base = 0;                                  // place of the raw text at hand in the caller's text
  const std::vector<ByteSpan>* origin = nullptr;    // of its normalized form
  std::vector<Symbol> symbols{};                    // scratch

  void put(int32_t id, size_t begin, size_t end) {
    ids.push_back(id);
    if (offsets == nullptr) return;
    if (origin != nullptr && begin < end) {
      end = (*origin)[end - 1].end;
      begin = (*origin)[begin].begin;
    }
    offsets->emplace_back(base + begin, base + end);
  }
};

PipelineTokenizer::PipelineTokenizer(PipelineParts parts)
    : parts_(std::move(parts)), special_(parts_.vocabulary.tokens().size()) {
  std::vector<AddedToken> raw, normalized;
  for (const AddedToken& token : parts_.added) {
    if (token.special) special_[static_cast<size_t>(token.id)] = true;
    (token.normalized ? normalized : raw).push_back(token);
    if (token.normalized && parts_.normalizer)
      normalized.back().content = parts_.normalizer->normalize(token.content, false).text;
    if (token.normalized && normalized.back().content.empty()) normalized.pop_back();
  }
  raw_ = AddedTokenMatcher(std::move(raw));
  normalized_ = AddedTokenMatcher(std::move(normalized));
}

std::vector<int32_t> PipelineTokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3);
  Output out{ids, nullptr};
  encode_into(text, out);
  return ids;
}

std::vector<int32_t> PipelineTokenizer::encode_with_offsets(
    std::string_view text, std::vector<std::pair<size_t, size_t>>& offsets) const {
  std::vector<int32_t> ids;
  offsets.clear();
  Output out{ids, &offsets};
  encode_into(text, out);
  return ids;
}

/// First the tokens that are looked for in the text as it stands, then the rest of the text.
void PipelineTokenizer::encode_into(std::string_view text, Output& out) const {
  if (text.size() > 0xFFFF0000u)
    fail("a text of ", text.size(), " bytes is too long to encode at once; cut it");
  for (size_t at = 0, begin, end; at < text.size(); at = end) {
    const int32_t id = raw_.find(text, at, begin, end);
    out.base = 0;
    if (begin > at) encode_raw(text.substr(at, begin - at), at, out);
    out.base = 0;
    if (id >= 0) out.put(id, begin, end);
  }
}

void PipelineTokenizer::encode_raw(std::string_view text, size_t start, Output& out) const {
  out.base = start;
  if (!parts_.normalizer) return encode_normalized(text, out);
  const NormalizedText normalized = parts_.normalizer->normalize(text, out.offsets != nullptr);
  out.origin = &normalized.origin;
  encode_normalized(normalized.text, out);
  out.origin = nullptr;
}

void PipelineTokenizer::encode_normalized(std::string_view text, Output& out) const {
  for (size_t at = 0, begin, end; at < text.size(); at = end) {
    const int32_t id = normalized_.find(text, at, begin, end);
    if (begin > at) encode_plain(text.substr(at, begin - at), at, out);
    if (id >= 0) out.put(id, begin, end);
  }
}

/// Text without added tokens, which stands at `start` of the normalized text.
void PipelineTokenizer::encode_plain(std::string_view text, size_t start, Output& out) const {
  std::string prefixed;
  size_t prefix = 0;
  if (parts_.add_prefix_space && text[0] != ' ') {
    prefixed = " " + std::string(text);
    text = prefixed;
    prefix = 1;
  }
  for (size_t begin = 0, end = 0; end < text.size();) {
    begin = end;
    if (parts_.pre_tokenizer == PreTokenizer::kGpt2)
      end = gpt2_piece_end(text, begin);
    else if (parts_.pre_tokenizer == PreTokenizer::kNone)
      end = text.size();
    else if (!next_bert_word(text, begin, begin, end))
      break;
    out.symbols.clear();
    parts_.model->encode(text.substr(begin, end - begin), out.symbols);
    for (const Symbol& symbol : out.symbols) {
      const size_t from = begin + symbol.begin, to = begin + symbol.end;
      out.put(symbol.id, start + std::max(from, prefix) - prefix, start + std::max(to, prefix) - prefix);
    }
  }
}

std::string PipelineTokenizer::decode(const std::vector<int32_t>& ids, bool skip_special) const {
  std::string text;
  bool first = true;
  for (const int32_t id : ids) {
    if (parts_.vocabulary.token(id).empty() || (skip_special && is_special(id))) continue;
    text += decoded(id, first);
    first = false;
  }
  return text;
}

std::string PipelineTokenizer::token_bytes(int32_t id) const { return decoded(id, false); }

/// WordPiece's cleanup: what the library's decoder does to each token, in its order.
static std::string clean_up(std::string text) {
  static constexpr std::string_view kRules[][2] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kRules)
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  return text;
}

std::string PipelineTokenizer::decoded(int32_t id, bool first) const {
  std::string text = token_text(id);
  switch (parts_.decoder) {
    case Decoder::kByteLevel:
      unspell_bytes(text, text);  // an added token with other characters stands for itself
      return text;
    case Decoder::kFuse:
      return text;
    case Decoder::kSpaces:
      return first ? text : " " + text;
    case Decoder::kWordPiece:
      if (!first) {
        const bool continues =
            text.compare(0, parts_.continuing_prefix.size(), parts_.continuing_prefix) == 0;
        text = continues ? text.substr(parts_.continuing_prefix.size()) : " " + text;
      }
      return parts_.cleanup ? clean_up(text) : text;
  }
  return text;
}

bool PipelineTokenizer::is_special(int32_t id) const {
  return id >= 0 && id < vocab_size() && special_[static_cast<size_t>(id)];
}

/// A word begins with white space or with a character that is neither letter nor digit; WordPiece says it
/// itself.
bool PipelineTokenizer::starts_word(int32_t id) const {
  std::string text = token_text(id);
  if (text.empty() || is_special(id)) return true;
  if (parts_.kind == "wordpiece")
    return text.compare(0, parts_.continuing_prefix.size(), parts_.continuing_prefix);
  if (parts_.decoder == Decoder::kByteLevel) unspell_bytes(text, text);
  const uint32_t code = character_at(text, 0).code;
  return code != kInvalidByte && !(character_classes()[code] & (kLetter | kNumber));
}

}  // namespace seedling
