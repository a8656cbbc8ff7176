// Training the tokenizer on the text at hand: a step of prepare_data, see prepare.h.
#include <algorithm>
#include <bit>

#include "base/error.h"
#include "data/prepare.h"

namespace seedling {

/// Bytes of text that a subword vocabulary is learned from; more changes it little and costs minutes.
constexpr uint64_t kTokenizerSample = 16'000'000;

int64_t vocabulary_for(uint64_t bytes) {
  const uint64_t kilobytes = std::clamp<uint64_t>(bytes / 1000, 512, 4096);
  return static_cast<int64_t>(std::bit_floor(kilobytes));
}

std::unique_ptr<Tokenizer> train_on(const Source& source, const DataOptions& options) {
  const bool characters = options.tokenizer == "char";
  const auto& documents = characters ? source.corpus.documents : source.split.train;
  uint64_t bytes = 0;
  for (const Document& document : documents) bytes += document.end - document.begin;
  // Every `stride`-th piece of the text, so that the sample has its share of all of it.
  const uint64_t stride = characters ? 1 : (bytes + kTokenizerSample - 1) / kTokenizerSample;
  if (options.say) {
    options.say(concat("training a ", options.tokenizer, " tokenizer on ",
                       bytes / std::max<uint64_t>(1, stride) / 1000, " kB",
                       stride > 1 ? concat(" (one piece in ", stride, " of the text)") : ""));
  }
  const TextSource text = [&](const std::function<void(std::string_view)>& consume) {
    uint64_t piece = 0;
    for_each_document(source.corpus, documents, [&](const Document&, std::string_view bytes) {
      constexpr size_t kPiece = 1 << 18;
      for (size_t begin = 0; begin < bytes.size();) {
        size_t end = std::min(bytes.size(), begin + kPiece);
        while (end < bytes.size() && bytes[end] != '\n' && end - begin < 2 * kPiece) ++end;
        while (end < bytes.size() && (bytes[end] & 0xC0) == 0x80) ++end;
        if (piece++ % stride == 0) consume(bytes.substr(begin, end - begin));
        begin = end;
      }
    });
  };
  return train_tokenizer({options.tokenizer, options.vocab_size, options.masked}, text);
}

}  // namespace seedling
