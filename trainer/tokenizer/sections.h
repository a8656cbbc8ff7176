// The sections of a tokenizer.json as the `tokenizers` library writes them. Used where a tokenizer is made:
// by training (train.cpp) and for older vocabulary files (legacy.cpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tokenizer/bpe.h"

namespace seedling {

/// The token that begins and ends causal texts, GPT-2's.
inline constexpr const char* kEndOfText = "<|endoftext|>";
/// The five tokens of masked models, in the order of their ids.
inline constexpr const char* kMaskedTokens[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

/// An entry of added_tokens: special, matched in the raw text.
nlohmann::json special_token_section(const std::string& content, int32_t id, bool lstrip = false);
/// {"type": "ByteLevel"}, as pre-tokenizer and as decoder.
nlohmann::json byte_level_section();
nlohmann::json bert_normalizer_section(bool lowercase, const nlohmann::json& strip_accents, bool chinese);
/// [CLS] A [SEP], and [CLS] A [SEP] B [SEP] for pairs.
nlohmann::json template_section(int32_t cls, int32_t sep);
/// A BPE model; merges are written as pairs.
nlohmann::json bpe_section(const std::vector<std::string>& tokens, const std::vector<Merge>& merges,
                           const nlohmann::json& unk_token);
nlohmann::json wordpiece_section(const std::vector<std::string>& tokens);

/// The whole file around a model: every other section is null or empty.
nlohmann::json tokenizer_sections(nlohmann::json model);

}  // namespace seedling
