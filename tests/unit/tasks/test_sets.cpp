// Examples found, split and described; the record that a tokenizer carries; many texts written at once.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "support/small_models.h"
#include "tasks/decoding.h"
#include "tasks/example_set.h"
#include "tasks/frame.h"
#include "tasks/task.h"
#include "unit/data/fakes.h"

using namespace seedling;
using seedling::test::fails_with;
using seedling::test::Scratch;

namespace {

TaskDataOptions options_for(const std::filesystem::path& data) {
  TaskDataOptions options;
  options.task = "classification";
  options.data = data.string();
  return options;
}

std::string labelled(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines +=
        "{\"text\": \"text " + std::to_string(i) + "\", \"label\": \"" + (i % 5 == 0 ? "b" : "a") + "\"}\n";
  return lines;
}

std::unique_ptr<Tokenizer> small_tokenizer(bool masked) {
  return train_tokenizer({"byte", 300, masked}, [](const auto& take) { take("some text to learn from"); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sets)

BOOST_AUTO_TEST_CASE(a_tenth_validates_and_nothing_is_shared) {
  const Scratch scratch;
  const auto file =
      scratch.write("train.jsonl", labelled(100) + labelled(10));  // ten inputs stand there twice
  const TaskData data = load_task_data(options_for(file));
  BOOST_TEST(data.train.size() + data.validation.size() == 110u);
  std::set<std::string> inputs;
  for (const Example& example : data.train) inputs.insert(example.input);
  for (const Example& example : data.validation) BOOST_TEST(inputs.count(example.input) == 0u);
  BOOST_TEST(data.report["train_in_validation"] == 0);
  BOOST_TEST(data.report["repeated_in_train"].get<int>() > 0);
  const TaskData again = load_task_data(options_for(file));
  BOOST_TEST(again.validation.front().input == data.validation.front().input);
}

BOOST_AUTO_TEST_CASE(what_misleads_is_said) {
  const Scratch scratch;
  TaskDataOptions options = options_for(scratch.write("train.jsonl", labelled(100)));
  options.test = scratch.write("test.jsonl", labelled(30)).string();
  std::string said;
  options.say = [&](const std::string& line) { said += line + "\n"; };
  const TaskData data = load_task_data(options);
  BOOST_TEST(data.report["train_in_test"].get<int>() > 20);
  BOOST_TEST(said.find("the test score is too good") != std::string::npos);
  BOOST_TEST(said.find("differ much in size") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_limit_takes_so_many_and_always_the_same) {
  const Scratch scratch;
  TaskDataOptions options = options_for(scratch.write("train.jsonl", labelled(100)));
  options.limit = 20;
  const TaskData data = load_task_data(options), again = load_task_data(options);
  BOOST_TEST(data.train.size() == 20u);
  std::set<std::string> inputs;
  for (size_t i = 0; i < 20; ++i) {
    inputs.insert(data.train[i].input);
    BOOST_TEST(data.train[i].input == again.train[i].input);
  }
  BOOST_TEST(inputs.size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_limit_keeps_the_shares_of_the_labels) {
  const Scratch scratch;
  std::string lines;
  for (int i = 0; i < 400; ++i)
    lines += "{\"text\": \"text " + std::to_string(i) + "\", \"label\": \"" +
             (i % 40 == 0  ? "rare"
              : i % 2 == 0 ? "even"
                           : "odd") +
             "\"}\n";
  TaskDataOptions options = options_for(scratch.write("train.jsonl", lines));
  options.validation = scratch.write("validation.jsonl", lines).string();
  const auto labels = [&](int64_t limit) {
    options.limit = limit;
    return load_task_data(options).report["labels"].get<std::map<std::string, int>>();
  };
  BOOST_TEST((labels(200) == std::map<std::string, int>{{"even", 95}, {"odd", 100}, {"rare", 5}}));
  BOOST_TEST((labels(20) == std::map<std::string, int>{{"even", 9}, {"odd", 10}, {"rare", 1}}));
  BOOST_TEST((labels(3) == std::map<std::string, int>{{"even", 1}, {"odd", 1}, {"rare", 1}}));
}

BOOST_AUTO_TEST_CASE(bad_data_are_refused_by_name) {
  const Scratch scratch;
  BOOST_TEST(fails_with([&] { load_task_data(options_for(scratch.write("one.jsonl", labelled(1)))); },
                        {"one.jsonl", "1 different"}));
  const auto broken = scratch.write("broken.jsonl", labelled(3) + "{\"text\": \"x\"}\n");
  BOOST_TEST(fails_with([&] { load_task_data(options_for(broken)); }, {"broken.jsonl", "line 4", "label"}));
  BOOST_TEST(fails_with([&] { load_task_data(options_for(scratch.path)); }, {"no train.jsonl"}));
  TaskDataOptions wrong = options_for("storyworld/qa");
  BOOST_TEST(fails_with([&] { load_task_data(wrong); }, {"storyworld/qa", "qa, not for classification"}));
}

BOOST_AUTO_TEST_CASE(labels_that_are_numbers_are_in_their_order) {
  std::vector<Example> examples(3);
  examples[0].label = "10", examples[1].label = "9", examples[2].label = "10";
  BOOST_TEST(labels_of(examples) == (std::vector<std::string>{"9", "10"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_record_travels_with_the_tokenizer) {
  const auto plain = small_tokenizer(false);
  TaskRecord record;
  record.task = "dialogue";
  record.longest_target = 17, record.usual_target = 9;
  const auto marked = with_task_record(*plain, record);
  const Scratch scratch;
  save_tokenizer(*marked, scratch.path);
  const auto read = load_tokenizer(scratch.path);
  BOOST_TEST(read_task_record(*read).task == "dialogue");
  BOOST_TEST(read_task_record(*read).longest_target == 17);
  BOOST_TEST(read_task_record(*read).usual_target == 9);
  BOOST_TEST(read->config_json()["chat_template"].get<std::string>().find("assistant:") != std::string::npos);
  BOOST_TEST(read->encode("some text") == plain->encode("some text"), boost::test_tools::per_element());
  BOOST_TEST(read_task_record(*plain).task.empty());
}

BOOST_AUTO_TEST_CASE(masked_tokenizers_frame_texts_and_pairs) {
  const auto tokenizer = small_tokenizer(true);
  const SpecialTokens special = tokenizer->special();
  const Frame single = single_frame(*tokenizer), pair = pair_frame(*tokenizer);
  BOOST_TEST(single.before == std::vector<int32_t>{special.cls}, boost::test_tools::per_element());
  BOOST_TEST(single.after == std::vector<int32_t>{special.sep}, boost::test_tools::per_element());
  BOOST_TEST(single.between.empty());
  BOOST_TEST(pair.between == std::vector<int32_t>{special.sep}, boost::test_tools::per_element());
  BOOST_TEST(pair.after == std::vector<int32_t>{special.sep}, boost::test_tools::per_element());
  BOOST_TEST(pair.second_type == 1);
  BOOST_TEST(single_frame(*small_tokenizer(false)).size() == 0);
}

BOOST_AUTO_TEST_CASE(texts_written_together_are_those_written_alone) {
  for (const char* arch : {"gpt2", "qwen3", "seedling"}) {
    const auto backend = make_backend({"cpu", "fp32", 1});
    ModelConfig config = small_config(arch, seedling::Objective::causal);
    config.context_length = 24;
    Model model(config, *backend, false);
    randomize(model, 5);
    const std::vector<std::vector<int32_t>> prompts = {{1, 2, 3}, {4}, {5, 6, 7, 8, 9}, {2, 2}};
    DecodingOptions options;
    options.max_tokens = 12;
    options.end = 16;
    options.vocabulary = 17;
    const auto together = decode_all(model, prompts, options);
    for (size_t i = 0; i < prompts.size(); ++i) {
      const auto alone = decode_all(model, {prompts[i]}, options);
      BOOST_TEST(together[i] == alone.front(), boost::test_tools::per_element());
      std::vector<int32_t> ids = prompts[i];  // and both are what whole passes say
      for (const int32_t token : together[i]) {
        Batch batch;
        batch.B = 1, batch.T = static_cast<int64_t>(ids.size()), batch.tokens = ids;
        const std::vector<float> logits = model.logits(batch);
        const auto last = logits.begin() + (static_cast<std::ptrdiff_t>(logits.size()) - 17);
        const auto best = std::distance(last, std::max_element(last, logits.end()));
        BOOST_TEST(best == token);
        ids.push_back(token);
      }
    }
    options.beams = 3;
    BOOST_TEST(decode_all(model, prompts, options).size() == prompts.size());
  }
}

// A quote is a passage of its source, each token the likeliest of those allowed, by whole passes without a
// cache.
BOOST_AUTO_TEST_CASE(quotes_are_the_likeliest_passages) {
  const auto backend = make_backend({"cpu", "fp32", 1});
  ModelConfig config = small_config("qwen3", seedling::Objective::causal);
  config.context_length = 24;
  Model model(config, *backend, false);
  randomize(model, 9);
  const std::vector<std::vector<int32_t>> sources = {{1, 2, 3, 1, 2, 4}, {5}, {7, 7, 8, 7, 7, 9}, {}};
  const std::vector<std::vector<int32_t>> prompts = {
      {1, 2, 3, 1, 2, 4, 10}, {5, 10}, {7, 7, 8, 7, 7, 9, 11}, {3}};
  DecodingOptions options;
  options.max_tokens = 5;
  options.end = 16;
  options.vocabulary = 17;
  const std::vector<Quote> quotes = quote_all(model, prompts, sources, options);
  BOOST_REQUIRE(quotes.size() == 4u);
  BOOST_TEST(quotes[3].count == 0u);  // nothing to quote from
  for (size_t i = 0; i < 3; ++i) {
    BOOST_REQUIRE(quotes[i].count >= 1u);
    BOOST_REQUIRE(quotes[i].first + quotes[i].count <= sources[i].size());
    std::vector<int32_t> ids = prompts[i], text;
    double probability = 1.0;
    for (size_t step = 0; step < 5; ++step) {
      Batch batch;
      batch.B = 1, batch.T = static_cast<int64_t>(ids.size()), batch.tokens = ids;
      const std::vector<float> logits = model.logits(batch);
      const float* last = logits.data() + (logits.size() - 17);
      std::set<int32_t> allowed = {options.end};  // what follows the text so far anywhere in the source
      for (size_t at = 0; at + text.size() < sources[i].size(); ++at)
        if (std::equal(text.begin(), text.end(), sources[i].begin() + static_cast<std::ptrdiff_t>(at)))
          allowed.insert(sources[i][at + text.size()]);
      double sum = 0.0;
      for (const int32_t id : allowed) sum += std::exp(static_cast<double>(last[id]));
      const auto p = [&](int32_t id) { return std::exp(static_cast<double>(last[id])) / sum; };
      if (text.empty()) {
        BOOST_TEST(quotes[i].nothing == p(options.end), boost::test_tools::tolerance(1e-4));
        allowed.erase(options.end);
      }
      const int32_t best = *std::max_element(allowed.begin(), allowed.end(),
                                             [&](int32_t a, int32_t b) { return last[a] < last[b]; });
      probability *= p(best);
      if (best == options.end) break;
      text.push_back(best);
      ids.push_back(best);
    }
    const auto from = sources[i].begin() + static_cast<std::ptrdiff_t>(quotes[i].first);
    const std::vector<int32_t> quoted(from, from + static_cast<std::ptrdiff_t>(quotes[i].count));
    BOOST_TEST(quoted == text, boost::test_tools::per_element());
    BOOST_TEST(quotes[i].probability == probability, boost::test_tools::tolerance(1e-4));
  }
}

BOOST_AUTO_TEST_SUITE_END()
