// The whole of a token file as batches, for evaluation: see dataset.h.
//
// Causal: window i predicts tokens [i T + 1, i T + T] from [i T, i T + T - 1], so windows of T + 1 tokens
// overlap by one and every token but the file's first is a target exactly once. By document: window i reads
// from the beginning of a document, and its targets end where window i + 1 begins, so that no token is scored
// twice. Masked: windows of T - 2 tokens follow each other and are masked with a key that depends on nothing
// but the window's number.
#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/masking.h"
#include "data/windows.h"

namespace seedling {
namespace {

constexpr uint64_t kMaskKey = 0x0E7A1;

/// The windows to take: all, or `limit / stride` of them spread evenly over the file.
std::vector<int64_t> chosen_windows(int64_t count, int64_t stride, int64_t limit) {
  int64_t taken = count;
  if (limit > 0) taken = std::clamp<int64_t>((limit + stride - 1) / stride, 1, count);
  std::vector<int64_t> windows(static_cast<size_t>(taken));
  for (int64_t i = 0; i < taken; ++i) {
    windows[static_cast<size_t>(i)] = static_cast<int64_t>(static_cast<__int128>(i) * count / taken);
  }
  return windows;
}

/// Rows that read from starts[window] on and predict up to where the window after it begins.
Batch causal_rows(const TokenFile& tokens, const std::vector<int64_t>& starts, const int64_t* windows,
                  int64_t B, int64_t T, int32_t pad) {
  Batch batch;
  batch.B = B;
  batch.T = T;
  batch.tokens.assign(static_cast<size_t>(B * T), pad);
  batch.targets.assign(static_cast<size_t>(B * T), -1);
  for (int64_t b = 0; b < B; ++b) {
    const size_t window = static_cast<size_t>(windows[b]);
    const int64_t start = starts[window];
    const int64_t next = window + 1 < starts.size() ? starts[window + 1] : tokens.size() - 1;
    const int64_t count = next - start;
    tokens.read(start, count, batch.tokens.data() + b * T);
    tokens.read(start + 1, count, batch.targets.data() + b * T);
  }
  return batch;
}

}  // namespace

std::vector<Batch> evaluation_batches(const TokenFile& tokens, const Tokenizer& tokenizer, bool masked,
                                      int64_t B, int64_t T, int64_t limit_tokens, WindowRule rule) {
  require(B > 0 && T > 0 && (!masked || T > 2), "evaluation_batches: impossible sizes");
  const int64_t stride = masked ? T - 2 : T;
  const int64_t targets = masked ? tokens.size() : tokens.size() - 1;  // masked: candidates
  if (targets < 1)
    fail("the text to evaluate has ", tokens.size(), " tokens: nothing can be predicted in it");
  if (masked) check_masked_tokenizer(tokenizer);
  std::vector<int64_t> starts;
  if (!masked)
    starts =
        document_windows(tokens, rule == WindowRule::by_document ? tokenizer.special().eos : -1, T).starts;
  const int64_t count = masked ? (targets + stride - 1) / stride : static_cast<int64_t>(starts.size());
  const auto windows = chosen_windows(count, stride, limit_tokens);
  const int64_t total = static_cast<int64_t>(windows.size());
  std::vector<Batch> batches;
  for (int64_t first = 0; first < total; first += B) {
    const int64_t rows = std::min(B, total - first);
    if (!masked) {
      batches.push_back(causal_rows(tokens, starts, &windows[static_cast<size_t>(first)], rows, T,
                                    std::max(tokenizer.special().pad, 0)));
      continue;
    }
    Batch batch = masked_batch(rows, T, tokenizer.special());
    for (int64_t b = 0; b < rows; ++b) {
      const int64_t window = windows[static_cast<size_t>(first + b)];
      const int64_t start = window * stride;
      fill_masked_row(batch, b, tokens, start, std::min(stride, tokens.size() - start), tokenizer,
                      derive_key(kMaskKey, static_cast<uint64_t>(window)), false);
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace seedling
