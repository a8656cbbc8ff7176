// The scores against the field's own tools (golden_scores.json, made by make_golden_scores.py), to nine
// digits.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "scores/scores.h"

using namespace seedling;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(scores)

BOOST_AUTO_TEST_CASE(agree_with_the_real_tools) {
  const nlohmann::json cases =
      read_json(std::string(SEEDLING_TESTS_FOLDER) + "/unit/scores/golden_scores.json");
  BOOST_TEST(cases.size() >= 6u);
  for (const nlohmann::json& golden : cases) {
    const auto references = golden["references"].get<References>();
    const auto predictions = golden["predictions"].get<std::vector<std::string>>();
    const auto close = tt::tolerance(1e-9);
    BOOST_TEST(score_bleu(references, predictions) == golden["bleu"].get<double>(), close);
    BOOST_TEST(score_chrf(references, predictions) == golden["chrf"].get<double>(), close);
    if (!golden.contains("rouge1")) continue;
    const RougeScores rouge = score_rouge(references, predictions);
    BOOST_TEST(rouge.rouge1 == golden["rouge1"].get<double>(), close);
    BOOST_TEST(rouge.rouge2 == golden["rouge2"].get<double>(), close);
    BOOST_TEST(rouge.rougeL == golden["rougeL"].get<double>(), close);
    const AnswerScores answers = score_answers(references, predictions);
    BOOST_TEST(answers.exact_match == golden["exact_match"].get<double>(), close);
    BOOST_TEST(answers.f1 == golden["f1"].get<double>(), close);
  }
}

BOOST_AUTO_TEST_CASE(no_answer_is_right_only_where_there_is_none) {
  const AnswerScores both = score_answers({{}, {}, {"Paris"}}, {"", "Paris", ""});
  BOOST_TEST(both.exact_match == 100.0 / 3.0, tt::tolerance(1e-12));
  BOOST_TEST(both.f1 == 100.0 / 3.0, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(classes) {
  // Worked by hand: class 0 has TP 2, FP 1, FN 1; class 1 has TP 1, FP 1, FN 1; class 2 never occurs.
  const ClassScores scores = score_classes({0, 0, 0, 1, 1}, {0, 0, 1, 1, 0}, 3);
  BOOST_TEST(scores.accuracy == 0.6);
  BOOST_TEST(scores.f1[0] == 2.0 / 3.0, tt::tolerance(1e-12));
  BOOST_TEST(scores.f1[1] == 0.5);
  BOOST_TEST(scores.macro_f1 == (2.0 / 3.0 + 0.5) / 2.0, tt::tolerance(1e-12));
  BOOST_TEST(scores.confusion[0][1] == 1);
}

BOOST_AUTO_TEST_CASE(distinct) {
  BOOST_TEST(score_distinct({"a b a", "b a"}, 1) == 2.0 / 5.0);
  BOOST_TEST(score_distinct({"a b a", "b a"}, 2) == 2.0 / 3.0, tt::tolerance(1e-12));
  BOOST_TEST(score_distinct({"a"}, 2) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
