// Vocabularies in the files that came before tokenizer.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace seedling {

/// tokenizer.json of GPT-2's pair of files: `vocab` {token: id} and the text of merges.txt (vocab.bpe), one
/// merge a line in rank order. Throws Error that names the place.
nlohmann::json from_merges_file(const nlohmann::json& vocab, std::string_view merges,
                                const std::string& place);

/// tokenizer.json of BERT's vocab.txt, one token a line, the first with id 0. `config` is
/// tokenizer_config.json (do_lower_case, strip_accents, tokenize_chinese_chars) or null.
nlohmann::json from_vocab_file(std::string_view tokens, const nlohmann::json& config,
                               const std::string& place);

}  // namespace seedling
