// prepare_data: from what --data names to token files in the cache. See dataset.h and README.md of this
// folder.
#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "data/cache.h"
#include "data/ngram.h"
#include "data/prepare.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;

/// Raised whenever the same text and options would give other files.
constexpr int kPreparedVersion = 1;

/// The tokenizer that options.tokenizer names as a file or folder; null where it names a kind to train.
std::unique_ptr<Tokenizer> given_tokenizer(const DataOptions& options) {
  static const std::string kKinds[] = {"char", "byte", "bpe", "wordpiece"};
  if (std::find(std::begin(kKinds), std::end(kKinds), options.tokenizer) != std::end(kKinds)) return nullptr;
  std::error_code error;
  if (fs::exists(options.tokenizer, error)) return load_tokenizer(options.tokenizer);
  const std::string near = nearest_word(options.tokenizer, kKinds, std::size(kKinds));
  fail_usage("no such tokenizer: ", options.tokenizer,
             near.empty() ? "" : concat(" (did you mean ", near, "?)"),
             ". Give char, byte, bpe, wordpiece, or a tokenizer.json or the folder that holds it.");
}

/// Everything that the prepared files depend on.
nlohmann::json key_of(const Source& source, const DataOptions& options, const Tokenizer* given) {
  nlohmann::json tokenizer = {{"kind", options.tokenizer}, {"vocab_size", options.vocab_size}};
  if (given != nullptr) tokenizer = {{"sha256", sha256(given->tokenizer_json().dump(-1, ' ', true))}};
  return {{"version", kPreparedVersion},
          {"content", source.corpus.hash},
          {"validation_fraction", options.validation_fraction},
          {"masked", options.masked},
          {"tokenizer", tokenizer}};
}

PreparedData read_prepared(const fs::path& folder) {
  const nlohmann::json stored = read_json(folder / "prepared.json");
  PreparedData data;
  try {
    data.name = stored.at("name").get<std::string>();
    data.hash = stored.at("hash").get<std::string>();
    data.entropy_floor = stored.at("entropy_floor").get<double>();
    data.rivals = stored.at("rivals");
    data.prompts = stored.at("prompts").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    fail((folder / "prepared.json").string(), ": ", error.what());
  }
  data.tokenizer = load_tokenizer(folder);
  data.train = TokenFile::open(folder / "train.tok");
  data.validation = TokenFile::open(folder / "validation.tok");
  return data;
}

void make_prepared(const Source& source, const DataOptions& options, std::unique_ptr<Tokenizer> tokenizer,
                   const nlohmann::json& key, const fs::path& folder) {
  const Say say = options.say ? options.say : [](const std::string&) {};
  if (!tokenizer) tokenizer = train_on(source, options);
  save_tokenizer(*tokenizer, folder);
  say(concat("tokenizing ", source.corpus.bytes / 1000, " kB"));
  write_tokens(source.corpus, source.split.train, *tokenizer, folder / "train.tok");
  write_tokens(source.corpus, source.split.validation, *tokenizer, folder / "validation.tok");
  const auto train = TokenFile::open(folder / "train.tok");
  const auto validation = TokenFile::open(folder / "validation.tok");
  say(concat(train->size(), " training tokens, ", validation->size(), " validation tokens, ",
             source.split.by_documents ? "split by documents" : "the end of the text validates"));
  write_json_atomic(folder / "prepared.json",
                    {{"name", source.name},
                     {"hash", source.corpus.hash},
                     {"key", key},
                     {"entropy_floor", source.entropy_floor},
                     {"rivals", find_rivals(*train, *validation, *tokenizer, options.masked, say)},
                     {"prompts", find_prompts(source.corpus, source.split.validation, 4)}});
}

}  // namespace

nlohmann::json find_rivals(const TokenFile& train, const TokenFile& validation, const Tokenizer& tokenizer,
                           bool masked, const Say& say) {
  CountOptions options;
  options.say = say;
  nlohmann::json rivals = nlohmann::json::array();
  if (masked) {
    for (const MaskedScore& score : score_masked_counts(train, validation, tokenizer, options)) {
      rivals.push_back({{"order", std::string_view(score.name) == "unigram" ? 1 : 3},
                        {"name", score.name},
                        {"nats_per_token", score.nats_per_token},
                        {"accuracy", score.accuracy}});
    }
    return rivals;
  }
  for (const CountScore& score : score_ngrams(train, validation, tokenizer.vocab_size(), options)) {
    rivals.push_back({{"order", score.order},
                      {"nats_per_token", score.nats_per_token},
                      {"bits_per_byte", score.bits_per_byte}});
  }
  return rivals;
}

PreparedData prepare_data(const DataOptions& asked) {
  DataOptions options = asked;
  const fs::path cache = cache_folder(options.cache);
  const Source source = find_source(options, cache);
  if (options.vocab_size == 0) options.vocab_size = vocabulary_for(source.corpus.bytes);
  std::unique_ptr<Tokenizer> tokenizer = given_tokenizer(options);
  const nlohmann::json key = key_of(source, options, tokenizer.get());
  const fs::path folder = cache / "tokens" / sha256(key.dump()).substr(0, 32);
  fs::create_directories(folder.parent_path());
  const FolderLock lock(folder.string() + ".lock", options.say);
  if (fs::exists(folder)) {
    try {
      PreparedData data = read_prepared(folder);
      data.name = source.name;
      return data;
    } catch (const Error& error) {
      if (options.say) options.say(concat("making the cached tokens anew: ", error.what()));
    }
  }
  make_folder(folder, [&](const fs::path& aside) {
    make_prepared(source, options, std::move(tokenizer), key, aside);
  });
  PreparedData data = read_prepared(folder);
  data.name = source.name;
  return data;
}

}  // namespace seedling
