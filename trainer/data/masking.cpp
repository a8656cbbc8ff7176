// Hiding tokens for the masked objective: see masking.h.
#include "data/masking.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace seedling {

void check_masked_tokenizer(const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special();
  if (special.cls < 0 || special.sep < 0 || special.mask < 0) {
    fail_usage(
        "this tokenizer lacks ",
        special.mask < 0  ? "[MASK]"
        : special.cls < 0 ? "[CLS]"
                          : "[SEP]",
        ", which the masked objective needs. Use a tokenizer made for it (--objective masked trains one).");
  }
}

Batch masked_batch(int64_t B, int64_t T, const SpecialTokens& special) {
  Batch batch;
  batch.B = B;
  batch.T = T;
  batch.tokens.assign(static_cast<size_t>(B * T), std::max(special.pad, 0));
  batch.targets.assign(static_cast<size_t>(B * T), -1);
  batch.lengths.assign(static_cast<size_t>(B), 0);
  return batch;
}

std::vector<int64_t> choose_masked(const std::vector<int32_t>& ids, const Tokenizer& tokenizer, uint64_t key,
                                   bool whole_words) {
  // Words as [begin, end); without whole_words each token is a word. Special tokens (document ends) are left
  // alone.
  std::vector<std::pair<int64_t, int64_t>> words;
  int64_t ordinary = 0;
  bool open = false;
  for (int64_t i = 0; i < static_cast<int64_t>(ids.size()); ++i) {
    const int32_t id = ids[static_cast<size_t>(i)];
    if (tokenizer.is_special(id)) {
      open = false;
      continue;
    }
    ++ordinary;
    if (whole_words && open && !tokenizer.starts_word(id)) {
      words.back().second = i + 1;
    } else {
      words.emplace_back(i, i + 1);
    }
    open = true;
  }
  const int64_t wanted =
      std::min(ordinary, std::max<int64_t>(1, std::llround(0.15 * static_cast<double>(ordinary))));
  Random random(key);
  std::vector<int64_t> chosen;
  for (size_t left = words.size(); left > 0 && static_cast<int64_t>(chosen.size()) < wanted; --left) {
    std::swap(words[random.below(left)], words[left - 1]);
    const auto [begin, end] = words[left - 1];
    const int64_t room = wanted - static_cast<int64_t>(chosen.size());
    if (end - begin > room) continue;
    for (int64_t i = begin; i < end; ++i) chosen.push_back(i);
  }
  if (chosen.empty() && !words.empty()) {  // every word is longer than the 15 %: take the last looked at
    for (int64_t i = words[0].first; i < words[0].second; ++i) chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

void fill_masked_row(Batch& batch, int64_t b, const TokenFile& tokens, int64_t start, int64_t count,
                     const Tokenizer& tokenizer, uint64_t key, bool whole_words) {
  const SpecialTokens& special = tokenizer.special();
  std::vector<int32_t> ids(static_cast<size_t>(count));
  tokens.read(start, count, ids.data());
  int32_t* row = batch.tokens.data() + b * batch.T;
  int32_t* targets = batch.targets.data() + b * batch.T;
  row[0] = special.cls;
  std::copy(ids.begin(), ids.end(), row + 1);
  row[count + 1] = special.sep;
  batch.lengths[static_cast<size_t>(b)] = static_cast<int32_t>(count + 2);
  Random random(derive_key(key, 1));
  for (const int64_t i : choose_masked(ids, tokenizer, key, whole_words)) {
    targets[i + 1] = ids[static_cast<size_t>(i)];
    const double draw = random.uniform();
    if (draw < 0.8) {
      row[i + 1] = special.mask;
    } else if (draw < 0.9) {
      int32_t id;
      do {
        id = static_cast<int32_t>(random.below(static_cast<uint64_t>(tokenizer.vocab_size())));
      } while (tokenizer.is_special(id));
      row[i + 1] = id;
    }
  }
}

}  // namespace seedling
