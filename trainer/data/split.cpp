// Train and validation text: see split.h.
#include "data/split.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/dataset.h"

namespace seedling {
namespace {

constexpr uint64_t kSplitKey = 0x5B117;

int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

/// Marks documents for validation in a keyed order until they hold `wanted` bytes; one that would overshoot
/// by more than it fills is passed over. Returns the bytes marked.
uint64_t choose(const std::vector<Document>& documents, double wanted, std::vector<bool>& chosen) {
  double bytes = 0;
  for (uint64_t i = 0; i < documents.size(); ++i) {
    const uint64_t at = permute(i, documents.size(), kSplitKey);
    const double size = static_cast<double>(documents[at].end - documents[at].begin);
    if (bytes + size / 2 > wanted) continue;
    chosen[at] = true;
    bytes += size;
  }
  return static_cast<uint64_t>(bytes);
}

/// Cuts the texts, seen as one, behind the first (1 - fraction) of their characters.
void cut(const Corpus& corpus, double fraction, Split& split) {
  int64_t characters = 0;
  for_each_document(corpus, corpus.documents,
                    [&](const Document&, std::string_view text) { characters += count_characters(text); });
  int64_t left = static_cast<int64_t>(static_cast<double>(characters) * (1.0 - fraction));
  for_each_document(corpus, corpus.documents, [&](const Document& document, std::string_view text) {
    size_t at = 0;
    while (at < text.size() && (left > 0 || (text[at] & 0xC0) == 0x80)) {
      if ((text[at] & 0xC0) != 0x80) --left;
      ++at;
    }
    const uint64_t middle = document.begin + at;
    if (at > 0) split.train.push_back({document.file, document.begin, middle, at == text.size()});
    if (at < text.size()) split.validation.push_back({document.file, middle, document.end, true});
  });
}

}  // namespace

Split split_corpus(const Corpus& corpus, double fraction) {
  if (!(fraction > 0.0 && fraction < 1.0)) {
    fail_usage("the validation fraction must lie between 0 and 1, not ", fraction);
  }
  Split split;
  const double wanted = fraction * static_cast<double>(corpus.bytes);
  std::vector<bool> chosen(corpus.documents.size(), false);
  const double share = static_cast<double>(choose(corpus.documents, wanted, chosen)) / wanted;
  // A few large documents cannot give a fair share: then the end of the text is cut off instead.
  split.by_documents = corpus.documents.size() > 1 && share >= 0.5 && share <= 2.0;
  if (split.by_documents) {
    for (size_t i = 0; i < corpus.documents.size(); ++i) {
      (chosen[i] ? split.validation : split.train).push_back(corpus.documents[i]);
    }
  } else {
    cut(corpus, fraction, split);
  }
  if (split.train.empty() || split.validation.empty()) {
    fail("the text is too short to be split into training and validation text (", corpus.bytes,
         " bytes). Give more text.");
  }
  return split;
}

}  // namespace seedling
