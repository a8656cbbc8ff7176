// The tokenizer as tokenizer.json describes it, step by step:
//
//   text -> added tokens cut out -> normalizer -> pre-tokenizer -> model -> ids        (encode)
//   ids -> token texts -> decoder -> text                                             (decode)
//
// reader.cpp fills in PipelineParts from the JSON; this is what runs. Called through the Tokenizer interface.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/vocabulary.h"
#include "tokenizer/word_model.h"

namespace seedling {

enum class PreTokenizer { kNone, kGpt2, kBert };
enum class Decoder { kSpaces, kByteLevel, kFuse, kWordPiece };

struct PipelineParts {
  nlohmann::json tokenizer_json, config_json;
  std::string kind;
  SpecialTokens special;

  Vocabulary vocabulary;  // of the model, and the added tokens
  std::vector<AddedToken> added;
  std::optional<BertNormalizer> normalizer;
  PreTokenizer pre_tokenizer = PreTokenizer::kNone;
  bool add_prefix_space = false;
  std::unique_ptr<WordModel> model;
  bool plain_bpe = false;  // BPE by the merges alone, without ignore_merges and fuse_unk
  Decoder decoder = Decoder::kSpaces;
  std::string continuing_prefix;  // of WordPiece tokens inside a word
  bool cleanup = false;           // WordPiece's decoder: no space before punctuation
};

class PipelineTokenizer : public Tokenizer {
 public:
  explicit PipelineTokenizer(PipelineParts parts);

  std::vector<int32_t> encode(std::string_view text) const override;
  std::vector<int32_t> encode_with_offsets(std::string_view text,
                                           std::vector<std::pair<size_t, size_t>>& offsets) const override;
  std::string decode(const std::vector<int32_t>& ids, bool skip_special) const override;
  std::string token_bytes(int32_t id) const override;
  std::string token_text(int32_t id) const override { return parts_.vocabulary.token(id); }
  int32_t token_id(std::string_view token) const override { return parts_.vocabulary.find(token); }
  int64_t vocab_size() const override { return static_cast<int64_t>(parts_.vocabulary.tokens().size()); }
  const SpecialTokens& special() const override { return parts_.special; }
  bool is_special(int32_t id) const override;
  bool starts_word(int32_t id) const override;
  std::string kind() const override { return parts_.kind; }
  const nlohmann::json& tokenizer_json() const override { return parts_.tokenizer_json; }
  const nlohmann::json& config_json() const override { return parts_.config_json; }

 private:
  struct Output;
  void encode_into(std::string_view text, Output& out) const;
  void encode_raw(std::string_view text, size_t start, Output& out) const;
  void encode_normalized(std::string_view text, Output& out) const;
  void encode_plain(std::string_view text, size_t start, Output& out) const;
  std::string decoded(int32_t id, bool first) const;

  PipelineParts parts_;
  AddedTokenMatcher raw_, normalized_;
  std::vector<bool> special_;  // by id
};

/// The tokenizer of the two files' contents; the one way in which every tokenizer is made (reader.cpp).
/// config_json null: written to suit. `place` is named in errors. Throws Error for whatever is broken or not
/// supported.
std::unique_ptr<Tokenizer> make_tokenizer(nlohmann::json tokenizer_json, nlohmann::json config_json,
                                          const std::string& place);

}  // namespace seedling
