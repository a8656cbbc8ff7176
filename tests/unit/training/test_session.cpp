// The meeting place of the trainer's thread and the others.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "training/session.h"

using namespace seedling;

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(snapshots_are_whole_and_the_newest) {
  Session session;
  BOOST_TEST(session.snapshot()->state == "starting");
  Snapshot snapshot;
  snapshot.state = "running";
  snapshot.step = 7;
  session.publish(snapshot);
  const auto held = session.snapshot();
  snapshot.step = 8;
  session.publish(snapshot);
  BOOST_TEST(held->step == 7);
  BOOST_TEST(session.snapshot()->step == 8);
}

BOOST_AUTO_TEST_CASE(commands_come_out_once_and_in_order) {
  Session session;
  for (int i = 0; i < 5; ++i) session.post({std::to_string(i), "save", {}});
  const auto taken = session.take_commands(false);
  BOOST_REQUIRE(taken.size() == 5);
  for (int i = 0; i < 5; ++i) BOOST_TEST(taken[static_cast<size_t>(i)].id == std::to_string(i));
  BOOST_TEST(session.take_commands(false).empty());
}

BOOST_AUTO_TEST_CASE(waiting_ends_when_a_command_comes) {
  Session session;
  std::thread poster([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    session.post({"a", "resume", {}});
  });
  size_t taken = 0;
  for (int i = 0; i < 200 && taken == 0; ++i) taken = session.take_commands(true).size();
  poster.join();
  BOOST_TEST(taken == 1);
}

BOOST_AUTO_TEST_CASE(looks_run_on_the_trainers_thread_and_the_asker_waits) {
  Session session;
  std::atomic<bool> finish = false;
  const auto trainer_id = std::this_thread::get_id();
  std::thread::id ran_on;
  bool answer = false, thrown = false;
  std::thread asker([&] {
    answer = session.run_between_steps([&] { ran_on = std::this_thread::get_id(); });
    try {
      session.run_between_steps([] { throw std::runtime_error("the asker's mistake"); });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    finish = true;
  });
  while (!finish) session.serve_looks();
  asker.join();
  BOOST_TEST(answer);
  BOOST_TEST((ran_on == trainer_id));
  BOOST_TEST(thrown);
}

BOOST_AUTO_TEST_CASE(a_closed_session_refuses_looks_and_wakes_those_waiting) {
  Session session;
  std::atomic<int> refused = 0;
  std::thread asker([&] { refused += session.run_between_steps([] {}) ? 0 : 1; });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  session.close();
  asker.join();
  BOOST_TEST(refused == 1);
  BOOST_TEST(!session.run_between_steps([] {}));
}

BOOST_AUTO_TEST_CASE(listeners_hear_each_line_and_may_call_back) {
  Session session;
  std::vector<std::string> heard;
  session.add_listener([&](const std::string& kind, const nlohmann::json& line) {
    heard.push_back(kind + line["step"].dump() + session.snapshot()->state);
  });
  session.notify("metrics", {{"step", 3}});
  BOOST_REQUIRE(heard.size() == 1);
  BOOST_TEST(heard[0] == "metrics3starting");
}

BOOST_AUTO_TEST_SUITE_END()
