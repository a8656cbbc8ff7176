// Example files: every format, and every way in which one can be wrong.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "data/examples.h"
#include "data/records.h"
#include "fakes.h"

using namespace seedling;

namespace {

bool fails(const std::filesystem::path& path, const std::string& task,
           std::initializer_list<const char*> words) {
  return test::fails_with([&] { load_examples(path, task); }, words);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(examples)

BOOST_AUTO_TEST_CASE(json_lines_of_every_task) {
  const test::Scratch scratch;
  const auto classes =
      load_examples(scratch.write("c.jsonl",
                                  "\xEF\xBB\xBF{\"text\": \"a\\nb\", \"label\": \"spam\"}\r\n\n{\"label\": "
                                  "3, \"text\": \"\", \"more\": 1}"),
                    "classification");
  BOOST_REQUIRE(classes.size() == 2u);
  BOOST_TEST(classes[0].input == "a\nb");
  BOOST_TEST(classes[0].label == "spam");
  BOOST_TEST(classes[1].label == "3");
  BOOST_TEST(classes[1].line == 3);
  const auto one = load_examples(
      scratch.write(
          "s.jsonl",
          "{\"document\": \"d\", \"summary\": \"s\"}\n{\"document\": \"d\", \"summary\": [\"s\", \"t\"]}"),
      "summarization");
  BOOST_TEST((one[0].targets == std::vector<std::string>{"s"}));
  BOOST_TEST((one[1].targets == std::vector<std::string>{"s", "t"}));
  BOOST_TEST(
      load_examples(scratch.write("t.jsonl", "{\"source\": \"x\", \"target\": \"y\"}"), "translation")[0]
          .targets[0] == "y");
  BOOST_TEST(
      load_examples(scratch.write("g.jsonl", "{\"prompt\": \"x\", \"completion\": \"y\"}"), "generation")[0]
          .input == "x");
  const auto talk = load_examples(scratch.write("d.jsonl",
                                                "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, "
                                                "{\"role\": \"assistant\", \"content\": \"ho\"}]}"),
                                  "dialogue");
  BOOST_TEST(talk[0].messages.size() == 2u);
  BOOST_TEST(talk[0].messages[1].content == "ho");
}

BOOST_AUTO_TEST_CASE(answers_count_code_points) {
  const test::Scratch scratch;
  const auto path =
      scratch.write("q.jsonl",
                    "{\"context\": \"Caf\xC3\xA9 \xF0\x9F\x98\x80 in Rome\", \"question\": \"Where?\", "
                    "\"answers\": [{\"text\": \"Rome\", \"start\": 10}, {\"text\": \"in\"}]}\n"
                    "{\"context\": \"x\", \"question\": \"?\", \"answers\": []}\n");
  const auto examples = load_examples(path, "qa");
  BOOST_REQUIRE(examples[0].answers.size() == 2u);
  for (const Answer& answer : examples[0].answers) {
    BOOST_TEST(examples[0].context.substr(answer.begin, answer.end - answer.begin) == answer.text);
  }
  BOOST_TEST(examples[0].answers[1].start == 7);
  BOOST_TEST(examples[1].answers.empty());
  const auto qa = [&](const std::string& answers) {
    return scratch.write(
        "bad.jsonl", "{\"context\": \"in Rome\", \"question\": \"Where?\", \"answers\": " + answers + "}");
  };
  BOOST_TEST(fails(qa("[{\"text\": \"Rome\", \"start\": 2}]"), "qa",
                   {"bad.jsonl, line 1", "\"Rome\"", "character 2"}));
  BOOST_TEST(fails(qa("[{\"text\": \"Paris\", \"start\": 0}]"), "qa", {"line 1", "nor anywhere"}));
  BOOST_TEST(fails(qa("[{\"text\": \"Paris\"}]"), "qa", {"does not occur"}));
  BOOST_TEST(fails(qa("[{\"text\": \"Rome\", \"start\": 99999999}]"), "qa", {"character 99999999"}));
  BOOST_TEST(fails(qa("[{\"text\": \"Rome\", \"start\": -1}]"), "qa", {"start"}));
  BOOST_TEST(fails(qa("[{\"text\": \"\", \"start\": 0}]"), "qa", {"empty"}));
  BOOST_TEST(fails(qa("[\"Rome\"]"), "qa", {"not an object"}));
  BOOST_TEST(fails(qa("\"Rome\""), "qa", {"not a list"}));
}

BOOST_AUTO_TEST_CASE(csv_and_tsv) {
  const test::Scratch scratch;
  const auto csv = load_examples(
      scratch.write("a.csv", "label,text\r\nham,\"one, \"\"two\"\"\nthree\"\r\n\r\nspam,four \"five\"\n"),
      "classification");
  BOOST_REQUIRE(csv.size() == 2u);
  BOOST_TEST(csv[0].input == "one, \"two\"\nthree");
  BOOST_TEST(csv[1].input == "four \"five\"");
  BOOST_TEST(csv[0].line == 2);
  BOOST_TEST(csv[1].line == 5);
  const auto tsv = load_examples(scratch.write("a.tsv", "text\tlabel\n\"open quote, comma\tham\nx\tspam"),
                                 "classification");
  BOOST_TEST(tsv[0].input == "\"open quote, comma");
  BOOST_TEST(tsv[1].label == "spam");
  const auto qa = load_examples(
      scratch.write("q.tsv", "context\tquestion\tanswers\nin Rome\tWhere?\t[{\"text\": \"Rome\"}]\n"), "qa");
  BOOST_TEST(qa[0].answers[0].begin == 3u);
  BOOST_TEST(fails(scratch.write("b.csv", "text,label\nonly one\n"), "classification",
                   {"b.csv, line 2", "1 fields", "2 columns"}));
  BOOST_TEST(fails(scratch.write("b.tsv", "text\tlabel\na\tb\tc\n"), "classification",
                   {"b.tsv, line 2", "3 fields"}));
  BOOST_TEST(fails(scratch.write("c.csv", "text,label\nx,\"y\n"), "classification",
                   {"c.csv, line 2", "quotation mark"}));
  BOOST_TEST(fails(scratch.write("d.csv", "words,label\nx,y\n"), "classification",
                   {"d.csv, line 1", "no column is named \"text\""}));
}

BOOST_AUTO_TEST_CASE(squad_json) {
  const test::Scratch scratch;
  const std::string head =
      "{\"version\": \"v2.0\", \"data\": [{\"title\": \"t\", \"paragraphs\": [{\"context\": \"in Rome\", "
      "\"qas\": [";
  const auto path =
      scratch.write("s.json", head +
                                  "{\"question\": \"Where?\", \"id\": \"1\", \"is_impossible\": false, "
                                  "\"answers\": [{\"text\": \"Rome\", \"answer_start\": 3}]},"
                                  "{\"question\": \"Why?\", \"id\": \"2\", \"is_impossible\": true, "
                                  "\"answers\": [], \"plausible_answers\": []}]}]}]}");
  const auto examples = load_examples(path, "qa");
  BOOST_REQUIRE(examples.size() == 2u);
  BOOST_TEST(examples[0].answers[0].begin == 3u);
  BOOST_TEST(examples[1].answers.empty());
  BOOST_TEST(
      fails(scratch.write("b.json", head + "{\"answers\": []}]}]}]}"), "qa", {"b.json, line 1, question 1"}));
  BOOST_TEST(
      fails(scratch.write("b.json", head + "\n{\"question\": \"Why?\", \"id\": \"q1\", \"answers\": []},"
                                           "\n{\"question\": \"Where?\", \"id\": \"q2\", \"answers\": "
                                           "[{\"text\": \"Paris\", \"answer_start\": 3}]}]}]}]}"),
            "qa", {"b.json, line 3, question 2", "\"Paris\"", "nor anywhere"}));
  BOOST_TEST(fails(scratch.write("b.json", head), "qa", {"b.json", "line 1"}));
}

BOOST_AUTO_TEST_CASE(hostile_input_is_named) {
  const test::Scratch scratch;
  const auto jsonl = [&](const std::string& bytes) {
    return scratch.write("h.jsonl", "{\"text\": \"a\", \"label\": \"b\"}\n" + bytes);
  };
  BOOST_TEST(fails(jsonl("{\"text\": \"a\"}"), "classification",
                   {"h.jsonl, line 2", "\"label\" is missing", "{\"text\", \"label\"}"}));
  BOOST_TEST(
      fails(jsonl("{\"text\": 5, \"label\": \"b\"}"), "classification", {"line 2", "not a text but number"}));
  BOOST_TEST(fails(jsonl("{\"text\": \"a\", \"label\": null}"), "classification", {"line 2", "null"}));
  BOOST_TEST(
      fails(jsonl("{\"text\": \"a\", \"label\": \"\"}"), "classification", {"line 2", "label is empty"}));
  BOOST_TEST(fails(jsonl("[1, 2]"), "classification", {"line 2", "not a JSON object"}));
  BOOST_TEST(fails(jsonl("{\"text\": "), "classification", {"line 2", "not valid JSON"}));
  BOOST_TEST(fails(jsonl("{\"text\": \"\xFF\", \"label\": \"b\"}"), "classification",
                   {"line 2", "not UTF-8", "byte 10"}));
  BOOST_TEST(fails(jsonl("{\"text\": \"" + std::string(10 << 20, 'a') + "\", \"label\": \"b\"}"),
                   "classification", {"line 2", "longer than 8 MB"}));
  BOOST_TEST(fails(scratch.write("h.csv", "text,label\n\"" + std::string(10 << 20, 'a') + "\",b"),
                   "classification", {"h.csv, line 2", "longer than 8 MB"}));
  BOOST_TEST(fails(scratch.write("e.jsonl", "\n\n"), "classification", {"e.jsonl", "no examples"}));
  BOOST_TEST(fails(scratch.write("e.csv", "text,label\n"), "classification", {"e.csv", "no examples"}));
  BOOST_TEST(fails(scratch.write("e.jsonl", ""), "dialogue", {"e.jsonl", "no examples"}));
  BOOST_TEST(fails(scratch.path / "none.jsonl", "qa", {"none.jsonl", "no such file"}));
  BOOST_TEST(fails(scratch.write("a.xml", "x"), "qa", {"a.xml", ".jsonl"}));
  BOOST_TEST(fails(jsonl(""), "clasification", {"did you mean classification"}));
  const auto talk = [&](const std::string& messages) {
    return scratch.write("d.jsonl", "{\"messages\": " + messages + "}");
  };
  BOOST_TEST(fails(talk("[]"), "dialogue", {"line 1", "assistant"}));
  BOOST_TEST(fails(talk("[{\"role\": \"user\", \"content\": \"x\"}]"), "dialogue", {"assistant's"}));
  BOOST_TEST(fails(talk("[{\"role\": \"robot\", \"content\": \"x\"}]"), "dialogue", {"robot"}));
  BOOST_TEST(fails(talk("[{\"role\": \"user\"}]"), "dialogue", {"\"content\" is missing"}));
  BOOST_TEST(
      fails(scratch.write("t.jsonl", "{\"source\": \"x\", \"target\": []}"), "translation", {"empty"}));
  BOOST_TEST(
      fails(scratch.write("t.jsonl", "{\"source\": \"x\", \"target\": [1]}"), "translation", {"not a text"}));
}

BOOST_AUTO_TEST_CASE(packed_examples) {
  const test::Scratch scratch;
  const auto path = scratch.write("p.jsonl", "{\"source\": \"x\", \"target\": \"y\"}\n");
  BOOST_REQUIRE(std::system(concat("gzip ", path.string()).c_str()) == 0);
  const char* before = std::getenv("XDG_CACHE_HOME");
  const std::string cache = before == nullptr ? "" : before;
  ::setenv("XDG_CACHE_HOME", scratch.path.c_str(), 1);
  BOOST_TEST(load_examples(scratch.path / "p.jsonl.gz", "translation").size() == 1u);
  if (before == nullptr) {
    ::unsetenv("XDG_CACHE_HOME");
  } else {
    ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
