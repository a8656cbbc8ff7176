// The steps of prepare_data, one function each. Called by prepare.cpp and by the tests.
#pragma once

#include "data/dataset.h"
#include "data/split.h"
#include "data/text.h"

namespace seedling {

/// Text found and split, ready to be tokenized.
struct Source {
  std::string name;
  Corpus corpus;
  Split split;
  double entropy_floor = 0;  // bits a byte of the validation text, where known
};

/// Resolves options.data: a known name (storyworld, a recipe), else a file or folder. Several are one corpus,
/// and what is known of each alone (storyworld's split and floor) no longer holds. Throws Error as
/// prepare_data.
Source find_source(const DataOptions& options, const std::filesystem::path& cache);

/// Encodes documents into a token file: the end token (eos, else [SEP]) behind each whole document where the
/// text has several; tokenizers without one get two line breaks between documents, where they have those.
void write_tokens(const Corpus& corpus, const std::vector<Document>& documents, const Tokenizer& tokenizer,
                  const std::filesystem::path& path);

/// The text as it is, for `evaluate`: a file's bytes from the first to the last (a <|endoftext|> in it is
/// encoded as the tokenizer does), nothing trimmed or added. A folder is encoded as for training. Throws
/// Error as open_corpus.
void write_raw_tokens(const std::filesystem::path& text, const Tokenizer& tokenizer,
                      const std::filesystem::path& scratch, const std::filesystem::path& path);

/// Up to `count` beginnings of documents, some words each; of one long text, beginnings of lines.
std::vector<std::string> find_prompts(const Corpus& corpus, const std::vector<Document>& documents,
                                      size_t count);

/// Trains what options.tokenizer names on the training text (characters: on all of the text, as nanoGPT
/// does).
std::unique_ptr<Tokenizer> train_on(const Source& source, const DataOptions& options);

/// Rivals as stored in PreparedData. Causal: {"order", "nats_per_token", "bits_per_byte"} for orders 1 to 5;
/// masked:
/// {"order": 1 or 3, "name", "nats_per_token", "accuracy"}.
nlohmann::json find_rivals(const TokenFile& train, const TokenFile& validation, const Tokenizer& tokenizer,
                           bool masked, const Say& say);

}  // namespace seedling
