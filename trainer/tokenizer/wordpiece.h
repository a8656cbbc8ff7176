// WordPiece, the tokens of BERT (Schuster and Nakajima 2012; Devlin et al. 2018): from the left, the longest
// token that fits, again and again; tokens inside a word are spelt with "##" in front. A word with a rest
// that no token fits becomes one [UNK]. Called by the pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/string_table.h"
#include "tokenizer/word_model.h"

namespace seedling {

class WordPiece : public WordModel {
 public:
  /// tokens[id] as in tokenizer.json, "" for an unused id. A word longer than max_characters is unknown.
  WordPiece(const std::vector<std::string>& tokens, const std::string& continuing_prefix, int32_t unk,
            int64_t max_characters);

  void encode(std::string_view word, std::vector<Symbol>& out) const override;

 private:
  struct Side {
    StringTable table;
    std::vector<int32_t> ids;
    size_t longest = 0;
  };
  static void add(Side& side, std::string_view text, int32_t id);

  Side beginnings_, continuations_;  // the latter without their prefix
  int32_t unk_;
  int64_t max_characters_;
};

}  // namespace seedling
