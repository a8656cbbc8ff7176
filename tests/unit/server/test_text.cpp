// Streaming text, request bodies, and diagnosis.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/files.h"
#include "web/server/diagnosis.h"
#include "web/server/fields.h"
#include "web/server/reply.h"
#include "web/server/run_folder.h"
#include "web/server/text_stream.h"

using namespace seedling::server;
using nlohmann::json;

namespace {

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const HttpError& error) {
    return std::to_string(error.status()) + " " + error.code();
  }
  return "";
}

bool has(const json& findings, const std::string& code) {
  for (const json& finding : findings) {
    if (finding["code"] == code) return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_text)

BOOST_AUTO_TEST_CASE(whole_characters_only) {
  TextStream stream;
  const std::string euro = "\xE2\x82\xAC", face = "\xF0\x9F\x98\x80";
  std::string got;
  for (const char c : "a" + euro + face + "b") {
    const std::string part = stream.push(std::string(1, c));
    BOOST_TEST(unfinished_bytes(part) == 0u);
    got += part;
  }
  BOOST_TEST(got + stream.finish() == "a" + euro + face + "b");
  TextStream broken;
  BOOST_TEST(broken.push("x\xE2\x82") == "x");
  BOOST_TEST(broken.push("y") == seedling::replace_invalid_utf8("\xE2\x82y"));
  BOOST_TEST(broken.push("\xF0\x9F") == "");
  BOOST_TEST(broken.finish() == seedling::replace_invalid_utf8("\xF0\x9F"));
  TextStream alone;
  BOOST_TEST(alone.push("\x80\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(stop_texts_are_held_back_and_cut) {
  TextStream stream({"\nuser:", "END"});
  std::string got;
  for (const char* part : {"one\n", "us", "ing", " E", "N", "X E", "ND more"}) got += stream.push(part);
  BOOST_TEST(got == "one\nusing ENX ");
  BOOST_TEST(stream.stopped());
  BOOST_TEST(stream.push("more") == "");
  BOOST_TEST(stream.finish() == "");
  TextStream open({"END"});
  BOOST_TEST(open.push("the EN") == "the ");
  BOOST_TEST(open.finish() == "EN");
}

BOOST_AUTO_TEST_CASE(bodies_are_strict) {
  BOOST_TEST(refusal([] { parse_body("", false); }) == "400 malformed");
  BOOST_TEST(refusal([] { parse_body("[1]", false); }) == "400 malformed");
  BOOST_TEST(refusal([] { parse_body("{\"a\":NaN}", false); }) == "400 malformed");
  BOOST_TEST(refusal([] { parse_body("{\"a\":\"\xff\"}", false); }) == "400 malformed");
  BOOST_TEST(refusal([] { parse_body(std::string(65000, '['), false); }) == "400 malformed");
  json body = parse_body("{\"max_tokens\":3,\"top-k\":2.0,\"x\":1}", true);
  BOOST_TEST(take_integer(body, "max-tokens", 0, 0, 9) == 3);
  BOOST_TEST(take_integer(body, "top-k", 0, 0, 9) == 2);
  BOOST_TEST(refusal([&] { refuse_rest(body); }) == "400 unknown");
  json wrong = {{"a", 1.5}, {"b", "x"}, {"c", 1e300}, {"d", 11}, {"e", 1}};
  BOOST_TEST(refusal([&] { take_integer(wrong, "a", 0, 0, 9); }) == "400 malformed");
  BOOST_TEST(refusal([&] { take_number(wrong, "b", 0, 0, 9); }) == "400 malformed");
  BOOST_TEST(refusal([&] { take_integer(wrong, "c", 0, 0, 9); }) == "400 out_of_range");
  BOOST_TEST(refusal([&] { take_integer(wrong, "d", 0, 0, 9); }) == "400 out_of_range");
  BOOST_TEST(refusal([&] { take_flag(wrong, "e", false); }) == "400 malformed");
  BOOST_TEST(refusal([&] { take_string(wrong, "missing"); }) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(run_ids) {
  for (const char* id : {"a", "run-1", "A.b_c-9", ".hidden", "..."}) BOOST_TEST(valid_run_id(id), id);
  for (const char* id : {"", ".", "..", "a/b", "a b", "\xC3\xA4", "a%2e"}) BOOST_TEST(!valid_run_id(id), id);
  BOOST_TEST(valid_run_id(std::string(64, 'a')));
  BOOST_TEST(!valid_run_id(std::string(65, 'a')));
}

BOOST_AUTO_TEST_CASE(lines_of_other_programs) {
  BOOST_TEST(parse_line("{\"step\": 1, \"loss\": NaN, \"t\": \"NaN \\\" NaN\", \"m\": -Infinity}") ==
             json({{"step", 1}, {"loss", nullptr}, {"t", "NaN \" NaN"}, {"m", nullptr}}));
  BOOST_TEST(parse_line("{\"t\":\"\xff\"}")["t"] == "\xEF\xBF\xBD");
  BOOST_TEST(parse_line("{\"t\":").is_null());
  BOOST_TEST(parse_line("7").is_null());
}

BOOST_AUTO_TEST_CASE(diagnoses) {
  const json description = json::object(), running = {{"state", "running"}};
  const auto run = [&](auto&& loss, auto&& val) {
    SeriesIndex index;
    for (int64_t step = 1; step <= 400; ++step) {
      index.begin_line(step);
      index.add("loss", loss(static_cast<double>(step)));
      if (step % 20 == 0) index.add("val_loss", val(static_cast<double>(step)));
    }
    return diagnose(index, description, running, json::array());
  };
  const auto falling = [](double t) { return 1.0 + 3.0 * std::exp(-t / 150.0); };
  const json healthy = run(falling, falling);
  BOOST_TEST(healthy.size() == 1u);
  BOOST_TEST(has(healthy, "healthy"));
  BOOST_TEST(has(run(falling, [](double t) { return 2.0 + std::abs(t - 150.0) / 200.0; }), "overfitting"));
  BOOST_TEST(has(run([&](double t) { return falling(t) + (t == 300.0 ? 3.0 : 0.0); }, falling), "spikes"));
  BOOST_TEST(has(run([](double t) { return 2.0 + t / 100.0; }, falling), "divergence"));
  BOOST_TEST(has(run([](double t) { return t < 50.0 ? 4.0 - t / 25.0 : 2.0; }, [](double) { return 2.0; }),
                 "plateau"));
  BOOST_TEST(diagnose(SeriesIndex(), description, running, json::array()).empty());
}

BOOST_AUTO_TEST_CASE(a_diagnosis_knows_the_data_and_the_checkpoints) {
  const auto run = [](double seconds_a_step, const json& checkpoints, int64_t train_tokens) {
    SeriesIndex index;
    for (int64_t step = 1; step <= 400; ++step) {
      index.begin_line(step);
      index.add("loss", 1.0 + 3.0 * std::exp(-static_cast<double>(step) / 150.0));
      index.add("seconds", seconds_a_step * static_cast<double>(step));
      index.add("tokens", 100.0 * static_cast<double>(step));
    }
    return diagnose(index, {{"data", {{"train_tokens", train_tokens}}}}, {{"state", "running"}}, checkpoints);
  };
  const json early = json::array({{{"step", 10}}}), late = json::array({{{"step", 10}}, {{"step", 390}}});
  BOOST_TEST(has(run(0.1, early, 1000000), "healthy"));
  BOOST_TEST(has(run(2.0, early, 1000000), "stale_checkpoint"));
  BOOST_TEST(has(run(2.0, json::array(), 1000000), "stale_checkpoint"));
  BOOST_TEST(!has(run(2.0, late, 1000000), "stale_checkpoint"));
  BOOST_TEST(has(run(0.1, early, 1000), "small_data"));
}

BOOST_AUTO_TEST_SUITE_END()
