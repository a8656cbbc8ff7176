// A listening server: readers that stall or vanish cost the trainer nothing and give back what they held.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "unit/server/fake_trainer.h"
#include "web/server/server.h"

using namespace seedling::server;
using nlohmann::json;

namespace {

/// A socket that has sent a request.
int ask(int port, const std::string& request, int receive_buffer = 0) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer > 0) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::send(socket, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  return socket;
}

std::string read_all(int socket) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    text.append(buffer, static_cast<size_t>(n));
  ::close(socket);
  return text;
}

std::string get(int port, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_live)

BOOST_AUTO_TEST_CASE(stalled_readers_do_not_hold_up_the_trainer) {
  fake::Folder folder;
  const auto session = std::make_shared<seedling::Session>();
  Server server({folder.path, "127.0.0.1", 0, fake::hooks()});
  server.attach(folder.path / "own", session);
  std::filesystem::create_directories(folder.path / "own");
  const json line = {{"step", 1}, {"text", std::string(20000, 'x')}};
  double longest = 0.0;
  const auto tell = [&] {  // 40 MB in 2,000 lines; returns the seconds it took
    double total = 0.0;
    for (int i = 0; i < 2000; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      session->notify("metrics", line);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      longest = std::max(longest, seconds), total += seconds;
    }
    return total;
  };
  const double alone = tell();
  std::vector<int> sockets;
  for (int i = 0; i < 8; ++i) {
    sockets.push_back(ask(server.port(), get(server.port(), "/api/stream"), 4096));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const double stalled = tell();
  BOOST_TEST_MESSAGE("2,000 lines: " << alone << " s alone, " << stalled << " s with eight stalled readers");
  BOOST_TEST(stalled <
             3.0 * alone + 1.0);  // the machine is shared; waiting for a reader would take five seconds
  BOOST_TEST(longest < 2.0);
  const std::string reply = read_all(ask(server.port(), get(server.port(), "/api/runs")));
  BOOST_TEST(reply.rfind("HTTP/1.1 200", 0) == 0u);
  for (const int socket : sockets) ::close(socket);
}

BOOST_AUTO_TEST_CASE(the_ninth_stream_is_refused_until_one_has_gone) {
  fake::Folder folder;
  Server server({folder.path, "127.0.0.1", 0, fake::hooks()});
  std::vector<int> sockets;
  for (int i = 0; i < 8; ++i) sockets.push_back(ask(server.port(), get(server.port(), "/api/stream")));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const std::string refused = read_all(ask(server.port(), get(server.port(), "/api/stream")));
  BOOST_TEST(refused.rfind("HTTP/1.1 503", 0) == 0u);
  BOOST_TEST(refused.find("Retry-After: ") != std::string::npos);
  BOOST_TEST(refused.find("too_many_streams") != std::string::npos);
  ::close(sockets.back());
  sockets.pop_back();
  BOOST_TEST(fake::eventually([&] {
    const int socket = ask(server.port(), get(server.port(), "/api/stream"));
    char start[15] = {};
    BOOST_REQUIRE(::recv(socket, start, 12, MSG_WAITALL) == 12);
    ::close(socket);
    return std::string(start) == "HTTP/1.1 200";
  }));
  for (const int socket : sockets) ::close(socket);
}

BOOST_AUTO_TEST_CASE(a_second_server_on_the_port_says_so) {
  fake::Folder folder;
  Server server({folder.path, "127.0.0.1", 0, fake::hooks()});
  const std::string port = std::to_string(server.port());
  BOOST_CHECK_EXCEPTION(
      Server({folder.path, "127.0.0.1", server.port(), fake::hooks()}), seedling::Error,
      [&](const auto& error) { return std::string(error.what()).find(port) != std::string::npos; });
  BOOST_TEST(server.link_line().size() ==
             std::string("dashboard: http://127.0.0.1:/#token=").size() + port.size() + 32);
}

BOOST_AUTO_TEST_SUITE_END()
