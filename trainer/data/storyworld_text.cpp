// The embedded default data as text files: see storyworld_text.h.
#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "data/cache.h"
#include "data/storyworld_text.h"
#include "datasets/storyworld/storyworld.h"

namespace seedling {
namespace {

namespace fs = std::filesystem;

/// Whatever the seed, the same documents validate, so that losses of different seeds compare: those of this
/// seed's row from this number on. Training never gets so far.
constexpr uint64_t kValidationSeed = 1;
constexpr uint64_t kValidationFirst = uint64_t{1} << 40;

CorpusSize write_documents(const fs::path& path, uint64_t seed, uint64_t first, uint64_t bytes) {
  std::ofstream file(path, std::ios::binary);
  const CorpusSize size = stream_corpus(
      seed, first, bytes, [&](const Story& story) { file << story.text << "\n<|endoftext|>\n"; });
  if (!file.flush()) fail("cannot write ", path.string(), ": the disk may be full");
  return size;
}

}  // namespace

Source storyworld_source(const DataOptions& options, const fs::path& cache) {
  const int64_t wanted = options.size > 0 ? options.size : kStoryworldBytes;
  if (wanted < 10'000) fail_usage("storyworld needs a size of 10000 bytes or more, not ", wanted);
  const auto train_bytes = static_cast<uint64_t>(wanted);
  const uint64_t validation_bytes = std::clamp<uint64_t>(train_bytes / 64, 64'000, 256'000);
  const fs::path folder =
      cache / "datasets" / concat("storyworld-", kStoryworldVersion, "-", options.seed, "-", wanted);
  fs::create_directories(folder.parent_path());
  const FolderLock lock(folder.string() + ".lock", options.say);
  if (!fs::exists(folder / "corpus.json")) {
    if (options.say)
      options.say(concat("writing ", wanted / 1000, " kB of Storyworld (seed ", options.seed, ")"));
    make_folder(folder, [&](const fs::path& aside) {
      write_documents(aside / "train.txt", options.seed, 0, train_bytes);
      const CorpusSize size =
          write_documents(aside / "validation.txt", kValidationSeed, kValidationFirst, validation_bytes);
      write_json_atomic(aside / "corpus.json",
                        {{"entropy_floor", size.floor()}, {"validation_documents", size.documents}});
    });
  }
  Source source;
  source.name = "storyworld";
  source.entropy_floor = read_json(folder / "corpus.json").at("entropy_floor").get<double>();
  source.corpus = open_corpus(folder / "train.txt", cache / "unpacked", options.say);
  source.split.by_documents = true;
  source.split.train = source.corpus.documents;
  Corpus validation = open_corpus(folder / "validation.txt", cache / "unpacked", options.say);
  source.corpus.files.push_back(folder / "validation.txt");
  for (Document& document : validation.documents) {
    document.file = 1;
    source.split.validation.push_back(document);
  }
  source.corpus.documents.insert(source.corpus.documents.end(), source.split.validation.begin(),
                                 source.split.validation.end());
  source.corpus.bytes += validation.bytes;
  source.corpus.hash = sha256(source.corpus.hash + validation.hash);
  return source;
}

}  // namespace seedling
