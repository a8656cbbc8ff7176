// The server put together (see server.h).
#include "web/server/server.h"

#include <limits>
#include <thread>

#include "base/error.h"
#include "web/server/app.h"
#include "web/server/connection.h"
#include "web/server/reply.h"

namespace seedling::server {

namespace {

bool is_loopback(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "::1" || host == "[::1]";
}

/// CPPHTTPLIB_VERSION "0.11.4" as 0 * 1,000,000 + 11 * 1,000 + 4.
int library_version() {
  int major = 0, minor = 0, patch = 0;
  std::sscanf(CPPHTTPLIB_VERSION, "%d.%d.%d", &major, &minor, &patch);
  return major * 1000000 + minor * 1000 + patch;
}

/// The oldest release that was tried against the raw-socket tests and has no published hole.
constexpr int kTrustedBeyondLoopback = 53000;

}  // namespace

struct Server::Parts {
  Parts(const ServerOptions& options) : app(options.runs, options.hooks), http(&guard) {}
  std::string own_id(const std::filesystem::path& folder) const {
    const std::string id = app.store.id_of(folder);
    return id.empty() ? "this-run" : id;
  }
  App app;
  GuardOptions guard;
  GuardedServer http;
  int port = 0;
  std::string host;
  std::unique_ptr<RunWatcher> watcher;
  std::thread listener;
};

Server::Server(ServerOptions options) {
  const bool local = is_loopback(options.host);
  if (!local && library_version() < kTrustedBeyondLoopback) {
    fail("--host ", options.host, ": this build's HTTP library (cpp-httplib ", CPPHTTPLIB_VERSION,
         ") has known holes and is offered to this machine only. Build with cpp-httplib 0.53 or later, or "
         "leave --host out "
         "and use an SSH tunnel.");
  }
  if (options.host == "0.0.0.0" || options.host == "::" || options.host == "[::]") {
    fail("--host ", options.host,
         ": name one address of this machine (as in the link that others will open), so that "
         "requests for any other name can be refused");
  }
  parts_ = std::make_unique<Parts>(options);
  Parts& parts = *parts_;
  const std::string address = options.host == "localhost" ? "127.0.0.1" : options.host;
  parts.port = parts.http.bind(address, options.port);
  if (parts.port <= 0) {
    fail("port ", options.port, " on ", options.host,
         " is taken by another program (perhaps another dashboard); end it or choose another with --port");
  }
  parts.host = options.host;
  parts.guard.hosts = allowed_hosts(options.host, parts.port);
  parts.guard.token = random_hex(16);
  parts.guard.token_for_all = !local;
  if (!local) parts.guard.viewer_token = random_hex(16);
  parts.app.token_for_all = !local;
  const auto handler = [app = &parts.app](const httplib::Request& request, httplib::Response& response) {
    answer(*app, request, response);
  };
  parts.http.Get(".*", handler);
  parts.http.Post(".*", handler);
  parts.http.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty()) return;
    response.set_content(error_body(HttpError(response.status, "error", "the request was refused"),
                                    request.path.rfind("/v1", 0) == 0),
                         "application/json");
  });
  parts.watcher = std::make_unique<RunWatcher>(
      parts.app.store, parts.app.hub,
      [app = &parts.app](const std::string& id) { return app->manager.is_live(id); });
  parts.listener = std::thread([http = &parts.http] { http->listen_after_bind(); });
}

Server::~Server() {
  Parts& parts = *parts_;
  parts.watcher.reset();
  parts.app.manager.end();
  parts.app.hub.close();
  parts.http.stop();
  parts.listener.join();
}

bool Server::is_watched() const { return parts_->app.streams > 0; }

double Server::idle_seconds() const {
  using Clock = std::chrono::steady_clock;
  const Clock::duration last(parts_->app.last_request);
  if (last.count() == 0) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(Clock::now().time_since_epoch() - last).count();
}

bool Server::is_training() const { return parts_->app.manager.is_training(); }

int Server::port() const { return parts_->port; }

std::string Server::link_line() const {
  const std::string start = concat("http://", parts_->host == "localhost" ? "127.0.0.1" : parts_->host, ":",
                                   parts_->port, "/#token=");
  std::string line = "dashboard: " + start + parts_->guard.token;
  if (!parts_->guard.viewer_token.empty()) line += "\nviewers: " + start + parts_->guard.viewer_token;
  return line;
}

void Server::attach(const std::filesystem::path& folder, std::shared_ptr<Session> session) {
  const std::string id = parts_->own_id(folder);
  parts_->app.store.adopt(id, folder);
  parts_->app.manager.attach(id, std::move(session));
}

void Server::detach(const std::filesystem::path& folder) {
  parts_->app.manager.detach(parts_->own_id(folder));
}

}  // namespace seedling::server
