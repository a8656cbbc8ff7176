// Training a tokenizer of each kind: see tokenizer.h. The result is written as tokenizer.json first and then
// read like any other, so what is trained here and what is loaded later cannot differ.
#include <algorithm>

#include "base/error.h"
#include "tokenizer/bpe_trainer.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/sections.h"
#include "tokenizer/unicode.h"
#include "tokenizer/word_counter.h"

namespace seedling {
namespace {

using nlohmann::json;

constexpr int64_t kMinPairCount = 2;       // a pair seen once says nothing about the next text
constexpr size_t kLargestAlphabet = 1000;  // WordPiece: the rarer characters become [UNK], as in the library
constexpr int64_t kLargestVocabulary = 1 << 20;

WordCounter count_words(WordCounter::Rule rule, const TextSource& text) {
  WordCounter counter(rule);
  text([&](std::string_view piece) { counter.consume(piece); });
  counter.finish();
  return counter;
}

std::vector<std::string> masked_tokens(bool masked) {
  if (!masked) return {};
  return {std::begin(kMaskedTokens), std::end(kMaskedTokens)};
}

void check_room(const TokenizerOptions& options, size_t needed, const std::string& what) {
  if (options.vocab_size < static_cast<int64_t>(needed))
    fail_usage("--vocab-size ", options.vocab_size, " is too small for a ", options.kind,
               " tokenizer: ", what, " need at least ", needed);
  if (options.vocab_size > kLargestVocabulary)
    fail_usage("--vocab-size ", options.vocab_size, " is too large (at most ", kLargestVocabulary, ")");
}

/// Adds the special tokens to the sections: the five of a masked model, or <|endoftext|>, which is the last
/// token.
void add_special_tokens(json& sections, const std::vector<std::string>& tokens, bool masked,
                        bool mask_takes_space) {
  json& added = sections["added_tokens"];
  if (!masked)
    return added.push_back(special_token_section(kEndOfText, static_cast<int32_t>(tokens.size() - 1)));
  for (int32_t id = 0; id < 5; ++id)
    added.push_back(special_token_section(kMaskedTokens[id], id, id == 4 && mask_takes_space));
  sections["post_processor"] = template_section(2, 3);
}

/// "bpe", and "byte", which is the same without merges.
json train_byte_level(const TokenizerOptions& options, const TextSource& text) {
  std::vector<std::string> tokens = masked_tokens(options.masked);
  const auto first_byte = static_cast<int32_t>(tokens.size());
  int32_t byte_ids[256];
  for (int n = 0; n < 256; ++n) {
    byte_ids[nth_byte(n)] = first_byte + n;
    tokens.push_back(spell_bytes(std::string(1, static_cast<char>(nth_byte(n)))));
  }
  std::vector<Merge> merges;
  if (options.kind == "bpe") {
    const size_t last = options.masked ? 0 : 1;  // room for <|endoftext|>
    check_room(options, tokens.size() + last, "the 256 bytes and the special tokens");
    const WordCounter counter = count_words(WordCounter::Rule::kGpt2, text);
    CountedWords words;
    std::vector<int32_t> row;
    for (size_t w = 0; w < counter.words().size(); ++w) {
      row.clear();
      for (const char b : counter.words().key(static_cast<int32_t>(w)))
        row.push_back(byte_ids[static_cast<unsigned char>(b)]);
      words.add(row, counter.counts()[w]);
    }
    merges = learn_merges(tokens, std::move(words), options.vocab_size - static_cast<int64_t>(last),
                          kMinPairCount, "");
  }
  if (!options.masked) tokens.emplace_back(kEndOfText);
  json sections = tokenizer_sections(bpe_section(tokens, merges, nullptr));
  sections["pre_tokenizer"] = sections["decoder"] = byte_level_section();
  // "a [MASK]" asks for a token such as " b", so the mask takes the space; a byte or character is itself
  // alone.
  add_special_tokens(sections, tokens, options.masked, options.kind == "bpe");
  return sections;
}

/// Every character of the text, in the order of code points; what is not among them is <unk>.
json train_characters(const TokenizerOptions& options, const TextSource& text) {
  const WordCounter counter = count_words(WordCounter::Rule::kCharacters, text);
  std::vector<std::string> characters;
  for (size_t c = 0; c < counter.words().size(); ++c)
    characters.emplace_back(counter.words().key(static_cast<int32_t>(c)));
  std::sort(characters.begin(), characters.end());  // UTF-8 sorts as code points do
  std::vector<std::string> tokens = masked_tokens(options.masked);
  tokens.insert(tokens.end(), characters.begin(), characters.end());
  const std::string unknown = options.masked ? "[UNK]" : "<unk>";
  if (!options.masked) tokens.insert(tokens.end(), {unknown, kEndOfText});

  json sections = tokenizer_sections(bpe_section(tokens, {}, unknown));
  sections["decoder"] = {{"type", "Fuse"}};
  if (!options.masked)
    sections["added_tokens"].push_back(
        special_token_section(unknown, static_cast<int32_t>(tokens.size() - 2)));
  add_special_tokens(sections, tokens, options.masked, false);
  return sections;
}

/// The most frequent characters of the words, with "##" where they stand inside a word; sorted.
std::vector<std::string> wordpiece_alphabet(const WordCounter& counter) {
  StringTable characters;
  std::vector<int64_t> counts;
  std::vector<bool> begins, continues;
  for (size_t w = 0; w < counter.words().size(); ++w) {
    const std::string_view word = counter.words().key(static_cast<int32_t>(w));
    for (size_t at = 0, length; at < word.size(); at += length) {
      length = character_at(word, at).length;
      const auto c = static_cast<size_t>(characters.insert(word.substr(at, length)));
      if (c == counts.size()) counts.push_back(0), begins.push_back(false), continues.push_back(false);
      counts[c] += counter.counts()[w];
      (at == 0 ? begins : continues)[c] = true;
    }
  }
  std::vector<size_t> order(counts.size());
  for (size_t c = 0; c < order.size(); ++c) order[c] = c;
  const auto key = [&](size_t c) { return characters.key(static_cast<int32_t>(c)); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : key(a) < key(b);
  });
  order.resize(std::min(order.size(), kLargestAlphabet));
  std::vector<std::string> alphabet;
  for (const size_t c : order) {
    if (begins[c]) alphabet.emplace_back(key(c));
    if (continues[c]) alphabet.push_back("##" + std::string(key(c)));
  }
  std::sort(alphabet.begin(), alphabet.end());
  return alphabet;
}

json train_wordpiece(const TokenizerOptions& options, const TextSource& text) {
  const WordCounter counter = count_words(WordCounter::Rule::kBert, text);
  std::vector<std::string> tokens = masked_tokens(options.masked);
  if (!options.masked) tokens.emplace_back("[UNK]");
  const std::vector<std::string> alphabet = wordpiece_alphabet(counter);
  tokens.insert(tokens.end(), alphabet.begin(), alphabet.end());
  const size_t last = options.masked ? 0 : 1;
  check_room(options, tokens.size() + last,
             concat("the ", alphabet.size(), " letters of this text and the special tokens"));

  StringTable ids;
  for (const std::string& token : tokens) ids.insert(token);
  CountedWords words;
  std::vector<int32_t> row;
  for (size_t w = 0; w < counter.words().size(); ++w) {
    const std::string_view word = counter.words().key(static_cast<int32_t>(w));
    row.clear();
    for (size_t at = 0, length; at < word.size(); at += length) {
      length = character_at(word, at).length;
      const std::string symbol = (at == 0 ? "" : "##") + std::string(word.substr(at, length));
      row.push_back(ids.find(symbol));
    }
    // A word with a character outside the alphabet will be [UNK], whatever its other pieces.
    if (std::find(row.begin(), row.end(), -1) == row.end()) words.add(row, counter.counts()[w]);
  }
  learn_merges(tokens, std::move(words), options.vocab_size - static_cast<int64_t>(last), kMinPairCount,
               "##");
  if (!options.masked) tokens.emplace_back(kEndOfText);

  json sections = tokenizer_sections(wordpiece_section(tokens));
  sections["normalizer"] = bert_normalizer_section(true, nullptr, true);
  sections["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  sections["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  if (!options.masked) sections["added_tokens"].push_back(special_token_section("[UNK]", 0));
  add_special_tokens(sections, tokens, options.masked, false);
  return sections;
}

}  // namespace

std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerOptions& options, const TextSource& text) {
  json sections;
  if (options.kind == "bpe" || options.kind == "byte")
    sections = train_byte_level(options, text);
  else if (options.kind == "char")
    sections = train_characters(options, text);
  else if (options.kind == "wordpiece")
    sections = train_wordpiece(options, text);
  else
    fail_usage("tokenizer kind '", options.kind, "' is unknown; there are bpe, byte, char and wordpiece");
  return make_tokenizer(std::move(sections), nullptr, "the trained tokenizer");
}

}  // namespace seedling
