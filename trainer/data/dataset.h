// From text to token files, and from token files to batches.
//
//   text (files, folders, named sets) -> documents -> train / validation -> token files (memory-mapped,
//   cached by content hash) -> windows -> Batch
//
// Loaders have no state: batch number i of a seed is a pure function, so a resumed or replayed run asks for
// the same number and gets the same batch. Each epoch is a keyed permutation of all windows: without
// replacement.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/batch.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// Memory-mapped ids of one split. Format: data/README.md.
class TokenFile {
 public:
  /// Throws Error naming the file if it is missing, truncated or not a token file.
  static std::shared_ptr<TokenFile> open(const std::filesystem::path& path);
  ~TokenFile();
  int64_t size() const;        // tokens
  int64_t text_bytes() const;  // UTF-8 bytes of the text they came from
  void read(int64_t begin, int64_t count, int32_t* ids) const;
  int32_t at(int64_t index) const;

 private:
  TokenFile() = default;
  struct Mapping;
  std::unique_ptr<Mapping> mapping_;
};

/// What --data, --tokenizer, --vocab-size and --objective ask for.
struct DataOptions {
  std::string data;               // FILE, DIR or NAME, or several with commas between
  std::string tokenizer = "bpe";  // char, byte, bpe, wordpiece or a file or folder
  int64_t vocab_size = 4096;      // 0: by the size of the text (vocabulary_for)
  bool masked = false;
  double validation_fraction = 0.1;  // of the documents; of the text's end where it is one document
  uint64_t seed = 1;                 // of generated training text (storyworld); nothing else depends on it
  int64_t size = 0;                  // bytes to generate (storyworld), 0 = default
  std::filesystem::path cache;       // empty = $XDG_CACHE_HOME/seedling or ~/.cache/seedling
  std::function<void(const std::string&)> say;  // progress, one line a call
};

/// A data set ready for training.
struct PreparedData {
  std::string name;
  std::string hash;  // SHA-256 of the content
  std::shared_ptr<Tokenizer> tokenizer;
  std::shared_ptr<TokenFile> train, validation;
  /// Bits a byte below which no model can get, where the data's true distribution is known (storyworld); else
  /// 0.
  double entropy_floor = 0.0;
  /// Count models held against the loss: [{"order": 1.., "nats_per_token", "bits_per_byte"}...].
  nlohmann::json rivals;
  /// A few beginnings of validation texts, for samples.
  std::vector<std::string> prompts;
};

/// The parts of a list with commas; a file or folder that exists under the whole name is one part.
std::vector<std::string> data_parts(const std::string& data);

/// Is it storyworld or the name of a recipe?
bool is_data_name(const std::string& data);

/// A subword vocabulary for a text of so many bytes: a token a kilobyte, from 512 to 4096 by powers of two.
/// Rarer tokens than that are seen too seldom to be learned, least of all by a masked model, which is asked
/// for 15 % of them.
int64_t vocabulary_for(uint64_t bytes);

/// Finds, checks, splits, tokenizes (training the tokenizer if asked) and caches. Throws Error/UsageError
/// with file, line and remedy: not UTF-8, empty, missing, folder without text.
PreparedData prepare_data(const DataOptions& options);

/// A keyed permutation of [0, n): image of i (Feistel network with cycle walking). No memory.
uint64_t permute(uint64_t i, uint64_t n, uint64_t key);

/// Windows of T + 1 tokens, shuffled anew each epoch. In one long text they do not overlap (but for one
/// token); in a text of documents each begins where a document begins (document_windows in windows.h).
class CausalLoader {
 public:
  /// `end`: the token behind each document; -1: one long text.
  CausalLoader(std::shared_ptr<TokenFile> tokens, int64_t T, uint64_t seed, int32_t end = -1);
  /// Batch number `index` (0, 1, ...), of B windows, of the endless sequence of epochs.
  Batch batch(int64_t index, int64_t B) const;
  int64_t windows() const;  // per epoch
 private:
  int64_t start(int64_t number) const;

  std::shared_ptr<TokenFile> tokens_;
  int64_t T_;
  uint64_t seed_;
  std::vector<int64_t> starts_;  // of windows that begin with documents; empty: one long text
};

/// Masked windows: [CLS] T - 2 tokens [SEP]; 15 % of the tokens are targets, of which 80 % become [MASK], 10
/// % a random token, 10 % stay (Devlin et al. 2019); with whole_words all tokens of a chosen word go
/// together.
class MaskedLoader {
 public:
  MaskedLoader(std::shared_ptr<TokenFile> tokens, std::shared_ptr<Tokenizer> tokenizer, int64_t B, int64_t T,
               uint64_t seed, bool whole_words);
  Batch batch(int64_t index) const;
  int64_t windows() const;

 private:
  std::shared_ptr<TokenFile> tokens_;
  std::shared_ptr<Tokenizer> tokenizer_;
  int64_t B_, T_;
  uint64_t seed_;
  bool whole_words_;
};

/// How the windows of an evaluation lie: side by side whatever stands there, or each from the beginning of a
/// document.
enum class WindowRule { side_by_side, by_document };

/// The whole of a token file in order, for evaluation: every token but the first is a target exactly once
/// (causal), in windows of T + 1 tokens that overlap by one, or that begin with documents and are cut short
/// where the next one begins; seeded 15 % masks, always the same (masked, whose windows always lie side by
/// side).
std::vector<Batch> evaluation_batches(const TokenFile& tokens, const Tokenizer& tokenizer, bool masked,
                                      int64_t B, int64_t T, int64_t limit_tokens = 0,
                                      WindowRule rule = WindowRule::side_by_side);

}  // namespace seedling
