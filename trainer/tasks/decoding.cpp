// Greedy and beam search: see decoding.h.
#include "tasks/decoding.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace seedling {

namespace {

/// Sequences that are written together.
constexpr size_t kTogether = 32;

int32_t best_of(const float* logits, int64_t vocabulary) {
  return static_cast<int32_t>(std::max_element(logits, logits + vocabulary) - logits);
}

int64_t budget(const Model& model, const std::vector<int32_t>& prompt, const DecodingOptions& options) {
  return std::min(options.max_tokens, model.config().context_length - static_cast<int64_t>(prompt.size()));
}

/// Writes `members` of the prompts side by side.
void greedy(Model& model, const std::vector<std::vector<int32_t>>& prompts,
            const std::vector<size_t>& members, const DecodingOptions& options,
            std::vector<std::vector<int32_t>>& texts) {
  struct Writer {
    size_t member;
    std::unique_ptr<KvCache> cache;
    int32_t newest;
  };
  std::vector<Writer> writers;
  const auto finish = [&](const Writer& writer) {
    const std::vector<int32_t>& text = texts[writer.member];
    return writer.newest == options.end ||
           static_cast<int64_t>(text.size()) >= budget(model, prompts[writer.member], options);
  };
  for (const size_t member : members) {
    const std::vector<int32_t>& prompt = prompts[member];
    if (budget(model, prompt, options) < 1) continue;
    auto cache = model.make_cache(static_cast<int64_t>(prompt.size()) + budget(model, prompt, options));
    const std::vector<float> logits = model.next_logits(prompt, *cache);
    writers.push_back({member, std::move(cache), best_of(logits.data(), options.vocabulary)});
  }
  while (!writers.empty()) {
    for (Writer& writer : writers)
      if (writer.newest != options.end) texts[writer.member].push_back(writer.newest);
    writers.erase(std::remove_if(writers.begin(), writers.end(), finish), writers.end());
    if (writers.empty()) break;
    std::vector<int32_t> tokens;
    std::vector<KvCache*> caches;
    for (const Writer& writer : writers)
      tokens.push_back(writer.newest), caches.push_back(writer.cache.get());
    const std::vector<float> logits = model.next_logits(tokens, caches);  // (writers, V)
    const auto V = static_cast<size_t>(model.config().vocab_size);
    for (size_t i = 0; i < writers.size(); ++i)
      writers[i].newest = best_of(&logits[i * V], options.vocabulary);
  }
}

struct Beam {
  std::vector<int32_t> text;
  double logp = 0.0;
  bool ended = false;
  /// Mean log probability, so that a longer text is not worse for being longer.
  double score() const { return logp / static_cast<double>(text.size() + (ended ? 1 : 0)); }
};

/// Beam search without caches: each step runs all beams as one batch.
std::vector<int32_t> beam_search(Model& model, const std::vector<int32_t>& prompt,
                                 const DecodingOptions& options) {
  std::vector<Beam> beams(1);
  const auto V = static_cast<size_t>(model.config().vocab_size);
  const int64_t most = budget(model, prompt, options);
  for (int64_t step = 0; step < most; ++step) {
    std::vector<Beam> candidates;
    Batch batch;
    for (const Beam& beam : beams) {
      if (beam.ended) {
        candidates.push_back(beam);
        continue;
      }
      batch.B += 1;
      batch.tokens.insert(batch.tokens.end(), prompt.begin(), prompt.end());
      batch.tokens.insert(batch.tokens.end(), beam.text.begin(), beam.text.end());
    }
    if (batch.B == 0) break;
    batch.T = static_cast<int64_t>(prompt.size()) + step;
    const std::vector<float> logits = model.logits(batch);  // (B T, V)
    size_t row = 0;
    for (const Beam& beam : beams) {
      if (beam.ended) continue;
      row += static_cast<size_t>(batch.T);
      const float* last = &logits[(row - 1) * V];
      const float top = *std::max_element(last, last + options.vocabulary);
      double sum = 0.0;
      std::vector<int32_t> order(static_cast<size_t>(options.vocabulary));
      std::iota(order.begin(), order.end(), 0);
      for (const int32_t id : order) sum += std::exp(static_cast<double>(last[id]) - top);
      const auto wanted = std::min<std::ptrdiff_t>(options.beams, options.vocabulary);
      std::partial_sort(order.begin(), order.begin() + wanted, order.end(),
                        [&](int32_t a, int32_t b) { return last[a] != last[b] ? last[a] > last[b] : a < b; });
      for (std::ptrdiff_t i = 0; i < wanted; ++i) {
        Beam next = beam;
        next.logp += static_cast<double>(last[order[i]]) - top - std::log(sum);
        next.ended = order[i] == options.end;
        if (!next.ended) next.text.push_back(order[i]);
        candidates.push_back(std::move(next));
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Beam& a, const Beam& b) { return a.score() > b.score(); });
    candidates.resize(std::min(candidates.size(), static_cast<size_t>(options.beams)));
    beams = std::move(candidates);
    if (std::all_of(beams.begin(), beams.end(), [](const Beam& beam) { return beam.ended; })) break;
  }
  return beams.front().text;
}

}  // namespace

std::vector<std::vector<int32_t>> decode_all(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                             const DecodingOptions& options) {
  std::vector<std::vector<int32_t>> texts(prompts.size());
  if (options.beams > 1) {
    for (size_t i = 0; i < prompts.size(); ++i) texts[i] = beam_search(model, prompts[i], options);
    return texts;
  }
  for (size_t begin = 0; begin < prompts.size(); begin += kTogether) {
    std::vector<size_t> members(std::min(kTogether, prompts.size() - begin));
    std::iota(members.begin(), members.end(), begin);
    greedy(model, prompts, members, options, texts);
  }
  return texts;
}

}  // namespace seedling
