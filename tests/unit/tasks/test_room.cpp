// How much of a context belongs to what is read and how much to what is written: the longest example decides
// neither, nearly all of them do.
#include <boost/test/unit_test.hpp>

#include "tasks/task.h"
#include "tasks/writing.h"
#include "unit/data/fakes.h"

using namespace seedling;
using seedling::test::ByteTokenizer;

namespace {

/// 99 summaries of 10 bytes and one of 400, of documents of 100 bytes and one of 5000.
std::vector<Example> one_long_among_short() {
  std::vector<Example> examples(100);
  for (Example& example : examples) {
    example.input = std::string(100, 'd');
    example.targets = {std::string(10, 's')};
  }
  examples[40].input = std::string(5000, 'd');
  examples[60].targets = {std::string(400, 's')};
  return examples;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(room)

BOOST_AUTO_TEST_CASE(one_long_target_does_not_take_the_room_of_all_prompts) {
  const TaskRecord record = record_for("summarization", one_long_among_short(), ByteTokenizer());
  BOOST_TEST(record.longest_target == 400);
  BOOST_TEST(record.usual_target == 10);
  BOOST_TEST(most_tokens(record, 2048) == 504);
  BOOST_TEST(usual_tokens(record, 2048) == 16);
  BOOST_TEST(usual_tokens(record, 20) == 10);  // at most half
}

BOOST_AUTO_TEST_CASE(a_record_of_before_has_only_the_longest) {
  TaskRecord record;
  record.longest_target = 40;
  BOOST_TEST(usual_tokens(record, 2048) == most_tokens(record, 2048));
}

BOOST_AUTO_TEST_CASE(the_context_holds_nearly_all_examples_whole) {
  const std::vector<Example> examples = one_long_among_short();
  const ByteTokenizer tokenizer;
  const TaskRecord record = record_for("summarization", examples, tokenizer);
  BOOST_TEST(context_for(examples, record, tokenizer) == 128);  // 100 + 10 + the frame, in steps of 64
}

BOOST_AUTO_TEST_SUITE_END()
