// The dashboard's server: everything of this folder put together. The only header that commands include.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "web/server/trainer_hooks.h"

namespace seedling::server {

struct ServerOptions {
  std::filesystem::path runs;  // the folder of runs
  std::string host =
      "127.0.0.1";  // anything beyond loopback needs a library without known holes, and the token for all
  int port = 8080;  // 0: any free one
  TrainerHooks hooks;
};

class Server {
 public:
  /// Listens at once. Throws Error: the port is taken (naming it), the host cannot be offered (saying why).
  explicit Server(ServerOptions options);
  /// Asks the runs it started to stop and save, waits for them, ends all streams and connections.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  /// "dashboard: http://127.0.0.1:8080/#token=..." : the contract's line, to be printed once on standard
  /// error.
  std::string link_line() const;
  /// A run that the caller trains in this process, in `folder`: it is live until detach().
  void attach(const std::filesystem::path& folder, std::shared_ptr<Session> session);
  void detach(const std::filesystem::path& folder);

  /// A page is open: it holds a stream.
  bool is_watched() const;
  /// Seconds since anything but a stream was last asked for; infinite where nothing ever was.
  double idle_seconds() const;
  /// Runs that were started from a page train here, or wait for their turn.
  bool is_training() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace seedling::server
