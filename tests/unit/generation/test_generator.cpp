// Generation with and without the cache, past the context, and its beginnings and ends; masks.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "base/error.h"
#include "generation/generator.h"
#include "unit/checkpoint/samples.h"

using namespace seedling;

namespace {

/// A tokenizer and a random model of its size; context 8.
struct Speaker {
  std::unique_ptr<Backend> backend = small_backend();
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Model> model;

  explicit Speaker(const std::string& arch, Objective objective = Objective::causal, int64_t padding = 0) {
    ModelConfig config = small_config(arch, objective);
    tokenizer = small_tokenizer(!config.causal);
    config.vocab_size = tokenizer->vocab_size() + padding;
    model = std::make_unique<Model>(config, *backend, false);
    scramble(*model, 6);
  }
  std::vector<int32_t> say(const std::vector<int32_t>& prompt, const SamplingOptions& options,
                           const TokenSink& sink = nullptr) {
    return generate(*model, *tokenizer, prompt, options, sink);
  }
};

SamplingOptions greedy(int64_t tokens) {
  SamplingOptions options;
  options.temperature = 0, options.max_tokens = tokens;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(generator)

BOOST_AUTO_TEST_CASE(the_cache_changes_no_token) {
  for (const char* arch : {"gpt2", "llama", "qwen3", "seedling"})
    for (float temperature : {0.0f, 1.0f})
      for (int64_t length : {1, 5, 8, 12}) {  // the context is 8: within it, at its end, past it
        BOOST_TEST_CONTEXT(arch << ' ' << temperature << ' ' << length) {
          Speaker speaker(arch);
          std::vector<int32_t> prompt(static_cast<size_t>(length));
          std::iota(prompt.begin(), prompt.end(), 70);
          SamplingOptions options = greedy(30);
          options.temperature = temperature, options.seed = 3;
          const auto cached = speaker.say(prompt, options);
          options.use_cache = false;
          BOOST_TEST(speaker.say(prompt, options) == cached);
        }
      }
}

BOOST_AUTO_TEST_CASE(past_the_context_the_last_tokens_alone_count) {
  Speaker speaker("gpt2");
  std::vector<int32_t> ids = {65, 66, 67};
  const std::vector<int32_t> said = speaker.say(ids, greedy(20));
  for (int32_t id : said) {
    Batch batch;
    batch.B = 1;
    batch.tokens.assign(ids.end() - std::min<std::ptrdiff_t>(8, static_cast<std::ptrdiff_t>(ids.size())),
                        ids.end());
    batch.T = static_cast<int64_t>(batch.tokens.size());
    const std::vector<float> logits = speaker.model->logits(batch);
    const int64_t V = speaker.model->config().vocab_size;
    const auto best = std::max_element(logits.end() - V, logits.end());
    BOOST_TEST(std::distance(logits.end() - V, best) == id);
    ids.push_back(id);
  }
}

BOOST_AUTO_TEST_CASE(the_seed_decides) {
  Speaker speaker("llama");
  SamplingOptions options;
  options.max_tokens = 40, options.temperature = 1, options.seed = 1;
  const auto first = speaker.say({65}, options);
  BOOST_TEST(speaker.say({65}, options) == first);
  options.seed = 2;
  BOOST_TEST(speaker.say({65}, options) != first);
  BOOST_TEST(first.size() <= 40u);
}

BOOST_AUTO_TEST_CASE(the_end_token_stops_and_is_left_out) {
  Speaker speaker("gpt2");
  const int32_t end = speaker.tokenizer->special().eos;
  BOOST_REQUIRE(end >= 0);
  // A head that says one thing: with zero weights all logits are equal, and the penalty on what was said
  // leaves the lowest unsaid id. So the end token comes exactly when all ids below it have been said.
  for (Parameter& parameter : speaker.model->parameters().all()) speaker.backend->fill(parameter.value, 0.0f);
  speaker.backend->parameters_changed();
  BOOST_TEST(speaker.say({65}, greedy(3)) == (std::vector<int32_t>{0, 0, 0}));
  // The embedding of the end token points to the final norm's bias: it always has the largest logit.
  Parameter* bias = speaker.model->parameters().find("final_norm.bias");
  Parameter* table = speaker.model->parameters().find("embedding.token.weight");
  speaker.backend->fill(bias->value, 1.0f);
  speaker.backend->fill(table->value.row_range(end, end + 1), 1.0f);
  speaker.backend->parameters_changed();
  BOOST_TEST(speaker.say({65}, greedy(3)).empty());
}

BOOST_AUTO_TEST_CASE(an_empty_prompt_begins_at_the_beginning_token) {
  Speaker speaker("gpt2");
  const SpecialTokens& special = speaker.tokenizer->special();
  const int32_t beginning = special.bos >= 0 ? special.bos : special.eos;
  BOOST_TEST(speaker.say({}, greedy(10)) == speaker.say({beginning}, greedy(10)));
  BOOST_TEST(speaker.say({65}, greedy(0)).empty());
}

BOOST_AUTO_TEST_CASE(the_sink_sees_every_token_and_can_stop) {
  Speaker speaker("llama");
  std::vector<int32_t> seen;
  SamplingOptions options;
  options.max_tokens = 30, options.temperature = 1;
  const auto said = speaker.say({65}, options, [&](const GeneratedToken& token) {
    BOOST_TEST(token.candidates.size() <= 10u);
    BOOST_TEST(token.candidates.front().second >= token.probability);
    seen.push_back(token.id);
    return seen.size() < 5;
  });
  BOOST_TEST(said == seen);
  BOOST_TEST(said.size() == 5u);
}

BOOST_AUTO_TEST_CASE(padding_rows_are_never_said) {
  Speaker speaker("gpt2", Objective::causal, 500);
  SamplingOptions options;
  options.max_tokens = 100, options.temperature = 5;
  for (int32_t id : speaker.say({65}, options)) BOOST_TEST(id < speaker.tokenizer->vocab_size());
}

BOOST_AUTO_TEST_CASE(models_that_cannot) {
  Speaker masked("bert", Objective::masked), classifier("gpt2", Objective::classifier), speaker("gpt2");
  BOOST_CHECK_THROW(masked.say({5}, greedy(1)), Error);
  BOOST_CHECK_THROW(classifier.say({5}, greedy(1)), Error);
  BOOST_CHECK_THROW(speaker.say({5}, greedy(-1)), UsageError);
  BOOST_CHECK_THROW(speaker.say({100000}, greedy(1)), Error);
  BOOST_CHECK_THROW(fill_masks(*speaker.model, *speaker.tokenizer, "[MASK]", 5), Error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fill)

BOOST_AUTO_TEST_CASE(all_masks_in_one_pass) {
  Speaker speaker("bert", Objective::masked);
  const auto predictions = fill_masks(*speaker.model, *speaker.tokenizer, "a[MASK]b[MASK]", 4);
  BOOST_REQUIRE(predictions.size() == 2u);
  const SpecialTokens& special = speaker.tokenizer->special();
  Batch batch;
  batch.B = 1;
  batch.tokens = {special.cls,  speaker.tokenizer->encode("a")[0],
                  special.mask, speaker.tokenizer->encode("b")[0],
                  special.mask, special.sep};
  batch.T = 6;
  const std::vector<float> logits = speaker.model->logits(batch);
  const int64_t V = speaker.model->config().vocab_size;
  for (int mask = 0; mask < 2; ++mask) {
    const float* row = logits.data() + (2 + 2 * mask) * V;
    BOOST_TEST(predictions[mask].size() == 4u);
    BOOST_TEST(predictions[mask][0].id == std::distance(row, std::max_element(row, row + V)));
    BOOST_TEST(predictions[mask][0].token == speaker.tokenizer->token_text(predictions[mask][0].id));
    BOOST_TEST(predictions[mask][0].probability >= predictions[mask][1].probability);
  }
  float sum = 0;
  const auto everything = fill_masks(*speaker.model, *speaker.tokenizer, "[MASK]", 1 << 20);
  for (const MaskPrediction& prediction : everything[0]) sum += prediction.probability;
  BOOST_TEST(std::abs(sum - 1) < 1e-4);
}

BOOST_AUTO_TEST_CASE(texts_that_cannot_be_filled) {
  Speaker speaker("bert", Objective::masked);
  BOOST_CHECK_THROW(fill_masks(*speaker.model, *speaker.tokenizer, "no mask", 5), UsageError);
  BOOST_CHECK_THROW(fill_masks(*speaker.model, *speaker.tokenizer, "far too long [MASK]", 5), UsageError);
  BOOST_CHECK_THROW(fill_masks(*speaker.model, *speaker.tokenizer, "[MASK]", 0), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
