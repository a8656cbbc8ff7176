// The event hub: every reader sees the same events under the same ids, slow ones hear of what they missed.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "web/server/event_hub.h"

using namespace seedling::server;
using nlohmann::json;

namespace {

std::vector<std::string> texts(const std::vector<std::shared_ptr<const std::string>>& events) {
  std::vector<std::string> result;
  for (const auto& event : events) result.push_back(*event);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_hub)

BOOST_AUTO_TEST_CASE(readers_see_the_same_events_in_order) {
  EventHub hub("b00t", 100, 0);
  uint64_t a = hub.position(), b = a, dropped = 0;
  hub.add_point("run", {{"step", 1}});
  hub.publish("sample", {{"run", "run"}, {"text", "x\ny"}});
  const auto first = texts(hub.read(a, dropped, 0));
  BOOST_REQUIRE_EQUAL(first.size(), 2u);
  BOOST_TEST(first[0] == "id: b00t-1\nevent: metrics\ndata: {\"run\":\"run\",\"points\":[{\"step\":1}]}\n\n");
  BOOST_TEST(first[1] == "id: b00t-2\nevent: sample\ndata: {\"run\":\"run\",\"text\":\"x\\ny\"}\n\n");
  BOOST_TEST(texts(hub.read(b, dropped, 0)) == first, boost::test_tools::per_element());
  BOOST_TEST(dropped == 0u);
  BOOST_TEST(hub.read(a, dropped, 0).empty());
}

BOOST_AUTO_TEST_CASE(points_are_gathered_and_go_before_what_came_after_them) {
  EventHub hub("b", 100, 10000);
  uint64_t cursor = hub.position(), dropped = 0;
  for (int step = 1; step <= 500; ++step) hub.add_point("run", {{"step", step}});
  hub.publish("intervention", json::object());
  const auto events = texts(hub.read(cursor, dropped, 0));
  // What was there when the gatherer woke after its silence went at once, all that followed went together.
  BOOST_REQUIRE(events.size() == 2u || events.size() == 3u);
  BOOST_TEST(events.back().find("event: intervention") != std::string::npos);
  json points = json::array();
  for (size_t i = 0; i + 1 < events.size(); ++i) {
    BOOST_TEST(events[i].find("event: metrics") != std::string::npos);
    const json data = json::parse(events[i].substr(events[i].find("data: ") + 6));
    points.insert(points.end(), data["points"].begin(), data["points"].end());
  }
  BOOST_REQUIRE_EQUAL(points.size(), 500u);
  for (int step = 1; step <= 500; ++step) BOOST_TEST(points[static_cast<size_t>(step - 1)]["step"] == step);
}

BOOST_AUTO_TEST_CASE(gathered_points_come_within_a_tenth_of_a_second) {
  EventHub hub("b");
  uint64_t cursor = hub.position(), dropped = 0;
  hub.add_point("run", {{"step", 1}});
  BOOST_TEST(hub.read(cursor, dropped, 2000).size() == 1u);
}

BOOST_AUTO_TEST_CASE(replay_from_an_id_is_exact_or_refused) {
  EventHub hub("b", 600, 0);
  for (int i = 1; i <= 1000; ++i) hub.publish("state", {{"n", i}});
  uint64_t position = 0, dropped = 0;
  BOOST_TEST(hub.find("b-1000", position));
  BOOST_TEST(hub.read(position, dropped, 0).empty());
  BOOST_REQUIRE(hub.find("b-401", position));  // the oldest of 600
  const auto events = texts(hub.read(position, dropped, 0));
  BOOST_REQUIRE_EQUAL(events.size(), 599u);
  BOOST_TEST(events.front().rfind("id: b-402\n", 0) == 0u);
  BOOST_TEST(events.back().rfind("id: b-1000\n", 0) == 0u);
  for (const char* id : {"b-400", "b-1001", "b-0", "b--1", "b-", "b-1e2", "b-0999", "c-900", "900", "",
                         "b-99999999999999999999"}) {
    BOOST_TEST(!hub.find(id, position), id);
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_falls_out_of_the_ring_is_told_how_much_it_missed) {
  EventHub hub("b", 512, 0);
  uint64_t cursor = hub.position(), dropped = 0;
  for (int i = 1; i <= 1512; ++i) hub.publish("state", {{"n", i}});
  const auto events = texts(hub.read(cursor, dropped, 0));
  BOOST_TEST(dropped == 1000u);
  BOOST_REQUIRE_EQUAL(events.size(), 512u);
  BOOST_TEST(events.front().rfind("id: b-1001\n", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(the_ring_is_bounded_in_memory_but_keeps_its_minimum) {
  EventHub hub("b", 4096, 0);
  const std::string big(100 * 1024, 'x');
  for (int i = 0; i < 700; ++i) hub.publish("sample", {{"text", big}});
  uint64_t position = 0;
  BOOST_TEST(hub.find("b-700", position));
  BOOST_TEST(hub.find("b-189", position));  // 512 of them stay, however big
  BOOST_TEST(!hub.find("b-100", position));
}

BOOST_AUTO_TEST_CASE(closing_wakes_readers) {
  EventHub hub("b", 600, 50);
  std::thread closer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    hub.close();
  });
  uint64_t cursor = hub.position(), dropped = 0;
  const auto begin = std::chrono::steady_clock::now();
  hub.read(cursor, dropped, 10000);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
  BOOST_TEST(hub.closed());
  closer.join();
}

BOOST_AUTO_TEST_SUITE_END()
