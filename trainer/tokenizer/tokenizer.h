// Text to ids and back, the same ids as Hugging Face's `tokenizers` library on the same tokenizer.json.
//
// A Tokenizer is immutable once made and may be used from several threads. Kinds: byte-level BPE (GPT-2
// style), bytes, characters, WordPiece, and the masked-model variants of the first with [PAD] [UNK] [CLS]
// [SEP] [MASK]. Files: tokenizer.json + tokenizer_config.json (interop facts in README.md of this folder).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

/// Ids of the special tokens; -1 where the tokenizer has none.
struct SpecialTokens {
  int32_t bos = -1, eos = -1, unk = -1, pad = -1, cls = -1, sep = -1, mask = -1;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids of the text, no special tokens added; special tokens written out in the text are recognised.
  virtual std::vector<int32_t> encode(std::string_view text) const = 0;
  /// The same, and for each id the byte range [begin, end) of `text` it came from (span question answering).
  virtual std::vector<int32_t> encode_with_offsets(std::string_view text,
                                                   std::vector<std::pair<size_t, size_t>>& offsets) const = 0;
  /// Text of the ids. Bytes of unfinished UTF-8 characters are passed through as they are.
  virtual std::string decode(const std::vector<int32_t>& ids, bool skip_special = true) const = 0;
  /// The bytes one id stands for when decoded in the middle of a text (streaming output).
  virtual std::string token_bytes(int32_t id) const = 0;
  /// The token as tokenizer.json spells it ("Ġthe").
  virtual std::string token_text(int32_t id) const = 0;
  /// Id of a token as spelt there; -1 if there is none.
  virtual int32_t token_id(std::string_view token) const = 0;

  virtual int64_t vocab_size() const = 0;
  virtual const SpecialTokens& special() const = 0;
  virtual bool is_special(int32_t id) const = 0;
  /// True where this token begins a word (whole-word masking).
  virtual bool starts_word(int32_t id) const = 0;
  /// "bpe", "byte", "char", "wordpiece".
  virtual std::string kind() const = 0;

  /// The exact content of the two files, so that saving what was loaded changes nothing.
  virtual const nlohmann::json& tokenizer_json() const = 0;
  virtual const nlohmann::json& config_json() const = 0;
};

/// What to train.
struct TokenizerOptions {
  std::string kind = "bpe";   // bpe, byte, char, wordpiece
  int64_t vocab_size = 4096;  // ignored by byte and char
  bool masked = false;        // adds [PAD] [UNK] [CLS] [SEP] [MASK] and the pair template
};

/// Calls the consumer with successive pieces of the training text (never splitting a UTF-8 character).
using TextSource = std::function<void(const std::function<void(std::string_view)>& consume)>;

/// Trains on the text; deterministic. Throws UsageError for impossible options (vocab_size too small).
std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerOptions& options, const TextSource& text);

/// Reads tokenizer.json (with tokenizer_config.json beside it when it is there), or a directory holding them,
/// or vocab.json + merges.txt, or vocab.txt. Throws Error naming file and reason (hostile files included).
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& file_or_directory);

/// Writes tokenizer.json and tokenizer_config.json, atomically.
void save_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& directory);

}  // namespace seedling
