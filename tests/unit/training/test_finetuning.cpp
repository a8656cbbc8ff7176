// Fine-tuning's batches (order, hidden words, reading first) and the defaults that it plans from a few facts.
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "tasks/task.h"
#include "training/finetune_plan.h"
#include "training/finetuning.h"
#include "unit/data/fakes.h"

using namespace seedling;
using seedling::test::ByteTokenizer;

namespace {

struct Fixture {
  Fixture(const std::string& name, bool masked) : tokenizer(masked) {
    config = arch_config(masked ? "bert" : "gpt2");
    config.set_sizes(1, 1, 8);
    config.vocab_size = 261;
    config.context_length = 64;
    config.head = task_head(name, config.causal);
    config.labels = {"a", "b"};
    TaskRecord record;
    record.task = name;
    task = make_task(record, tokenizer, config);
    for (int i = 0; i < 50; ++i) {
      Example example;
      example.input = std::string(static_cast<size_t>(4 + i % 30), static_cast<char>('A' + i % 26));
      example.label = i % 2 == 0 ? "a" : "b";
      example.targets = {"xyz"};
      data.train.push_back(example);
    }
    objective = std::make_unique<TaskObjective>(*task, data, config, 7);
  }

  ByteTokenizer tokenizer;
  ModelConfig config;
  std::unique_ptr<Task> task;
  TaskData data;
  std::unique_ptr<TaskObjective> objective;
};

/// The real tokens of a batch, over all its sequences.
std::map<int32_t, int64_t> count_tokens(const Batch& batch) {
  std::map<int32_t, int64_t> counts;
  for (int64_t b = 0; b < batch.B; ++b)
    for (int64_t t = 0; t < batch.lengths[static_cast<size_t>(b)]; ++t)
      ++counts[batch.tokens[static_cast<size_t>(b * batch.T + t)]];
  return counts;
}

FinetuneFlags planned(const FinetuneFacts& facts, FinetuneFlags given = {}) {
  return decide_finetune_steps(complete_finetune(std::move(given), facts), facts);
}

FinetuneFacts facts_of(int64_t features, int64_t length) {
  FinetuneFacts facts;
  facts.features = features;
  facts.tokens = features * length;
  facts.channels = 128;
  facts.seconds_per_example = 1e-3;
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(finetuning)

BOOST_AUTO_TEST_CASE(an_epoch_shows_each_example_once_in_batches_of_similar_length) {
  Fixture f("classification", false);
  std::map<int32_t, int64_t> seen;
  for (int64_t i = 0; i < 7; ++i) {  // 50 examples in batches of 8
    const Batch batch = f.objective->batch(i, 8);
    for (const auto& [id, count] : count_tokens(batch)) seen[id] += count;
    const auto [shortest, longest] = std::minmax_element(batch.lengths.begin(), batch.lengths.end());
    BOOST_TEST(*longest - *shortest <= 8);
    BOOST_TEST(f.objective->batch(i, 8).tokens == batch.tokens, boost::test_tools::per_element());
  }
  std::map<int32_t, int64_t> all;
  for (const Example& example : f.data.train)
    all[example.input[0]] += static_cast<int64_t>(example.input.size());
  BOOST_TEST((seen == all));
  BOOST_TEST((f.objective->batch(7, 8).tokens != f.objective->batch(0, 8).tokens));
}

BOOST_AUTO_TEST_CASE(hidden_words_are_others_at_every_look) {
  for (const bool masked : {true, false}) {
    Fixture f("classification", masked);
    int64_t before = 0, after = 0, marks = 0;
    for (int64_t i = 0; i < 7; ++i)
      for (const auto& [id, count] : count_tokens(f.objective->batch(i, 8))) before += count;
    f.objective->hide_words(0.25, f.tokenizer);
    for (int64_t i = 0; i < 7; ++i) {
      const Batch batch = f.objective->batch(i, 8);
      BOOST_TEST(f.objective->batch(i, 8).tokens == batch.tokens, boost::test_tools::per_element());
      for (const auto& [id, count] : count_tokens(batch)) after += count, marks += id == 260 ? count : 0;
    }
    const double hidden = static_cast<double>(masked ? marks : before - after) / static_cast<double>(before);
    BOOST_TEST(hidden > 0.18);
    BOOST_TEST(hidden < 0.32);
    BOOST_TEST((masked ? before == after : marks == 0));
  }
}

BOOST_AUTO_TEST_CASE(a_run_reads_first_and_then_answers) {
  Fixture f("translation", false);
  const int64_t answers = f.objective->target_count(f.objective->batch(0, 8));
  BOOST_TEST(answers == 8 * 5);  // " xyz" and the end
  f.objective->read_first(2);
  const Batch batch = f.objective->batch(1, 8);
  BOOST_TEST(f.objective->target_count(batch) == f.objective->token_count(batch));
  for (int64_t t = 0; t + 1 < batch.lengths[0]; ++t)
    BOOST_TEST(batch.targets[static_cast<size_t>(t)] == batch.tokens[static_cast<size_t>(t + 1)]);
  BOOST_TEST(f.objective->target_count(f.objective->batch(2, 8)) == answers);
}

BOOST_AUTO_TEST_CASE(the_batch_follows_from_length_and_number_of_examples) {
  BOOST_TEST(*planned(facts_of(300, 30)).training.batch_size == 8);
  BOOST_TEST(*planned(facts_of(5000, 30)).training.batch_size == 64);
  BOOST_TEST(*planned(facts_of(100000, 20)).training.batch_size == 128);
  BOOST_TEST(*planned(facts_of(100000, 250)).training.batch_size == 8);
  FinetuneFlags given;
  given.training.batch_size = 3;
  BOOST_TEST(*planned(facts_of(5000, 30), given).training.batch_size == 3);
}

BOOST_AUTO_TEST_CASE(little_time_makes_small_batches) {
  FinetuneFlags given;
  given.training.minutes = 10.0 / 60.0;
  FinetuneFacts facts = facts_of(5000, 30);
  facts.seconds_per_step = 0.02;
  const FinetuneFlags brief = planned(facts, given);  // 64 examples would cost 84 ms, a hundred steps
  BOOST_TEST(*brief.training.batch_size == 32);
  BOOST_TEST(*brief.training.steps >= 150);
  facts.batch_is_given = true;
  given.training.batch_size = 64;
  BOOST_TEST(*planned(facts, given).training.batch_size == 64);
  facts.batch_is_given = false;
  given.training.batch_size.reset();
  given.training.minutes = 1.0;
  BOOST_TEST(*planned(facts, given).training.batch_size == 64);
}

BOOST_AUTO_TEST_CASE(quotes_of_many_examples_are_learned_in_large_steps) {
  FinetuneFacts facts = facts_of(5000, 30);
  facts.writes = facts.quotes = true;
  FinetuneFlags given;
  given.training.epochs = 4.0;
  BOOST_TEST(*planned(facts, given).training.learning_rate == 0.05);
  given.training.epochs = 20.0;
  BOOST_TEST(*planned(facts, given).training.learning_rate == 0.02);
  given.training.epochs = 4.0;
  given.training.learning_rate = 0.01, facts.rate_is_given = true;
  BOOST_TEST(*planned(facts, given).training.learning_rate == 0.01);
  facts.rate_is_given = facts.quotes = false;
  given.training.learning_rate.reset();
  BOOST_TEST(*planned(facts, given).training.learning_rate == 0.02);
}

BOOST_AUTO_TEST_CASE(small_classifiers_are_a_mean_of_their_weights) {
  FinetuneFacts facts = facts_of(5000, 30);
  FinetuneFlags given;
  given.training.epochs = 4.0;
  BOOST_TEST(*planned(facts, given).average == 0.0);
  facts.classifies = true;
  BOOST_TEST(*planned(facts, given).average > 0.0);
  given.average = 0.0;
  BOOST_TEST(*planned(facts, given).average == 0.0);
  given.average.reset();
  facts.channels = 768;
  BOOST_TEST(*planned(facts, given).average == 0.0);
}

BOOST_AUTO_TEST_CASE(a_classifier_that_was_pre_trained_needs_fewer_passes) {
  FinetuneFacts facts = facts_of(5000, 30);
  facts.classifies = true;
  const FinetuneFlags trained = planned(facts);
  facts.from_scratch = true;
  const FinetuneFlags fresh = planned(facts);
  BOOST_TEST(*trained.training.steps * 2 <= *fresh.training.steps);
  // Low-rank updates learn more slowly.
  facts.from_scratch = false;
  FinetuneFlags given;
  given.lora = 8;
  BOOST_TEST(*planned(facts, given).training.steps == *fresh.training.steps);
  // Few examples are seen often all the same.
  facts = facts_of(100, 30);
  facts.classifies = true;
  const FinetuneFlags few = planned(facts);
  BOOST_TEST(*few.training.steps * *few.training.batch_size >= 40 * 100);
}

BOOST_AUTO_TEST_CASE(dropout_comes_with_repetition) {
  FinetuneFlags given;
  given.training.epochs = 8.0;
  BOOST_TEST(*planned(facts_of(5000, 30), given).training.dropout == 0.0);
  given.training.epochs = 20.0;
  BOOST_TEST(*planned(facts_of(5000, 30), given).training.dropout == 0.1);
}

BOOST_AUTO_TEST_CASE(evaluations_are_spread_over_the_validation_examples_and_take_little_time) {
  FinetuneFlags plan;
  plan.training.batch_size = 16, plan.training.grad_accumulation = 1;
  plan.training.steps = 200, plan.training.eval_every = 100;
  BOOST_TEST(evaluated_examples(plan) == 480);
  plan.training.steps = 20, plan.training.eval_every = 10;
  BOOST_TEST(evaluated_examples(plan) == 100);
  plan.training.steps = 100000, plan.training.eval_every = 10000;
  BOOST_TEST(evaluated_examples(plan) == 1000);
}

BOOST_AUTO_TEST_CASE(every_position_is_asked_of_classifiers_alone) {
  for (const char* name : {"classification", "translation"}) {
    Fixture f(name, false);
    f.objective->ask_every_position(0.5);
    BOOST_TEST(f.objective->batch(0, 8).every_position ==
               (name == std::string("classification") ? 0.5 : 0.0));
  }
}

BOOST_AUTO_TEST_CASE(minutes_end_when_enough_was_learned) {
  FinetuneFlags given;
  given.training.minutes = 100.0;
  const FinetuneFlags few = planned(facts_of(400, 30), given);
  BOOST_TEST(*few.training.minutes ==
             100.0);                         // on a machine slower than when it was measured they still count
  BOOST_TEST(*few.training.epochs == 60.0);  // and on a faster one these
  BOOST_TEST(*few.training.steps * *few.training.batch_size <= 60 * 400 + 60 * 8);
  given.training.minutes = 1.0;
  const FinetuneFlags many = planned(facts_of(100000, 30), given);
  BOOST_TEST(*many.training.minutes == 1.0);
  BOOST_TEST(*many.training.epochs == 10.0);
  BOOST_TEST(*many.training.steps * *many.training.batch_size <= 51000);
}

BOOST_AUTO_TEST_SUITE_END()
