// Between the socket and the HTTP library: reads a whole request under deadlines, asks the guard, and only
// then lets the library answer.
//
// The library (cpp-httplib, any release from 0.11.4 on) accepts connections, keeps the thread pool and writes
// replies. It never reads from the network itself: it is given complete, clean requests from memory. So slow
// clients, endless headers, bodies of refused requests and parser quirks of a release cannot reach it. One
// request a connection: no keep-alive, because an unread body must never be taken for the next request.
#pragma once

#include <httplib.h>

#include <string>

#include "web/server/guard.h"

namespace seedling::server {

/// A request from memory, a reply to the socket. Declares what any release of the library may ask of a
/// stream.
class RequestStream : public httplib::Stream {
 public:
  RequestStream(socket_t socket, std::string request) : socket_(socket), request_(std::move(request)) {}

  // No `override` below: releases differ in which of these are virtual.
  bool is_readable() const { return position_ < request_.size(); }
  bool wait_readable() const { return true; }
  bool is_writable() const { return wait_writable(); }
  bool wait_writable() const;
  bool is_peer_alive() const { return wait_writable(); }
  ssize_t read(char* bytes, size_t size);
  /// Waits for a reader at most kWriteSeconds without progress.
  ssize_t write(const char* bytes, size_t size);
  void get_remote_ip_and_port(std::string& ip, int& port) const { ip = "", port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const { ip = "", port = 0; }
  socket_t socket() const { return socket_; }
  time_t duration() const { return 0; }

 private:
  socket_t socket_;
  std::string request_;
  size_t position_ = 0;
};

/// True while the client of a request is still there to read the reply: long work looks from time to time.
bool client_waits(const httplib::Request& request);

/// The library's server behind the guard.
class GuardedServer : public httplib::Server {
 public:
  explicit GuardedServer(GuardOptions* guard);
  /// Binds (port 0: any) without SO_REUSEPORT, so that a second server on the port fails. Returns the port,
  /// or -1.
  int bind(const std::string& host, int port);
  /// Connections being served at this moment (tests watch it come back to zero).
  int busy() const { return busy_; }

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool serve_connection(socket_t socket);
  bool read_until(socket_t socket, std::string& bytes, size_t wanted, int seconds);

  GuardOptions* guard_;
  std::atomic<int> busy_{0};
};

}  // namespace seedling::server
