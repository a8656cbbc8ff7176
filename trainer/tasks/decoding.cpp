// Greedy decoding, quoting and beam search: see decoding.h.
#include "tasks/decoding.h"

#include <algorithm>
#include <cmath>
#include <functional>
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

/// The next token of a member's text, from its logits (V).
using Choose = std::function<int32_t(size_t member, const float* logits)>;

/// Writes `members` of the prompts side by side.
void write_together(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                    const std::vector<size_t>& members, const DecodingOptions& options, const Choose& choose,
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
    writers.push_back({member, std::move(cache), choose(member, logits.data())});
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
    for (size_t i = 0; i < writers.size(); ++i) writers[i].newest = choose(writers[i].member, &logits[i * V]);
  }
}

/// Writes all prompts, some at a time.
std::vector<std::vector<int32_t>> write_all(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                            const DecodingOptions& options, const Choose& choose) {
  std::vector<std::vector<int32_t>> texts(prompts.size());
  for (size_t begin = 0; begin < prompts.size(); begin += kTogether) {
    std::vector<size_t> members(std::min(kTogether, prompts.size() - begin));
    std::iota(members.begin(), members.end(), begin);
    write_together(model, prompts, members, options, choose, texts);
  }
  return texts;
}

/// A quote being written: where in the source its next token may stand.
class Quoting {
 public:
  Quoting(const std::vector<int32_t>& source, int32_t end) : source_(source), end_(end) {
    for (size_t i = 0; i < source.size(); ++i) next_.push_back(i);
  }

  /// Takes the likeliest allowed token and its probability among the allowed ones.
  int32_t choose(const float* logits) {
    std::vector<int32_t> allowed = {end_};
    for (const size_t at : next_)
      if (at < source_.size()) allowed.push_back(source_[at]);
    std::sort(allowed.begin() + 1, allowed.end());
    allowed.erase(std::unique(allowed.begin() + 1, allowed.end()), allowed.end());
    const bool first = quote_.count == 0;
    double top = logits[end_], sum = 0.0;
    for (const int32_t id : allowed) top = std::max(top, static_cast<double>(logits[id]));
    for (const int32_t id : allowed) sum += std::exp(logits[id] - top);
    const auto probability = [&](int32_t id) { return std::exp(logits[id] - top) / sum; };
    int32_t best = end_;
    for (size_t i = 1; i < allowed.size(); ++i)
      if ((first && best == end_) || logits[allowed[i]] > logits[best]) best = allowed[i];
    if (first) quote_.nothing = probability(end_), quote_.probability = 1.0;
    quote_.probability *= probability(best);
    if (best != end_) take(best);
    return best;
  }
  const Quote& quote() const { return quote_; }

 private:
  void take(int32_t id) {
    std::vector<size_t> left;
    for (const size_t at : next_)
      if (at < source_.size() && source_[at] == id) left.push_back(at + 1);
    next_ = std::move(left);
    quote_.count += 1;
    quote_.first = next_.front() - quote_.count;
  }

  const std::vector<int32_t>& source_;
  int32_t end_;
  std::vector<size_t> next_;
  Quote quote_;
};

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
  if (options.beams <= 1)
    return write_all(model, prompts, options,
                     [&](size_t, const float* logits) { return best_of(logits, options.vocabulary); });
  std::vector<std::vector<int32_t>> texts;
  for (const std::vector<int32_t>& prompt : prompts) texts.push_back(beam_search(model, prompt, options));
  return texts;
}

std::vector<Quote> quote_all(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                             const std::vector<std::vector<int32_t>>& sources,
                             const DecodingOptions& options) {
  std::vector<Quoting> quoting;
  for (const std::vector<int32_t>& source : sources) quoting.emplace_back(source, options.end);
  write_all(model, prompts, options,
            [&](size_t member, const float* logits) { return quoting[member].choose(logits); });
  std::vector<Quote> quotes;
  for (const Quoting& each : quoting) quotes.push_back(each.quote());
  return quotes;
}

}  // namespace seedling
