// Train and validation text. Called by prepare.cpp.
//
// Where there are documents, whole documents go to validation, chosen by a fixed key: a validation text is
// then never the continuation of a training text. One text is cut once: its first 90 % of characters train,
// its last 10 % validate (as nanoGPT cuts tiny Shakespeare). The split does not depend on --seed, so that
// losses of runs with different seeds compare.
#pragma once

#include "data/text.h"

namespace seedling {

struct Split {
  std::vector<Document> train, validation;  // in the order of the corpus
  bool by_documents = false;
};

/// Cuts the corpus. Throws UsageError if `fraction` is not between 0 and 1, Error if a side would be empty.
Split split_corpus(const Corpus& corpus, double fraction);

}  // namespace seedling
