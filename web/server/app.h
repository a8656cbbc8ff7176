// What every route works on, and the routes by file. router.cpp finds the route of a request.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "web/server/event_hub.h"
#include "web/server/model_store.h"
#include "web/server/run_manager.h"
#include "web/server/run_store.h"

namespace seedling::server {

constexpr int kMostStreams = 8;

/// The parts of a server that outlive a request.
struct App {
  App(const std::filesystem::path& runs, TrainerHooks hooks)
      : boot(random_hex(4)),
        store(runs),
        hub(boot),
        manager(store, hub, std::move(hooks)),
        models(store, manager) {}

  std::string boot;
  RunStore store;
  EventHub hub;
  RunManager manager;
  ModelStore models;
  bool token_for_all = false;
  std::atomic<int> streams{0};
  std::atomic<std::chrono::steady_clock::rep> last_request{
      0};  // when something was last asked, streams aside; 0: never
};

/// One request: its path cut at the slashes ("api", "runs", "ID"), and where the reply goes.
struct Call {
  App& app;
  const httplib::Request& request;
  httplib::Response& response;
  std::vector<std::string> path;

  void reply(const nlohmann::json& value, int status = 200) const;
  /// A whole number of the address's query; throws HttpError 400 where it is none or out of range.
  int64_t integer_parameter(const char* name, int64_t otherwise, int64_t low, int64_t high) const;
};

/// Finds and runs the route. Never throws: everything thrown below becomes an error reply.
void answer(App& app, const httplib::Request& request, httplib::Response& response);

// routes_runs.cpp
void get_defaults(const Call& call);
void get_runs(const Call& call);
void get_run(const Call& call);
void post_runs(const Call& call);
void post_command(const Call& call);
// lessons.cpp
void get_lessons(const Call& call);
// stream.cpp
void get_stream(const Call& call);
// playground.cpp
void post_tokenize(const Call& call);
void post_generate(const Call& call);
void post_fill(const Call& call);
void post_predict(const Call& call);
// inspect.cpp
void post_inspect(const Call& call);
// openai.cpp
void get_models(const Call& call);
void post_completions(const Call& call);
void post_chat(const Call& call);

}  // namespace seedling::server
