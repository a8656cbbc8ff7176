// What models are trained on: the ids, targets and spans that each task makes of an example.
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "tasks/chat.h"
#include "tasks/frame.h"
#include "tasks/task.h"
#include "unit/data/fakes.h"

using namespace seedling;
using seedling::test::ByteTokenizer;

namespace {

ModelConfig config_for(const std::string& arch, HeadKind head, int64_t context) {
  ModelConfig config = arch_config(arch);
  config.set_sizes(1, 1, 8);
  config.vocab_size = 261;
  config.context_length = context;
  config.head = head;
  if (head == HeadKind::classifier) config.labels = {"ham", "spam"};
  return config;
}

std::unique_ptr<Task> task_for(const std::string& name, const Tokenizer& tokenizer, const std::string& arch,
                               int64_t context) {
  TaskRecord record;
  record.task = name;
  return make_task(record, tokenizer, config_for(arch, task_head(name, arch != "bert"), context));
}

/// Question answering as a span head learns it.
std::unique_ptr<Task> span_task(const Tokenizer& tokenizer, int64_t context) {
  TaskRecord record;
  record.task = "qa";
  return make_task(record, tokenizer, config_for("gpt2", HeadKind::span, context));
}

std::string text_of(const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids)
    text += id < 256 ? std::string(1, static_cast<char>(id)) : "<" + std::to_string(id) + ">";
  return text;
}

/// The targets alone, as text.
std::string targets_of(const Feature& feature) {
  std::vector<int32_t> targets;
  for (const int32_t target : feature.targets)
    if (target >= 0) targets.push_back(target);
  return text_of(targets);
}

Example asked(const std::string& context, const std::string& question, const std::string& answer) {
  Example example;
  example.context = context;
  example.input = question;
  if (!answer.empty()) {
    const size_t at = context.find(answer);
    example.answers.push_back({answer, at, at + answer.size(), static_cast<int64_t>(at)});
  }
  return example;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encoding)

BOOST_AUTO_TEST_CASE(a_text_is_cut_to_the_context_and_counted) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("classification", tokenizer, "gpt2", 4);
  Example example;
  example.input = "abcdefgh";
  example.label = "spam";
  const Feature feature = task->encode(example, 3).front();
  BOOST_TEST(text_of(feature.ids) == "abcd");
  BOOST_TEST(feature.label == 1);
  BOOST_TEST(feature.example == 3u);
  BOOST_TEST(task->cut() == 1);
}

BOOST_AUTO_TEST_CASE(an_unknown_label_names_its_line) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("classification", tokenizer, "gpt2", 16);
  Example example;
  example.label = "eggs";
  example.line = 12;
  BOOST_TEST(test::fails_with([&] { task->check({example}, "test.jsonl"); },
                              {"test.jsonl, line 12", "eggs", "ham, spam"}));
}

BOOST_AUTO_TEST_CASE(only_the_target_and_its_end_carry_a_loss) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("translation", tokenizer, "gpt2", 32);
  Example example;
  example.input = "cat";
  example.targets = {"chat"};
  const Feature feature = task->encode(example, 0).front();
  BOOST_TEST(text_of(feature.ids) == "cat\n chat");
  BOOST_TEST(targets_of(feature) == " chat<256>");
  BOOST_TEST(feature.targets[3] == ' ');  // the line break predicts the first of the target
  BOOST_TEST(feature.targets[2] == -1);
}

BOOST_AUTO_TEST_CASE(a_long_document_keeps_its_beginning_and_its_summary) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("summarization", tokenizer, "gpt2", 16);
  Example example;
  example.input = std::string(40, 'a') + "z";
  example.targets = {"sum"};
  const Feature feature = task->encode(example, 0).front();
  BOOST_TEST(feature.length() <= 16);
  BOOST_TEST(targets_of(feature) == " sum<256>");
  BOOST_TEST(text_of(feature.ids).find('z') == std::string::npos);
  BOOST_TEST(task->cut() == 1);
}

BOOST_AUTO_TEST_CASE(a_conversation_teaches_the_assistants_words_alone) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("dialogue", tokenizer, "gpt2", 128);
  Example example;
  example.messages = {{"user", "hi"}, {"assistant", "hello"}, {"user", "bye"}, {"assistant", "so long"}};
  const Feature feature = task->encode(example, 0).front();
  BOOST_TEST(text_of(feature.ids) == "user: hi\nassistant: hello<256>\nuser: bye\nassistant: so long");
  BOOST_TEST(targets_of(feature) == " hello<256> so long<256>");
}

BOOST_AUTO_TEST_CASE(a_long_conversation_loses_its_oldest_turns) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("dialogue", tokenizer, "gpt2", 48);
  Example example;
  for (int i = 0; i < 6; ++i) {
    example.messages.push_back({"user", "question " + std::to_string(i)});
    example.messages.push_back({"assistant", "answer " + std::to_string(i)});
  }
  const Feature feature = task->encode(example, 0).front();
  BOOST_TEST(feature.length() <= 48);
  BOOST_TEST(targets_of(feature) == " answer 5<256>");
  BOOST_TEST(task->cut() == 1);
}

BOOST_AUTO_TEST_CASE(an_answer_becomes_the_positions_of_its_tokens) {
  const ByteTokenizer tokenizer;
  const auto task = span_task(tokenizer, 64);
  const auto windows = task->encode(asked("Tom ran home.", "Who?", "Tom"), 0);
  BOOST_REQUIRE(windows.size() == 1u);
  const Feature& window = windows.front();
  BOOST_TEST(text_of(window.ids) == "Who?\nTom ran home.<256>");
  BOOST_TEST(window.start == 5);
  BOOST_TEST(window.end == 7);
  BOOST_TEST(window.nothing == static_cast<int32_t>(window.ids.size()) - 1);
}

BOOST_AUTO_TEST_CASE(without_an_answer_the_span_is_nothing) {
  const ByteTokenizer tokenizer;
  const auto task = span_task(tokenizer, 64);
  const Feature window = task->encode(asked("Tom ran home.", "Who?", ""), 0).front();
  BOOST_TEST(window.start == window.nothing);
  BOOST_TEST(window.end == window.nothing);
}

BOOST_AUTO_TEST_CASE(windows_cover_a_long_context_and_one_holds_the_answer) {
  const ByteTokenizer tokenizer;
  const auto task = span_task(tokenizer, 24);
  const std::string context = std::string(30, '.') + "needle" + std::string(30, '.');
  const auto windows = task->encode(asked(context, "What?", "needle"), 7);
  BOOST_TEST(windows.size() > 2u);
  std::vector<bool> seen(context.size());
  int found = 0;
  for (const Feature& window : windows) {
    BOOST_TEST(window.length() <= 24);
    BOOST_TEST(window.example == 7u);
    for (const auto& [begin, end] : window.offsets) seen[begin] = true;
    if (window.start == window.nothing) continue;
    ++found;
    const auto first = static_cast<size_t>(window.start - window.context_at);
    const auto last = static_cast<size_t>(window.end - window.context_at);
    BOOST_TEST(context.substr(window.offsets[first].first,
                              window.offsets[last].second - window.offsets[first].first) == "needle");
  }
  BOOST_TEST(found >= 1);
  BOOST_TEST(std::count(seen.begin(), seen.end(), false) == 0);
}

BOOST_AUTO_TEST_CASE(a_causal_model_learns_to_write_the_answer_as_it_stands) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("qa", tokenizer, "gpt2", 64);
  const Feature feature = task->encode(asked("Tom ran home.", "Who?", "Tom"), 0).front();
  BOOST_TEST(text_of(feature.ids) == "Tom ran home.\nWho?Tom");
  BOOST_TEST(targets_of(feature) == "Tom<256>");
  const Feature nothing = task->encode(asked("Tom ran home.", "Why?", ""), 0).front();
  BOOST_TEST(targets_of(nothing) == "<256>");
}

BOOST_AUTO_TEST_CASE(questions_about_one_context_are_learned_together) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("qa", tokenizer, "gpt2", 32);
  const std::string context = "Tom ran home.";
  const auto features =
      task->encode_to_learn({asked(context, "Who?", "Tom"), asked(context, "Why?", ""),
                             asked(context, "Where?", "home"), asked("Ada.", "Who?", "Ada")});
  BOOST_REQUIRE(features.size() == 3u);  // the third question did not fit
  BOOST_TEST(text_of(features[0].ids) == "Tom ran home.\nWho?Tom<256>\nWhy?");
  BOOST_TEST(targets_of(features[0]) == "Tom<256><256>");
  BOOST_TEST(text_of(features[1].ids) == "Tom ran home.\nWhere?home");
  BOOST_TEST(text_of(features[2].ids) == "Ada.\nWho?Ada");
}

BOOST_AUTO_TEST_CASE(a_long_context_is_asked_window_by_window) {
  const ByteTokenizer tokenizer;
  const auto task = task_for("qa", tokenizer, "gpt2", 40);
  const std::string context = std::string(30, '.') + "needle" + std::string(30, '.');
  int found = 0;
  for (const Feature& window : task->encode(asked(context, "What?", "needle"), 7)) {
    BOOST_TEST(window.length() <= 40);
    const bool here = text_of(window.ids).find("needle") != std::string::npos;
    BOOST_TEST(targets_of(window) == (here ? "needle<256>" : "<256>"));
    found += here;
  }
  BOOST_TEST(found >= 1);
}

BOOST_AUTO_TEST_CASE(batches_are_padded_to_their_longest_and_keep_order_of_members) {
  Feature a, b;
  a.ids = {1, 2, 3}, a.targets = {2, 3, -1}, a.label = 1;
  b.ids = {4}, b.targets = {5};
  const Batch batch = make_batch({&a, &b}, 64);
  BOOST_TEST(batch.B == 2);
  BOOST_TEST(batch.T == 8);
  BOOST_TEST(batch.lengths == (std::vector<int32_t>{3, 1}), boost::test_tools::per_element());
  BOOST_TEST(batch.tokens[8] == 4);
  BOOST_TEST(batch.target_count() == 3);
  BOOST_TEST(make_batch({&a}, 3).T == 3);  // never longer than the model's context
}

BOOST_AUTO_TEST_CASE(in_batches_hands_out_every_feature_once) {
  std::vector<Feature> features(23);
  for (size_t i = 0; i < features.size(); ++i) features[i].ids.assign(1 + (i * 7) % 19, 1);
  std::vector<int> seen(features.size());
  in_batches(features, 32, 64, [&](const Batch& batch, const std::vector<size_t>& members) {
    BOOST_TEST(batch.B == static_cast<int64_t>(members.size()));
    for (const size_t member : members) ++seen[member];
  });
  BOOST_TEST(std::count(seen.begin(), seen.end(), 1) == 23);
}

BOOST_AUTO_TEST_CASE(a_masked_model_cannot_learn_to_write) {
  const ModelConfig masked = config_for("bert", HeadKind::masked_language_model, 16);
  BOOST_TEST(test::fails_with([&] { check_task_fits("translation", masked, "runs/m"); },
                              {"runs/m", "masked", "translation"}));
  BOOST_CHECK_NO_THROW(check_task_fits("qa", masked, "runs/m"));
}

BOOST_AUTO_TEST_CASE(a_model_is_asked_for_its_own_task_alone) {
  const ByteTokenizer tokenizer;
  const ModelConfig spans = config_for("gpt2", HeadKind::span, 16);
  BOOST_TEST(task_of_model("", spans, tokenizer, "m").task == "qa");
  BOOST_CHECK(task_head("qa", false) == HeadKind::span);
  BOOST_CHECK(task_head("qa", true) == HeadKind::language_model);
  BOOST_TEST(test::fails_with([&] { task_of_model("classification", spans, tokenizer, "m"); },
                              {"qa", "classification"}));
  const ModelConfig plain = config_for("gpt2", HeadKind::language_model, 16);
  BOOST_TEST(test::fails_with([&] { task_of_model("", plain, tokenizer, "m"); }, {"not been fine-tuned"}));
  BOOST_TEST(test::fails_with([&] { check_task_name("translatoin"); }, {"did you mean translation"}));
}

BOOST_AUTO_TEST_SUITE_END()
