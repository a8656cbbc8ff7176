// Continuing a text, one token after the other.
//
// Up to the model's context the keys and values of earlier tokens are kept (KvCache), so each token costs one
// row. Past it the window slides: every further token is predicted from the last `context_length` tokens
// alone, which are run anew, because their positions (learned tables) and everything computed from the token
// that fell off have changed. That is slower by the window's length, and it is what nanoGPT and a model
// without a cache compute.
#include "generation/generator.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace seedling {
namespace {

constexpr size_t kCandidates = 10;

/// The end of `ids` that fits the model.
std::vector<int32_t> window_of(const std::vector<int32_t>& ids, int64_t context) {
  const size_t count = std::min(ids.size(), static_cast<size_t>(context));
  return {ids.end() - static_cast<std::ptrdiff_t>(count), ids.end()};
}

/// The logits after the last token, computed without any memory of earlier calls.
std::vector<float> full_pass(Model& model, std::vector<int32_t> window) {
  Batch batch;
  batch.B = 1, batch.T = static_cast<int64_t>(window.size());
  batch.tokens = std::move(window);
  const std::vector<float> all = model.logits(batch);  // (T, V)
  return {all.end() - model.config().vocab_size, all.end()};
}

/// Gives the logits after `ids` again and again while ids grows at its end.
class NextLogits {
 public:
  NextLogits(Model& model, bool use_cache, int64_t longest)
      : model_(model), context_(model.config().context_length) {
    if (use_cache) cache_ = model.make_cache(std::min(longest, context_));
  }

  std::vector<float> operator()(const std::vector<int32_t>& ids) {
    if (!cache_) return full_pass(model_, window_of(ids, context_));
    if (static_cast<int64_t>(ids.size()) > context_) {
      cache_->truncate(0);
      return model_.next_logits(window_of(ids, context_), *cache_);
    }
    return model_.next_logits({ids.begin() + cache_->length(), ids.end()}, *cache_);
  }

 private:
  Model& model_;
  int64_t context_;
  std::unique_ptr<KvCache> cache_;
};

/// The id at which the running sum of p passes u.
int32_t draw(const std::vector<float>& p, double u) {
  double sum = 0;
  int32_t last = 0;
  for (size_t id = 0; id < p.size(); ++id) {
    if (p[id] <= 0) continue;
    last = static_cast<int32_t>(id);
    sum += p[id];
    if (u < sum) break;
  }
  return last;
}

/// The most probable first; of equals the lowest id.
std::vector<std::pair<int32_t, float>> most_probable(const std::vector<float>& p) {
  std::vector<std::pair<int32_t, float>> most;
  for (size_t id = 0; id < p.size(); ++id) {
    if (p[id] <= 0 || (most.size() == kCandidates && p[id] <= most.back().second)) continue;
    const auto place =
        std::find_if(most.begin(), most.end(), [&](const auto& m) { return m.second < p[id]; });
    most.emplace(place, static_cast<int32_t>(id), p[id]);
    if (most.size() > kCandidates) most.pop_back();
  }
  return most;
}

int32_t beginning_token(const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special();
  if (special.bos >= 0) return special.bos;
  if (special.eos >= 0) return special.eos;  // GPT-2 separates documents by it: a document begins after one
  fail("this model's tokenizer has no beginning token, so an empty prompt says nothing. Give a prompt.");
}

}  // namespace

std::vector<int32_t> generate(Model& model, const Tokenizer& tokenizer, const std::vector<int32_t>& prompt,
                              const SamplingOptions& options, const TokenSink& sink) {
  const ModelConfig& config = model.config();
  if (!config.causal || config.head != HeadKind::language_model)
    fail("this model cannot generate text: it is a ", config.model_type,
         config.causal ? " with a head for another task. " : ", which fills masks. ",
         config.causal ? "Use `seedling predict`." : "Use `seedling fill` or `seedling predict`.");
  if (options.max_tokens < 0) fail_usage("--max-tokens is ", options.max_tokens, "; it must be 0 or more.");
  std::vector<int32_t> ids = prompt;
  if (ids.empty()) ids.push_back(beginning_token(tokenizer));
  const size_t given = ids.size();
  NextLogits next_logits(model, options.use_cache, static_cast<int64_t>(given) + options.max_tokens);
  for (int64_t count = 0; count < options.max_tokens; ++count) {
    const std::vector<float> p =
        sampling_distribution(next_logits(ids), ids, options, tokenizer.vocab_size());
    // One number a token, whatever the cache does: the same seed gives the same text.
    const int32_t id = draw(p, Random(options.seed, static_cast<uint64_t>(count)).uniform());
    if (id == tokenizer.special().eos) break;
    ids.push_back(id);
    if (sink && !sink({id, p[id], most_probable(p)})) break;
  }
  return {ids.begin() + static_cast<std::ptrdiff_t>(given), ids.end()};
}

}  // namespace seedling
