// Training batches as pure functions of (seed, number): see dataset.h.
//
// Batch `index` holds the windows numbered index B ... index B + B - 1 of an endless row of epochs. Each
// epoch visits every window once, in the order of a keyed permutation. In one long text it begins its windows
// at another phase, so that the cuts between windows do not always fall on the same tokens; in a text of
// documents they begin where documents do.
#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/masking.h"
#include "data/windows.h"

namespace seedling {

uint64_t permute(uint64_t i, uint64_t n, uint64_t key) {
  require(i < n, "permute: index out of range");
  // A Feistel network permutes the numbers of 2 h bits; those that land outside [0, n) walk on until they are
  // inside (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). At most three in four are
  // outside.
  const int half = std::max(1, (static_cast<int>(std::bit_width(n - 1)) + 1) / 2);
  const uint64_t mask = (uint64_t{1} << half) - 1;
  do {
    uint64_t left = i >> half, right = i & mask;
    for (uint64_t round = 0; round < 6; ++round) {
      const uint64_t mixed = left ^ (derive_key(key + round, right) & mask);
      left = right;
      right = mixed;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

Windows::Windows(int64_t size, int64_t stride, int64_t extra, uint64_t seed) : stride_(stride), seed_(seed) {
  require(stride > 0 && size >= stride + extra, "Windows: text shorter than one window");
  // All T phases of a long text leave room for count_ windows; a text of less than two windows has fewer
  // phases.
  count_ = std::max<int64_t>(1, (size - extra - stride + 1) / stride);
  phases_ = std::min<int64_t>(stride, size - extra - count_ * stride + 1);
}

int64_t Windows::start(int64_t number) const {
  const uint64_t epoch = static_cast<uint64_t>(number / count_);
  const uint64_t key = derive_key(seed_, epoch);
  const int64_t phase = static_cast<int64_t>(Random(key).below(static_cast<uint64_t>(phases_)));
  const uint64_t window =
      permute(static_cast<uint64_t>(number % count_), static_cast<uint64_t>(count_), derive_key(key, 1));
  return phase + static_cast<int64_t>(window) * stride_;
}

DocumentWindows document_windows(const TokenFile& tokens, int32_t end, int64_t T) {
  require(T > 0, "document_windows: impossible size");
  constexpr int64_t kBlock = 1 << 16;
  DocumentWindows windows{{0}};
  std::vector<int64_t>& starts = windows.starts;
  std::vector<int32_t> block;
  int64_t document = 0;                              // where the last document seen begins
  const auto go_on_before = [&](int64_t position) {  // windows that must end before `position` is read
    while (position - starts.back() >= T)
      starts.push_back(document > starts.back() ? document : starts.back() + T);
  };
  for (int64_t begin = 0; begin < tokens.size(); begin += kBlock) {
    block.resize(static_cast<size_t>(std::min(kBlock, tokens.size() - begin)));
    tokens.read(begin, static_cast<int64_t>(block.size()), block.data());
    for (size_t i = 0; i < block.size(); ++i) {
      if (block[i] != end) continue;
      const int64_t position = begin + static_cast<int64_t>(i);
      go_on_before(position);
      document = position;
      ++windows.documents;
    }
  }
  go_on_before(tokens.size() - 1);  // the last token is only ever a target
  return windows;
}

namespace {

/// Documents of more windows than this on average are trained on as one long text.
constexpr int64_t kLongDocument = 4;

/// Throws where not even one window of `needed` tokens fits.
void check_length(const TokenFile& tokens, int64_t needed, int64_t T) {
  if (T < 1) fail_usage("a context length of ", T, " is impossible; give --context-length 1 or more");
  if (tokens.size() < needed) {
    fail_usage("the training text has ", tokens.size(), " tokens, fewer than the ", needed,
               " that one window of context length ", T,
               " needs. Give more text or a smaller --context-length.");
  }
}

}  // namespace

CausalLoader::CausalLoader(std::shared_ptr<TokenFile> tokens, int64_t T, uint64_t seed, int32_t end)
    : tokens_(std::move(tokens)), T_(T), seed_(seed) {
  check_length(*tokens_, T + 1, T);
  if (end < 0) return;
  DocumentWindows windows = document_windows(*tokens_, end, T);
  if (windows.documents * kLongDocument * T < tokens_->size())
    return;  // few long ones: new cuts each epoch do more
  starts_ = std::move(windows.starts);
  while (starts_.back() + T >= tokens_->size()) {  // the text's end: a window further to the left
    starts_.back() = tokens_->size() - 1 - T;
    if (starts_.size() > 1 && starts_[starts_.size() - 2] >= starts_.back()) starts_.pop_back();
  }
}

int64_t CausalLoader::windows() const {
  return starts_.empty() ? Windows(tokens_->size(), T_, 1, seed_).count()
                         : static_cast<int64_t>(starts_.size());
}

int64_t CausalLoader::start(int64_t number) const {
  if (starts_.empty()) return Windows(tokens_->size(), T_, 1, seed_).start(number);
  const uint64_t count = starts_.size(), at = static_cast<uint64_t>(number);
  return starts_[permute(at % count, count, derive_key(derive_key(seed_, at / count), 1))];
}

Batch CausalLoader::batch(int64_t index, int64_t B) const {
  Batch batch;
  batch.B = B;
  batch.T = T_;
  batch.tokens.resize(static_cast<size_t>(B * T_));
  batch.targets.resize(static_cast<size_t>(B * T_));
  for (int64_t b = 0; b < B; ++b) {
    const int64_t first = start(index * B + b);
    tokens_->read(first, T_, batch.tokens.data() + b * T_);
    tokens_->read(first + 1, T_, batch.targets.data() + b * T_);
  }
  return batch;
}

MaskedLoader::MaskedLoader(std::shared_ptr<TokenFile> tokens, std::shared_ptr<Tokenizer> tokenizer, int64_t B,
                           int64_t T, uint64_t seed, bool whole_words)
    : tokens_(std::move(tokens)),
      tokenizer_(std::move(tokenizer)),
      B_(B),
      T_(T),
      seed_(seed),
      whole_words_(whole_words) {
  if (T < 3) fail_usage("a masked model needs a --context-length of 3 or more, not ", T);
  check_masked_tokenizer(*tokenizer_);
  check_length(*tokens_, T - 2, T);
}

int64_t MaskedLoader::windows() const { return Windows(tokens_->size(), T_ - 2, 0, seed_).count(); }

Batch MaskedLoader::batch(int64_t index) const {
  const Windows windows(tokens_->size(), T_ - 2, 0, seed_);
  Batch batch = masked_batch(B_, T_, tokenizer_->special());
  for (int64_t b = 0; b < B_; ++b) {
    const int64_t number = index * B_ + b;
    const int64_t start = windows.start(number);
    fill_masked_row(batch, b, *tokens_, start, T_ - 2, *tokenizer_,
                    derive_key(derive_key(seed_, 0x3A5C), static_cast<uint64_t>(number)), whole_words_);
  }
  return batch;
}

}  // namespace seedling
