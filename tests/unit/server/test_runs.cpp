// Runs: found on the disk, started, queued, steered, ended; told to the hub without holding up the trainer.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "unit/server/fake_trainer.h"
#include "web/server/reply.h"
#include "web/server/run_manager.h"

using namespace seedling::server;
using fake::eventually;
using nlohmann::json;

namespace {

struct World {
  explicit World(int microseconds = 1000)
      : store(folder.path), hub("b"), manager(store, hub, fake::hooks(microseconds)) {}
  std::string state(const std::string& id) { return manager.describe(id)["state"]; }
  int refusal(const std::function<void()>& act) {
    try {
      act();
    } catch (const HttpError& error) {
      return error.status();
    }
    return 0;
  }
  fake::Folder folder;
  RunStore store;
  EventHub hub;
  RunManager manager;
};

/// All events so far, as {kind, data}.
std::vector<std::pair<std::string, json>> events_of(EventHub& hub, uint64_t& cursor, int milliseconds = 200) {
  std::vector<std::pair<std::string, json>> events;
  uint64_t dropped = 0;
  for (const auto& event : hub.read(cursor, dropped, milliseconds)) {
    const size_t kind = event->find("event: ") + 7, data = event->find("data: ") + 6;
    events.emplace_back(event->substr(kind, event->find('\n', kind) - kind),
                        json::parse(event->substr(data)));
  }
  return events;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_runs)

BOOST_AUTO_TEST_CASE(a_run_from_start_to_finish) {
  World world(0);
  uint64_t cursor = world.hub.position();
  const std::string id = world.manager.start({{"command", "pretrain"}, {"steps", 300}});
  BOOST_TEST(id == "pretrain-1");
  BOOST_REQUIRE(eventually([&] { return !world.manager.is_live(id); }));
  const json run = world.manager.describe(id);
  BOOST_TEST(run["state"] == "finished");
  BOOST_TEST(run["live"] == false);
  BOOST_TEST(run["step"] == 300);
  BOOST_TEST(run["steps"] == 300);
  BOOST_TEST(run["metrics"]["step"] == 300);
  int64_t expected = 1;  // each step once, in order
  std::vector<std::string> states;
  BOOST_REQUIRE(eventually([&] {
    for (const auto& [kind, data] : events_of(world.hub, cursor)) {
      if (kind == "state") states.push_back(data["state"]);
      if (kind != "metrics") continue;
      for (const json& point : data["points"]) BOOST_TEST(point["step"] == expected++);
    }
    return expected == 301 && !states.empty() && states.back() == "finished";
  }));
}

BOOST_AUTO_TEST_CASE(commands_act_and_come_back_under_their_id) {
  World world;
  uint64_t cursor = world.hub.position();
  const std::string id = world.manager.start({{"command", "pretrain"}});
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "running"; }));
  const json reply = world.manager.command(id, {{"command", "pause"}});
  BOOST_TEST(reply["command"] == "pause");
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "paused"; }));
  const int64_t step = world.manager.describe(id)["step"];
  BOOST_TEST(world.manager.command(id, {{"command", "step"}})["step"] == step);
  BOOST_REQUIRE(eventually([&] { return world.manager.describe(id)["step"] == step + 1; }));
  bool seen = false;
  for (const auto& [kind, data] : events_of(world.hub, cursor))
    seen |= kind == "intervention" && data["id"] == reply["id"] && data["run"] == id;
  BOOST_TEST(seen);
  BOOST_TEST(world.refusal([&] { world.manager.command(id, {{"command", "dance"}}); }) == 400);
  BOOST_TEST(world.refusal([&] { world.manager.command(id, json::object()); }) == 400);
  BOOST_TEST(world.refusal([&] { world.manager.command("nobody", {{"command", "pause"}}); }) == 404);
  world.manager.command(id, {{"command", "stop"}});
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "stopped"; }));
  BOOST_TEST(world.refusal([&] { world.manager.command(id, {{"command", "pause"}}); }) == 409);
}

BOOST_AUTO_TEST_CASE(two_train_and_the_third_waits) {
  World world;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(world.manager.start({{"command", "pretrain"}}));
  BOOST_TEST(ids[2] == "pretrain-3");
  BOOST_REQUIRE(
      eventually([&] { return world.state(ids[0]) == "running" && world.state(ids[1]) == "running"; }));
  BOOST_TEST(world.state(ids[2]) == "starting");
  BOOST_TEST(world.manager.describe_all()["runs"].size() == 3u);
  world.manager.command(ids[0], {{"command", "stop"}});
  BOOST_REQUIRE(eventually([&] { return world.state(ids[2]) == "running"; }));
}

BOOST_AUTO_TEST_CASE(a_fork_grows_beside_its_parent) {
  World world;
  const std::string id = world.manager.start({{"command", "pretrain"}});
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "running"; }));
  const json reply = world.manager.command(id, {{"command", "fork"}, {"learning-rate", 0.1}});
  const std::string fork = reply["run"];
  BOOST_TEST(fork != id);
  BOOST_REQUIRE(eventually([&] { return world.manager.is_live(fork) && world.state(fork) == "running"; }));
  BOOST_TEST(world.state(id) == "running");
}

BOOST_AUTO_TEST_CASE(failures_are_told_and_leave_the_server_up) {
  World world;
  const std::string id = world.manager.start({{"command", "pretrain"}, {"fail", true}});
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "failed"; }));
  BOOST_TEST(world.manager.describe(id).value("message", "").find("told to fail") != std::string::npos);
  BOOST_TEST(world.manager.start({{"command", "pretrain"}}) == "pretrain-2");
}

BOOST_AUTO_TEST_CASE(starting_refuses_what_cannot_be) {
  World world;
  for (const json& body :
       {json::object(), json{{"command", "dance"}}, json{{"command", 1}},
        json{{"command", "pretrain"}, {"out", "/tmp/x"}}, json{{"command", "pretrain"}, {"steps", 0}},
        json{{"command", "pretrain"}, {"config", "x"}}, json{{"command", "pretrain"}, {"resume", true}},
        json{{"command", "pretrain"}, {"wings", 2}}}) {
    BOOST_TEST(world.refusal([&] { world.manager.start(body); }) == 400, body.dump());
  }
  BOOST_TEST(world.refusal([&] {
    world.manager.start({{"command", "pretrain"}, {"resume", "nobody"}});
  }) == 404);
  BOOST_TEST(world.store.ids().empty());
}

BOOST_AUTO_TEST_CASE(a_stopped_run_is_taken_over) {
  World world;
  const std::string id = world.manager.start({{"command", "pretrain"}});
  BOOST_REQUIRE(eventually([&] { return world.manager.describe(id)["step"] > 3; }));
  BOOST_TEST(world.refusal([&] { world.manager.start({{"command", "pretrain"}, {"resume", id}}); }) == 409);
  world.manager.command(id, {{"command", "stop"}});
  BOOST_REQUIRE(eventually([&] { return !world.manager.is_live(id); }));
  BOOST_TEST(world.manager.start({{"command", "pretrain"}, {"resume", id}}) == id);
  BOOST_REQUIRE(eventually([&] { return world.state(id) == "running"; }));
}

BOOST_AUTO_TEST_CASE(the_end_stops_every_run) {
  fake::Folder folder;
  {
    RunStore store(folder.path);
    EventHub hub("b");
    RunManager manager(store, hub, fake::hooks());
    for (int i = 0; i < 4; ++i) manager.start({{"command", "pretrain"}});
    manager.end();
    const json all = manager.describe_all();
    for (const json& run : all["runs"]) BOOST_TEST(run["live"] == false);
  }
}

BOOST_AUTO_TEST_CASE(runs_of_other_processes_are_read_from_their_files) {
  World world;
  const auto run = world.folder.path / "other";
  std::filesystem::create_directories(run);
  RunWatcher watcher(world.store, world.hub, [](const std::string&) { return false; });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  uint64_t cursor = world.hub.position();
  fake::append(run / "run.json", {{"command", "pretrain"}, {"plan", {{"steps", 100}}}});
  for (int step = 1; step <= 50; ++step) fake::append(run / "metrics.jsonl", {{"step", step}, {"loss", 1.0}});
  const int held =
      ::open((run / "metrics.jsonl").c_str(), O_WRONLY);  // as the trainer of another process does
  BOOST_REQUIRE(::flock(held, LOCK_EX) == 0);
  int64_t expected = 1;
  std::string state;
  BOOST_REQUIRE(eventually([&] {
    for (const auto& [kind, data] : events_of(world.hub, cursor)) {
      if (kind == "state") state = data["state"];
      if (kind != "metrics") continue;
      for (const json& point : data["points"]) BOOST_TEST(point["step"] == expected++);
    }
    return expected == 51 && state == "running";
  }));
  BOOST_TEST(world.manager.describe("other")["live"] == false);
  BOOST_TEST(world.refusal([&] { world.manager.command("other", {{"command", "pause"}}); }) == 409);
  ::close(held);
  BOOST_TEST(world.manager.describe("other")["state"] == "stopped");
}

BOOST_AUTO_TEST_SUITE_END()
