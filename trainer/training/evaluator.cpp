// Sums the losses of all windows in order (see evaluator.h).
#include "training/evaluator.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "data/prepare.h"

namespace seedling {

namespace {

/// Tokens in one pass of evaluation: enough for every core, little enough for the cache.
constexpr int64_t kTokensInPass = 4096;

}  // namespace

double TextScore::perplexity() const { return std::exp(loss); }

double TextScore::bits_per_byte() const {
  if (text_bytes == 0) return 0.0;
  // Causal: `tokens` = all but the first, so this is the sum of the losses. Masked: the mean stands for every
  // token.
  const double predicted = static_cast<double>(std::max(tokens, text_tokens - 1));
  return loss * predicted / std::log(2.0) / static_cast<double>(text_bytes);
}

std::shared_ptr<TokenFile> tokenize_text(const std::filesystem::path& text, const Tokenizer& tokenizer) {
  std::string folder = (std::filesystem::temp_directory_path() / "seedling-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    fail(folder, ": no temporary folder can be made: ", std::strerror(errno),
         "; set TMPDIR to one that is writable");
  }
  /// The mapping keeps the bytes; the names can go at once.
  struct Remove {
    std::filesystem::path folder;
    ~Remove() {
      std::error_code error;
      std::filesystem::remove_all(folder, error);
    }
  } remove{folder};
  const std::filesystem::path file = remove.folder / "tokens";
  write_raw_tokens(text, tokenizer, remove.folder, file);
  return TokenFile::open(file);
}

TextScore evaluate_text(Model& model, const TokenFile& tokens, const Tokenizer& tokenizer, int64_t T,
                        WindowRule rule) {
  if (T == 0) T = model.config().context_length;
  const int64_t B = std::max<int64_t>(1, kTokensInPass / T);
  LossSum total;
  for (const Batch& batch : evaluation_batches(tokens, tokenizer, !model.config().causal, B, T, 0, rule)) {
    const LossSum part = model.evaluate(batch);
    total.sum += part.sum;
    total.count += part.count;
    total.correct += part.correct;
  }
  TextScore score;
  score.loss = total.mean();
  score.tokens = total.count;
  score.text_tokens = tokens.size();
  score.text_bytes = tokens.text_bytes();
  score.accuracy =
      total.count > 0 ? static_cast<double>(total.correct) / static_cast<double>(total.count) : 0.0;
  return score;
}

}  // namespace seedling
