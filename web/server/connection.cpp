// Connections (see connection.h).
#include "web/server/connection.h"

#include <poll.h>

#include <chrono>

#include "web/server/reply.h"

namespace seedling::server {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRequestSeconds = 10;  // for a whole head, and again for a whole body
constexpr int kWriteSeconds = 5;     // without a byte taken by the reader
constexpr int kPoolThreads = 64;     // fixed: eight streams and many slow clients leave enough of them
constexpr int kBacklog = 128;        // older releases ask for 5, and bursts of connections then wait a second
constexpr int kSendFlags =
#ifdef MSG_NOSIGNAL
    MSG_NOSIGNAL;
#else
    0;
#endif

bool wait_for(socket_t socket, short events, int milliseconds) {
  pollfd descriptor{socket, events, 0};
  return ::poll(&descriptor, 1, milliseconds) > 0 && (descriptor.revents & (events | POLLHUP | POLLERR)) != 0;
}

/// False once the other side has closed its end (or reset the connection).
bool peer_alive(socket_t socket) {
  char byte;
  const ssize_t n = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

/// Where a request keeps its socket for client_waits(); no client can send it, the guard keeps four headers
/// alone.
const char* const kSocketHeader = "Seedling-Socket";

/// Closing with unread bytes resets the connection, and the client may lose the reply: read on for a moment.
void close_gently(socket_t socket, int milliseconds) {
  ::shutdown(socket, SHUT_WR);
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  char waste[8192];
  while (Clock::now() < end && wait_for(socket, POLLIN, 20)) {
    if (::recv(socket, waste, sizeof waste, MSG_DONTWAIT) <= 0) break;
  }
  ::close(socket);
}

}  // namespace

bool RequestStream::wait_writable() const {
  return wait_for(socket_, POLLOUT, kWriteSeconds * 1000) && peer_alive(socket_);
}

ssize_t RequestStream::read(char* bytes, size_t size) {
  const size_t n = std::min(size, request_.size() - position_);
  std::copy_n(request_.data() + position_, n, bytes);
  position_ += n;
  return static_cast<ssize_t>(n);
}

ssize_t RequestStream::write(const char* bytes, size_t size) {
  size_t sent = 0;
  while (sent < size) {
    const ssize_t n = ::send(socket_, bytes + sent, size - sent, kSendFlags | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<size_t>(n);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(socket_, POLLOUT, kWriteSeconds * 1000)) return -1;
    } else if (n == 0 || errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(size);
}

bool client_waits(const httplib::Request& request) {
  return peer_alive(std::atoi(request.get_header_value(kSocketHeader).c_str()));
}

GuardedServer::GuardedServer(GuardOptions* guard) : guard_(guard) {
  new_task_queue = [] { return new httplib::ThreadPool(kPoolThreads); };
  set_keep_alive_max_count(1);
  set_tcp_nodelay(true);
  set_payload_max_length(kMaxBody);
  httplib::Headers headers;
  for (const auto& [name, value] : security_headers()) headers.emplace(name, value);
  set_default_headers(headers);
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
}

int GuardedServer::bind(const std::string& host, int port) {
  if (port == 0)
    port = bind_to_any_port(host);
  else if (!bind_to_port(host, port))
    return -1;
  if (port > 0) ::listen(svr_sock_, kBacklog);
  return port;
}

bool GuardedServer::read_until(socket_t socket, std::string& bytes, size_t wanted, int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  char chunk[16384];
  while (wanted == 0 ? find_head_end(bytes) == std::string::npos : bytes.size() < wanted) {
    if (Clock::now() > deadline || svr_sock_ == INVALID_SOCKET) return false;
    if (!wait_for(socket, POLLIN, 200)) continue;
    const ssize_t n = ::recv(socket, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return false;
    if (n > 0) bytes.append(chunk, static_cast<size_t>(n));
  }
  return true;
}

bool GuardedServer::serve_connection(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#ifdef SO_NOSIGPIPE
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
  std::string bytes;
  bool openai = false;
  try {
    if (!read_until(socket, bytes, 0, kRequestSeconds)) {
      if (bytes.empty()) return false;
      throw HttpError(408, "timeout", "the request did not arrive in time");
    }
    const size_t head_size = find_head_end(bytes);
    const RequestHead head = parse_head(std::string_view(bytes).substr(0, head_size));
    openai = head.path.rfind("/v1", 0) == 0;
    check_request(head, *guard_);
    if (const std::string* expect = head.find("expect"); expect != nullptr && head.content_length > 0) {
      RequestStream(socket, "").write("HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    if (!read_until(socket, bytes, head_size + head.content_length, kRequestSeconds)) {
      throw HttpError(408, "timeout", "the body did not arrive in time");
    }
    RequestStream stream(socket, clean_head(head) + bytes.substr(head_size, head.content_length));
    bool closed = true;
    const std::function<void(httplib::Request&)> mark = [&](httplib::Request& request) {
      request.set_header(kSocketHeader, std::to_string(socket));
    };
    const std::string nowhere;
    // Older releases take no addresses.
    const auto answer = [&](auto& server) {
      if constexpr (requires {
                      server.process_request(stream, nowhere, 0, nowhere, 0, true, closed, mark);
                    }) {
        return server.process_request(stream, nowhere, 0, nowhere, 0, true, closed, mark);
      } else {
        return server.process_request(stream, true, closed, mark);
      }
    };
    return answer(*this);
  } catch (const HttpError& error) {
    const std::string reply = raw_refusal(error, openai);
    RequestStream(socket, "").write(reply.data(), reply.size());
    return false;
  }
}

bool GuardedServer::process_and_close_socket(socket_t socket) {
  ++busy_;
  bool done = false;
  try {
    done = serve_connection(socket);
  } catch (...) {  // nothing below may end the process: at worst this one connection closes
  }
  close_gently(socket, done ? 40 : 500);  // refused: the client may still be sending
  --busy_;
  return done;
}

}  // namespace seedling::server
